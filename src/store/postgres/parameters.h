// Why: parameters travel in PostgreSQL's binary format: no escaping of values, no quoting of
// arrays, and the server reads them without parsing. Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coolkit::store {

// The parameters of one statement, in order.
class Parameters {
 public:
  void AddText(std::string_view text);
  void AddInt4(std::int32_t number);
  void AddInt8(std::int64_t number);  // also xid8
  void AddBool(bool value);
  void AddUuid(const std::array<std::uint8_t, 16>& id);

  // Arrays of one dimension. A nullopt is NULL.
  using Texts = std::span<const std::optional<std::string_view>>;
  void AddTextArray(Texts texts);
  void AddByteaArray(Texts values);
  void AddInt8Array(std::span<const std::optional<std::int64_t>> numbers);
  void AddXid8Array(std::span<const std::uint64_t> ids);
  void AddInt2Array(std::span<const std::int16_t> numbers);

  [[nodiscard]] const std::vector<std::string>& values() const { return values_; }

 private:
  std::vector<std::string> values_;
};

}  // namespace coolkit::store
