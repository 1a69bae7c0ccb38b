#include "store/postgres/parameters.h"

#include <algorithm>
#include <utility>

namespace coolkit::store {
namespace {

// Object identifiers of the element types, fixed in PostgreSQL's catalog.
constexpr std::uint32_t kBytea = 17;
constexpr std::uint32_t kInt8 = 20;
constexpr std::uint32_t kInt2 = 21;
constexpr std::uint32_t kText = 25;
constexpr std::uint32_t kXid8 = 5069;

template <class Number>
void AppendBigEndian(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof(Number) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift));
  }
}

// array_recv: dimensions, has NULLs, element type, then per dimension its size and lower bound.
std::string ArrayHead(std::uint32_t type, std::size_t size, bool has_null, std::size_t bytes) {
  std::string out;
  out.reserve(20 + bytes);
  AppendBigEndian<std::uint32_t>(out, size == 0 ? 0 : 1);
  AppendBigEndian<std::uint32_t>(out, has_null ? 1 : 0);
  AppendBigEndian<std::uint32_t>(out, type);
  if (size == 0) return out;
  AppendBigEndian(out, static_cast<std::uint32_t>(size));
  AppendBigEndian<std::uint32_t>(out, 1);
  return out;
}

constexpr std::uint32_t kNullLength = 0xffffffff;

template <class T>
bool HasNull(std::span<const std::optional<T>> items) {
  return std::any_of(items.begin(), items.end(), [](const auto& item) { return !item; });
}

std::string Bytes(std::uint32_t type, Parameters::Texts texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts) bytes += 4 + (text ? text->size() : 0);
  std::string out = ArrayHead(type, texts.size(), HasNull(texts), bytes);
  for (const auto& text : texts) {
    AppendBigEndian(out, text ? static_cast<std::uint32_t>(text->size()) : kNullLength);
    if (text) out.append(*text);
  }
  return out;
}

}  // namespace

void Parameters::AddText(std::string_view text) { values_.emplace_back(text); }

void Parameters::AddInt4(std::int32_t number) {
  AppendBigEndian(values_.emplace_back(), static_cast<std::uint32_t>(number));
}

void Parameters::AddInt8(std::int64_t number) {
  AppendBigEndian(values_.emplace_back(), static_cast<std::uint64_t>(number));
}

void Parameters::AddBool(bool value) { values_.emplace_back(1, value ? '\1' : '\0'); }

void Parameters::AddUuid(const std::array<std::uint8_t, 16>& id) {
  values_.emplace_back(id.begin(), id.end());
}

void Parameters::AddTextArray(Texts texts) { values_.push_back(Bytes(kText, texts)); }

void Parameters::AddByteaArray(Texts values) { values_.push_back(Bytes(kBytea, values)); }

void Parameters::AddInt8Array(std::span<const std::optional<std::int64_t>> numbers) {
  std::string out = ArrayHead(kInt8, numbers.size(), HasNull(numbers), numbers.size() * 12);
  for (const auto& number : numbers) {
    AppendBigEndian<std::uint32_t>(out, number ? 8 : kNullLength);
    if (number) AppendBigEndian(out, static_cast<std::uint64_t>(*number));
  }
  values_.push_back(std::move(out));
}

void Parameters::AddXid8Array(std::span<const std::uint64_t> ids) {
  std::string out = ArrayHead(kXid8, ids.size(), false, ids.size() * 12);
  for (const std::uint64_t id : ids) {
    AppendBigEndian<std::uint32_t>(out, 8);
    AppendBigEndian(out, id);
  }
  values_.push_back(std::move(out));
}

void Parameters::AddInt2Array(std::span<const std::int16_t> numbers) {
  std::string out = ArrayHead(kInt2, numbers.size(), false, numbers.size() * 6);
  for (const std::int16_t number : numbers) {
    AppendBigEndian<std::uint32_t>(out, 2);
    AppendBigEndian(out, static_cast<std::uint16_t>(number));
  }
  values_.push_back(std::move(out));
}

}  // namespace coolkit::store
