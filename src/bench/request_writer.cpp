#include "bench/request_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "bench/operation.h"
#include "json/writer.h"

namespace coolkit::bench {
namespace {

void AppendNumber(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

// Eight digits at least, so that keys of a load are equally long.
void AppendKey(std::string& out, std::uint32_t key) {
  std::array<char, 10> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), key);
  const auto length = static_cast<std::size_t>(end.ptr - digits.data());
  out += 'k';
  out.append(length < 8 ? 8 - length : 0, '0');
  out.append(digits.data(), length);
}

std::string_view MethodOf(Call call) {
  constexpr std::array<std::string_view, kCallCount> kMethods{
      "GET ", "HEAD ", "GET ", "GET ", "PUT ", "DELETE ", "PATCH ", "POST ", "POST "};
  return kMethods[static_cast<std::size_t>(call)];
}

}  // namespace

std::string KeyName(const LoadOptions& options, std::uint32_t key) {
  std::string name = options.collection + "/";
  AppendKey(name, key);
  return name;
}

ValueMaker::ValueMaker(const LoadOptions& options, std::uint64_t seed)
    : json_(options.JsonValues()),
      bytes_min_(options.value_bytes_min),
      bytes_max_(options.value_bytes_max),
      random_(seed) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  filling_.resize(std::size_t{bytes_max_} + 64);
  for (char& c : filling_) c = kLetters[random_.Next() & 63U];
}

void ValueMaker::AppendUnique() {
  // SplitMix64 gives each number once in 2^64.
  std::uint64_t number = random_.Next();
  for (unsigned i = 0; i < kUniqueValueBytes; ++i, number >>= 4U) {
    value_ += "0123456789abcdef"[number & 15U];
  }
}

std::string_view ValueMaker::Next() {
  const std::uint32_t spread = bytes_max_ - bytes_min_;
  const std::size_t size =
      bytes_min_ + (spread == 0 ? 0 : static_cast<std::size_t>(random_.Below(spread + 1ULL)));
  value_.clear();
  if (json_) value_ += R"({"id":")";
  AppendUnique();
  if (json_) value_ += R"(","fill":")";
  const std::size_t tail = json_ ? 2 : 0;
  const std::size_t from = static_cast<std::size_t>(random_.Next() & 63U);
  if (value_.size() + tail < size) value_.append(filling_, from, size - value_.size() - tail);
  if (json_) return value_ += "\"}";
  value_.resize(size);
  return value_;
}

std::string_view ValueMaker::NextPatch() {
  value_ = R"({"id":")";
  AppendUnique();
  return value_ += "\"}";
}

RequestWriter::RequestWriter(const LoadOptions& options, std::uint64_t seed)
    : options_(options), values_(options, seed) {}

void RequestWriter::Write(const Plan& plan, const LoadTarget& target, std::string_view position,
                          std::string& out, std::vector<std::uint64_t>* digests) {
  out += MethodOf(plan.call);
  out += target.path;
  out += "/v1/kv/";
  out += options_.collection;
  if (IsBatch(plan.call)) {
    out += plan.call == Call::kBatchGet ? ":batchGet" : ":batchWrite";
  } else {
    out += '/';
    AppendKey(out, plan.keys.front());
    if (plan.call == Call::kPut && options_.ttl_ms != 0) {
      out += "?ttl=";
      AppendNumber(out, options_.ttl_ms);
      out += "ms";
    }
  }
  AppendFields(plan, target, position, out);
  switch (plan.call) {
    case Call::kPut: {
      const std::string_view value = values_.Next();
      if (digests != nullptr) digests->push_back(DigestOf(value));
      AppendBody({}, value, out);
      break;
    }
    case Call::kPatch:
      if (digests != nullptr) digests->push_back(0);
      AppendBody("application/merge-patch+json", values_.NextPatch(), out);
      break;
    case Call::kBatchGet:
    case Call::kBatchPut:
      AppendBody("application/json", BatchBody(plan, digests), out);
      break;
    default:
      if (digests != nullptr) digests->push_back(0);
      out += "\r\n";
  }
}

void RequestWriter::AppendFields(const Plan& plan, const LoadTarget& target,
                                 std::string_view position, std::string& out) const {
  out += " HTTP/1.1\r\nHost: ";
  out += target.authority;
  out += "\r\n";
  if (plan.call == Call::kStrong || plan.strong) out += "Cache-Control: no-cache\r\n";
  if (!position.empty()) {
    out += "Coolkit-Position: ";
    out += position;
    out += "\r\n";
  }
  if (options_.max_staleness_ms != 0 && !Writes(plan.call)) {
    out += "Coolkit-Max-Staleness-Ms: ";
    AppendNumber(out, options_.max_staleness_ms);
    out += "\r\n";
  }
}

void RequestWriter::AppendBody(std::string_view type, std::string_view body,
                               std::string& out) const {
  if (!type.empty()) {
    out += "Content-Type: ";
    out += type;
    out += "\r\n";
  }
  out += "Content-Length: ";
  AppendNumber(out, body.size());
  out += "\r\n\r\n";
  out += body;
}

std::string_view RequestWriter::BatchBody(const Plan& plan, std::vector<std::uint64_t>* digests) {
  body_.clear();
  json::Writer writer(body_);
  const bool writes = plan.call == Call::kBatchPut;
  writer.BeginObject();
  writer.Key(writes ? "items" : "keys").BeginArray();
  std::string name;
  for (const std::uint32_t key : plan.keys) {
    name.clear();
    AppendKey(name, key);
    if (!writes) {
      if (digests != nullptr) digests->push_back(0);
      writer.String(name);
      continue;
    }
    const std::string_view value = values_.Next();
    if (digests != nullptr) digests->push_back(DigestOf(value));
    writer.BeginObject();
    writer.Field("key", name);
    writer.Field("text", value);
    if (options_.ttl_ms != 0) writer.Field("ttl", std::to_string(options_.ttl_ms) + "ms");
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return body_;
}

}  // namespace coolkit::bench
