// Why: what a write statement can decide by itself about the row it finds; everything richer is
// judged on a strong read and then written with kIn (compare-and-set). Values.
#pragma once

#include <cstdint>
#include <vector>

#include "model/version.h"

namespace coolkit::model {

struct Condition {
  enum class Kind : std::uint8_t {
    kAlways,
    kAbsent,   // If-None-Match: *
    kPresent,  // If-Match: *
    kIn,       // If-Match: "v", …: present and its version is one of `versions`
    kNotIn,    // If-None-Match: "v", …: absent, or its version is none of `versions`
  };
  Kind kind = Kind::kAlways;
  std::vector<Version> versions;
};

}  // namespace coolkit::model
