// Why: what is called next, apart from when: the mix of a load, the writes before it, the strong
// reads after it. One thread's; not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/random.h"
#include "bench/request_writer.h"

namespace coolkit::bench {

class CallSource {
 public:
  virtual ~CallSource() = default;
  // False: there is none any more.
  [[nodiscard]] virtual bool Next(Plan& plan) = 0;
};

// Without end, by the mix and the keys of the options.
class MixSource final : public CallSource {
 public:
  MixSource(const LoadOptions& options, std::unique_ptr<KeyChoice> keys, std::uint64_t seed);
  [[nodiscard]] bool Next(Plan& plan) override;

 private:
  std::array<double, kCallCount> up_to_{};  // cumulative shares, the last one 1
  std::uint32_t batch_size_;
  std::unique_ptr<KeyChoice> keys_;
  SeededRandom random_;
};

// Every key from `begin` to `end` - 1 once, in batches: written, or read from the database.
class EveryKeySource final : public CallSource {
 public:
  EveryKeySource(Call call, std::uint32_t begin, std::uint32_t end, std::uint32_t batch_size)
      : call_(call), next_(begin), end_(end), batch_size_(batch_size) {}
  [[nodiscard]] bool Next(Plan& plan) override;

 private:
  Call call_;
  std::uint32_t next_;
  std::uint32_t end_;
  std::uint32_t batch_size_;
};

}  // namespace coolkit::bench
