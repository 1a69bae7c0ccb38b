// Why: reading and checking ten million operations takes all cores, but threads belong to the
// composition root: it passes them in. Called from one thread.
#pragma once

#include <functional>

namespace coolkit::bench {

class Workers {
 public:
  virtual ~Workers() = default;
  [[nodiscard]] virtual unsigned count() const = 0;
  // Runs part(0) … part(count - 1), at the same time where there are threads; returns after all.
  virtual void Run(const std::function<void(unsigned worker)>& part) const = 0;
};

// One after the other, on the calling thread.
class SerialWorkers final : public Workers {
 public:
  explicit SerialWorkers(unsigned count = 1) : count_(count) {}
  [[nodiscard]] unsigned count() const override { return count_; }
  void Run(const std::function<void(unsigned worker)>& part) const override {
    for (unsigned worker = 0; worker < count_; ++worker) part(worker);
  }

 private:
  unsigned count_;
};

}  // namespace coolkit::bench
