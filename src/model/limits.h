// Why: the sizes that the API promises, in one place. Values.
#pragma once

#include <cstddef>
#include <cstdint>

namespace coolkit::model {

inline constexpr std::size_t kMaxKeyBytes = 512;
inline constexpr std::size_t kMaxCollectionBytes = 64;
inline constexpr std::size_t kMaxContentTypeBytes = 255;
inline constexpr std::size_t kDefaultMaxValueBytes = 1 << 20;
inline constexpr std::size_t kMaxBatchItems = 1000;
inline constexpr std::size_t kMaxBatchBytes = 8 << 20;
inline constexpr std::size_t kDefaultPageSize = 100;
inline constexpr std::size_t kMaxPageSize = 1000;
inline constexpr std::int64_t kMaxTtlMs = 3650LL * 24 * 3600 * 1000;
inline constexpr std::uint32_t kSlotCount = 16384;

}  // namespace coolkit::model
