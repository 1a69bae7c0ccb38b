// Why: a kv::Service over a scripted store, a real cache and a manual clock, for the tests of the
// read and write paths.
#pragma once

#include <gtest/gtest.h>

#include "kv/service.h"
#include "support/manual_loop.h"
#include "support/scripted_store.h"

namespace coolkit::kv {

class ServiceTest : public testing::Test {
 protected:
  static constexpr nanoseconds kB = milliseconds(250);

  ServiceTest() {
    cache_.Reset(store_.life, {0});
    Feed(0);
  }

  // The feed has applied everything up to `position`, proven at this moment (R2).
  void Feed(std::int64_t position) {
    state_.Publish(store_.life, {position}, {clock_.Now(), store_.DbNow()});
    cache_.Settle({position}, clock_.Now());
  }
  [[nodiscard]] ReadOptions Now() const {
    ReadOptions options;
    options.arrived = clock_.Now();
    options.deadline = clock_.Now() + seconds(10);
    return options;
  }
  // Starts a read; the answer appears in the returned slot once it came.
  std::shared_ptr<std::optional<Result<ReadAnswer>>> StartRead(ReadOptions options,
                                                               const std::string& key = "key") {
    auto slot = std::make_shared<std::optional<Result<ReadAnswer>>>();
    net::Detach(service_.Read(model::Key("things", key), options, loop_),
                [slot](Result<ReadAnswer> answer) { slot->emplace(std::move(answer)); });
    loop_.RunReady();
    return slot;
  }
  std::shared_ptr<std::optional<Result<WriteAnswer>>> StartWrite(
      const std::string& value, std::optional<model::Token> token = std::nullopt) {
    WriteOptions options;
    options.token = token;
    auto slot = std::make_shared<std::optional<Result<WriteAnswer>>>();
    net::Detach(service_.Write(Put(value), options, loop_),
                [slot](Result<WriteAnswer> answer) { slot->emplace(std::move(answer)); });
    loop_.RunReady();
    return slot;
  }
  static store::WriteOp Put(const std::string& value) {
    store::WriteOp op;
    op.key = model::Key("things", "key");
    op.value = std::make_shared<const std::string>(value);
    op.content_type = "text/plain";
    return op;
  }
  void Load(std::string_view value, std::int64_t version, std::int64_t position,
            std::optional<DbTime> expires_at = std::nullopt) {
    const auto read = StartRead(Now());
    store_.AnswerRead(value, version, position, expires_at);
    loop_.RunReady();
    ASSERT_TRUE(read->has_value() && (*read)->has_value());
  }
  [[nodiscard]] model::KeyRef key() const { return key_.ref(); }

  const model::Key key_{"things", "key"};
  support::ManualClock clock_;
  support::ManualLoop loop_{clock_};
  support::ScriptedStore store_{clock_};
  telemetry::Registry registry_;
  Metrics metrics_{registry_};
  cache::Cache cache_{{.bytes_max = 64u << 20}};
  cache::Flights flights_{{}};
  feed::State state_;
  Service service_{{cache_, flights_, store_, state_, metrics_, clock_}, {}};
};

}  // namespace coolkit::kv
