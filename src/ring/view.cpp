#include "ring/view.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace coolkit::ring {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kNameBytesMax = 255;

std::unexpected<Error> Malformed(const char* what) {
  return Fail(ErrorCode::kMalformedRequest, std::string("view: ") + what);
}

// Names end up in headers and logs.
bool IsPlain(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool ReadMember(ByteReader& reader, Member& member) {
  const std::string_view id = reader.Bytes(member.id.bytes.size());
  std::copy(id.begin(), id.end(), member.id.bytes.begin());
  member.name = reader.ShortText();
  member.address = reader.ShortText();
  member.born_us = reader.I64();
  const std::uint8_t state = reader.U8();
  member.state = static_cast<MemberState>(state);
  return reader.ok() && state <= static_cast<std::uint8_t>(MemberState::kDraining) &&
         IsPlain(member.name) && IsPlain(member.address);
}

}  // namespace

std::uint16_t View::IndexOf(const MemberId& id) const {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].id == id) return static_cast<std::uint16_t>(i);
  }
  return kNoMember;
}

std::size_t View::SlotsOwnedBy(const MemberId& id) const {
  const std::uint16_t index = IndexOf(id);
  if (index == kNoMember) return 0;
  std::size_t count = 0;
  for (const Slot& slot : slots_) count += slot.owner == index;
  return count;
}

std::uint16_t View::AddMember(Member member) {
  CHECK(members_.size() < kMembersMax);
  CHECK(member.name.size() <= kNameBytesMax && member.address.size() <= kNameBytesMax);
  members_.push_back(std::move(member));
  return static_cast<std::uint16_t>(members_.size() - 1);
}

std::string EncodeView(const View& view) {
  ByteWriter writer;
  writer.U8(kFormat);
  writer.I64(view.epoch());
  writer.U16(static_cast<std::uint16_t>(view.members().size()));
  for (const Member& member : view.members()) {
    writer.Bytes({reinterpret_cast<const char*>(member.id.bytes.data()), member.id.bytes.size()});
    writer.ShortText(member.name);
    writer.ShortText(member.address);
    writer.I64(member.born_us);
    writer.U8(static_cast<std::uint8_t>(member.state));
  }
  for (std::uint32_t slot = 0; slot < model::kSlotCount;) {
    std::uint32_t end = slot + 1;
    while (end < model::kSlotCount && view.owner(end) == view.owner(slot) &&
           view.previous(end) == view.previous(slot)) {
      ++end;
    }
    writer.U16(static_cast<std::uint16_t>(end - slot));
    writer.U16(view.owner(slot));
    writer.U16(view.previous(slot));
    slot = end;
  }
  return std::move(writer).Take();
}

Result<View> DecodeView(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.U8() != kFormat) return Malformed("unknown format");
  View view;
  view.set_epoch(reader.I64());
  const std::size_t count = reader.U16();
  if (!reader.ok() || count > View::kMembersMax) return Malformed("too many members");
  for (std::size_t i = 0; i < count; ++i) {
    Member member;
    if (!ReadMember(reader, member)) return Malformed("bad member");
    if (view.IndexOf(member.id) != kNoMember) return Malformed("a member twice");
    view.AddMember(std::move(member));
  }
  for (std::uint32_t slot = 0; slot < model::kSlotCount;) {
    const std::uint32_t run = reader.U16();
    const std::uint16_t owner = reader.U16();
    const std::uint16_t previous = reader.U16();
    if (!reader.ok() || run == 0 || run > model::kSlotCount - slot) return Malformed("bad run");
    if (owner != kNoMember && owner >= count) return Malformed("unknown owner");
    if (previous != kNoMember && previous >= count) return Malformed("unknown previous owner");
    if (slot > 0 && owner == view.owner(slot - 1) && previous == view.previous(slot - 1)) {
      return Malformed("a run in two parts");
    }
    for (std::uint32_t i = 0; i < run; ++i) view.SetOwner(slot + i, owner, previous);
    slot += run;
  }
  if (!reader.AtEnd()) return Malformed("bytes behind the end");
  return view;
}

}  // namespace coolkit::ring
