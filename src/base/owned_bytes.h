// Why: a response is written straight from a cache entry, a file or a string without copying it;
// the bytes must live until the last one is sent, whoever owns them. Move-only; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coolkit {

class OwnedBytes {
 public:
  OwnedBytes() = default;
  // `view` stays valid while `owner` is alive.
  OwnedBytes(std::string_view view, std::shared_ptr<const void> owner)
      : view_(view), shared_(std::move(owner)) {}
  // `release(owner)` is called once, when the bytes are no longer needed.
  OwnedBytes(std::string_view view, const void* owner, void (*release)(const void*))
      : view_(view), raw_(owner, release) {}
  // Owns a string of its own.
  explicit OwnedBytes(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    view_ = *owner;
    shared_ = std::move(owner);
  }
  // Bytes with static storage duration.
  static OwnedBytes Static(std::string_view view) {
    OwnedBytes bytes;
    bytes.view_ = view;
    return bytes;
  }

  OwnedBytes(OwnedBytes&& other) noexcept
      : view_(std::exchange(other.view_, {})),
        shared_(std::move(other.shared_)),
        raw_(std::move(other.raw_)) {}
  OwnedBytes& operator=(OwnedBytes&& other) noexcept {
    view_ = std::exchange(other.view_, {});
    shared_ = std::move(other.shared_);
    raw_ = std::move(other.raw_);
    return *this;
  }

  [[nodiscard]] std::string_view view() const { return view_; }
  [[nodiscard]] std::size_t size() const { return view_.size(); }

 private:
  static void ReleaseNothing(const void* /*owner*/) {}

  std::string_view view_;
  std::shared_ptr<const void> shared_;
  std::unique_ptr<const void, void (*)(const void*)> raw_{nullptr, &ReleaseNothing};
};

}  // namespace coolkit
