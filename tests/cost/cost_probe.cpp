// Why: what one request costs, without a machine's noise in it: parser, handler, cache and response
// over a connection that is always ready, on the in-memory store. `cost_probe KIND COUNT` serves
// COUNT requests of one kind (hit, miss, put, or batch: a batchGet of
// 100 hits) and prints how many heap allocations each took in the
// second half. tests/cost/gate.py counts its instructions. Single-threaded.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/handler.h"
#include "base/check.h"
#include "http/server.h"
#include "kv/service.h"
#include "store/memory/memory_store.h"
#include "support/manual_loop.h"

namespace {

std::uint64_t allocations = 0;

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t size);
void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
}

namespace {

using namespace coolkit;

// More values than the cache has room for: asked in turn, each one misses.
constexpr int kMissKeys = 4096;
constexpr std::size_t kMissValueBytes = 1000;
constexpr std::uint64_t kCacheBytes = 1u << 20;

constexpr int kBatchKeys = 100;

std::string BatchKey(int number) {
  const std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), 'b') + digits;
}

struct Kind {
  const char* name;
  std::string request;    // "####" stands for the number of a key
  std::string_view good;  // how an answer begins
};

Kind KindOf(std::string_view name) {
  const std::string agent =
      "Host: coolkit.example\r\nUser-Agent: cost_probe/1.0\r\nAccept: */*\r\n";
  if (name == "hit")
    return {"hit", "GET /v1/kv/cost/hot HTTP/1.1\r\n" + agent + "\r\n", "HTTP/1.1 200"};
  if (name == "miss") {
    return {"miss", "GET /v1/kv/cost/key-#### HTTP/1.1\r\n" + agent + "\r\n", "HTTP/1.1 200"};
  }
  if (name == "batch") {
    std::string body = R"({"keys":[)";
    for (int number = 0; number < kBatchKeys; ++number) {
      body += (number == 0 ? "\"" : ",\"") + BatchKey(number) + "\"";
    }
    body += "]}";
    return {"batch",
            "POST /v1/kv/cost:batchGet HTTP/1.1\r\n" + agent +
                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body,
            "HTTP/1.1 200"};
  }
  CHECK(name == "put");
  return {"put",
          "PUT /v1/kv/cost/written HTTP/1.1\r\n" + agent + "Content-Length: 100\r\n\r\n" +
              std::string(100, 'v'),
          "HTTP/1.1 20"};
}

// Requests are always there, answers are always taken.
class ReadyConnection final : public net::Connection {
 public:
  ReadyConnection(net::Loop& loop, Kind kind, std::uint64_t count, std::uint64_t& at_half)
      : loop_(loop), kind_(std::move(kind)), count_(count), at_half_(at_half) {
    number_at_ = kind_.request.find("####");
  }

  void SetReadDeadline(BootTime /*deadline*/) override {}
  void SetWriteDeadline(BootTime /*deadline*/) override {}
  void ShutdownWrite() override {}
  void Close() override {}
  [[nodiscard]] net::Loop& loop() override { return loop_; }
  [[nodiscard]] std::string PeerAddress() const override { return "probe:1"; }

 protected:
  bool StartRead(net::IoOperation& operation) override {
    if (sent_ == 0) {
      if (asked_ == count_ / 2) at_half_ = allocations;
      if (asked_ == count_) {
        operation.SetResult(std::size_t{0});
        return false;
      }
      if (number_at_ != std::string::npos) WriteNumber();
      ++asked_;
    }
    // A long one comes in pieces.
    const std::size_t size = std::min(operation.into().size(), kind_.request.size() - sent_);
    std::memcpy(operation.into().data(), kind_.request.data() + sent_, size);
    sent_ += size;
    if (sent_ == kind_.request.size()) sent_ = 0;
    operation.SetResult(size);
    return false;
  }
  bool StartWrite(net::IoOperation& operation) override {
    std::size_t size = 0;
    for (const std::string_view part : operation.from()) size += part.size();
    CHECK(operation.from().front().starts_with(kind_.good));
    operation.SetResult(size);
    return false;
  }

