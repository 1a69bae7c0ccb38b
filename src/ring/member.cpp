#include "ring/member.h"

#include "base/text.h"

namespace coolkit::ring {

std::string FormatMemberId(const MemberId& id) {
  return HexEncode({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

std::string_view MemberStateName(MemberState state) {
  switch (state) {
    case MemberState::kJoining:
      return "joining";
    case MemberState::kReady:
      return "ready";
    case MemberState::kDraining:
      return "draining";
  }
  return "unknown";
}

}  // namespace coolkit::ring
