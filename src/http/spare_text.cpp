#include "http/spare_text.h"

#include <utility>
#include <vector>

namespace coolkit::http {
namespace {

// More than answers that are made and not yet queued at one time; longer ones are not kept.
constexpr std::size_t kTextsMax = 16;
constexpr std::size_t kTextBytesMax = 1024;

std::vector<std::string>& Spares() {
  thread_local std::vector<std::string> spares;
  return spares;
}

}  // namespace

std::string SpareText::Take(std::string_view text) {
  std::vector<std::string>& spares = Spares();
  if (spares.empty()) return std::string(text);
  std::string taken = std::move(spares.back());
  spares.pop_back();
  taken.assign(text);
  return taken;
}

void SpareText::Give(std::string&& text) {
  std::vector<std::string>& spares = Spares();
  if (spares.size() >= kTextsMax || text.capacity() > kTextBytesMax || text.capacity() < 64) return;
  if (spares.capacity() == 0) spares.reserve(kTextsMax);
  spares.push_back(std::move(text));
}

}  // namespace coolkit::http