 private:
  void WriteNumber() {
    auto number = static_cast<int>(asked_ % kMissKeys);
    for (std::size_t i = 4; i-- > 0; number /= 10) {
      kind_.request[number_at_ + i] = static_cast<char>('0' + number % 10);
    }
  }

  net::Loop& loop_;
  Kind kind_;
  std::uint64_t count_;
  std::uint64_t& at_half_;
  std::uint64_t asked_ = 0;
  std::size_t sent_ = 0;  // of the present one
  std::size_t number_at_;
};

class Pod {
 public:
  Pod() {
    for (int number = 0; number < kMissKeys; ++number) {
      std::array<char, 16> key;
      std::snprintf(key.data(), key.size(), "key-%04d", number);
      Write(key.data(), kMissValueBytes);
    }
    Write("hot", 100);
    for (int number = 0; number < kBatchKeys; ++number) Write(BatchKey(number), 100);
    // The feed has caught up (R2).
    store_.Poll(std::nullopt, kNever, [this](Result<store::FeedAnswer> answer) {
      CHECK(answer.has_value());
      const store::Snapshot& at = answer->snapshot;
      cache_.Reset(at.incarnation, at.position);
      state_.Publish(at.incarnation, at.position, {at.sent_at, at.db_now});
    });
    loop_.RunReady();
  }
  ~Pod() {
    server_.CloseConnections();
    loop_.RunReady();
    server_.Stop();
  }

  void Serve(const Kind& kind, std::uint64_t count, std::uint64_t& at_half) {
    server_.Serve(std::make_unique<ReadyConnection>(loop_, kind, count, at_half));
    loop_.RunReady();
  }
  [[nodiscard]] std::uint64_t loads() const { return cache_.Stats().admissions; }

 private:
  void Write(std::string_view key, std::size_t bytes) {
    store::WriteOp op;
    op.key = model::Key("cost", std::string(key));
    op.value = std::make_shared<const std::string>(bytes, 'v');
    store_.Write(std::move(op), kNever,
                 [](Result<store::WriteAnswer> answer) { CHECK(answer.has_value()); });
    loop_.RunReady();
  }
  static api::Options ApiOptions() {
    api::Options options;
    options.pod_name = "pod-1";
    return options;
  }
  static http::ServerMetrics NoMetrics() {
    http::ServerMetrics metrics;
    metrics.limit_hit = [](const char* /*limit*/) {};
    metrics.connections_open = [](int /*delta*/) {};
    metrics.requests_in_flight = [](int /*delta*/) {};
    return metrics;
  }

  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  store::MemoryStore store_{loop_, {}};
  telemetry::Registry registry_;
  kv::Metrics kv_metrics_{registry_};
  cache::Cache cache_{{.bytes_max = kCacheBytes,
                       .last_change_positions = 1024,
                       .eviction = cache::Eviction::kAdaptive}};
  cache::Flights flights_{{}};
  feed::State state_;
  kv::Service service_{{cache_, flights_, store_, state_, kv_metrics_, clock_}, {}};
  std::string log_text_;
  telemetry::Log log_{telemetry::LogFormat::kJson, telemetry::LogLevel::kError, "pod-1",
                      &log_text_};
  SeededRandom random_{11};
  api::Handler handler_{{service_, registry_, log_, random_, clock_}, ApiOptions()};
  http::Server server_{handler_, {}, NoMetrics(), [] { return std::int64_t{1'700'000'000}; }};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  std::uint64_t at_half = 0;
  Pod pod;
  pod.Serve(KindOf("hit"), 1, at_half);  // the hot key is in the cache
  pod.Serve(KindOf(argv[1]), count, at_half);
  const std::string_view kind = argv[1];
  CHECK(kind == "hit"     ? pod.loads() == 1
        : kind == "batch" ? pod.loads() == 1 + kBatchKeys
                          : pod.loads() > count);
  std::printf("%.3f\n",
              static_cast<double>(allocations - at_half) / static_cast<double>(count / 2));
  return 0;
}
