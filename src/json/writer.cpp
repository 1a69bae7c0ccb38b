#include "json/writer.h"

#include <cmath>

namespace coolkit::json {

void Writer::Number(double value) {
  if (!std::isfinite(value)) return Null();
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  Raw(std::string_view(text, static_cast<std::size_t>(end.ptr - text)));
}

}  // namespace coolkit::json
