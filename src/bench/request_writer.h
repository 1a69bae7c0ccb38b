// Why: requests are put together from parts that are rendered once, straight into the bytes to
// send. One client's; not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "bench/load_options.h"

namespace coolkit::bench {

// One call to make.
struct Plan {
  Call call = Call::kGet;
  bool strong = false;              // a batch-get of the database
  std::vector<std::uint32_t> keys;  // one, or those of a batch
};

// Makes values that are never the same twice (but for those shorter than kUniqueValueBytes).
class ValueMaker {
 public:
  ValueMaker(const LoadOptions& options, std::uint64_t seed);
  // Valid until the next call.
  [[nodiscard]] std::string_view Next();
  // A merge patch that replaces the unique part.
  [[nodiscard]] std::string_view NextPatch();

 private:
  void AppendUnique();

  bool json_;
  std::uint32_t bytes_min_;
  std::uint32_t bytes_max_;
  SeededRandom random_;
  std::string filling_;
  std::string value_;
};

class RequestWriter {
 public:
  // `options` outlives it.
  RequestWriter(const LoadOptions& options, std::uint64_t seed);

  // Appends the request to `out`. `position`: the token to send, or empty. `digests` gets that of
  // each value written if it is not null.
  void Write(const Plan& plan, const LoadTarget& target, std::string_view position,
             std::string& out, std::vector<std::uint64_t>* digests);

 private:
  void AppendFields(const Plan& plan, const LoadTarget& target, std::string_view position,
                    std::string& out) const;
  void AppendBody(std::string_view type, std::string_view body, std::string& out) const;
  [[nodiscard]] std::string_view BatchBody(const Plan& plan, std::vector<std::uint64_t>* digests);

  const LoadOptions& options_;
  ValueMaker values_;
  std::string body_;
};

}  // namespace coolkit::bench
