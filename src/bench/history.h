// Why: several clients on one machine write a history each; a promise is judged over all of them
// together. A History is their union, with one numbering of keys and incarnations, laid out so that
// the keys can be checked in parts at the same time. Built by one thread; read by any.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "bench/operation.h"

namespace coolkit::bench {

// Numbers names by first appearance. The names are kept; views of them stay valid.
class NameTable {
 public:
  // The number of a name, new or known.
  [[nodiscard]] std::uint32_t Number(std::string_view name);
  [[nodiscard]] std::string_view Name(std::uint32_t number) const { return names_[number]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }

 private:
  struct Hasher {
    std::size_t operator()(std::string_view name) const { return Hash64(name); }
  };
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, std::uint32_t, Hasher> numbers_;
};

class History {
 public:
  // All operations of a key are in the shard `key % kShards`.
  static constexpr std::uint32_t kShards = 256;
  static constexpr std::uint32_t kSourcesMax = 1U << (32 - kClientBits);
  using Shards = std::array<std::vector<Operation>, kShards>;

  NameTable& keys() { return keys_; }
  [[nodiscard]] const NameTable& keys() const { return keys_; }
  // From 1; 0 is no incarnation. Texts that differ in the base alone are the same life, named by
  // the first of them. Nothing: there are kIncarnationsMax already.
  [[nodiscard]] std::optional<std::uint8_t> IncarnationNumber(std::string_view incarnation);
  [[nodiscard]] std::string_view IncarnationName(std::uint8_t number) const {
    return incarnation_names_[number - 1U];
  }

  // Begins the next source, whose clients are numbered apart from the others'; its number. Nothing:
  // there are kSourcesMax already.
  [[nodiscard]] std::optional<std::uint32_t> AddSource();
  [[nodiscard]] std::uint32_t sources() const { return sources_; }

  // A place of their own for the operations that one reader adds.
  Shards& AddPart() { return parts_.emplace_back(); }
  [[nodiscard]] const std::deque<Shards>& parts() const { return parts_; }
  // The operations of a shard, in no order.
  [[nodiscard]] std::vector<Operation> Shard(std::uint32_t shard) const;
  // The same, and the history forgets them.
  [[nodiscard]] std::vector<Operation> TakeShard(std::uint32_t shard);
  [[nodiscard]] std::uint64_t size() const;

 private:
  NameTable keys_;
  NameTable lives_;
  std::vector<std::string> incarnation_names_;
  std::uint32_t sources_ = 0;
  std::deque<Shards> parts_;
};

}  // namespace coolkit::bench
