#include "base/error.h"

namespace coolkit {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
#define COOLKIT_ERROR_NAME(value, name) \
  case ErrorCode::value:                \
    return name;
    COOLKIT_ERROR_CODES(COOLKIT_ERROR_NAME)
#undef COOLKIT_ERROR_NAME
  }
  return "internal";
}

}  // namespace coolkit
