// Why: a few keys that everybody meets at, known to the database, the checker and the trace by
// number. Immutable.
#pragma once

#include <string>
#include <vector>

#include "model/key.h"

namespace coolkit::sim {

class Keyspace {
 public:
  explicit Keyspace(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      names_.emplace_back(i % 2 == 0 ? "even" : "odd", "k" + std::to_string(i));
    }
  }
  [[nodiscard]] std::size_t size() const { return names_.size(); }
  [[nodiscard]] const model::Key& Name(std::size_t key) const { return names_[key]; }
  [[nodiscard]] std::size_t NumberOf(const model::Key& key) const {
    return static_cast<std::size_t>(key.key[1] - '0');
  }

 private:
  std::vector<model::Key> names_;
};

}  // namespace coolkit::sim
