#include "ops/ring_view.h"

#include <utility>

#include "json/writer.h"

namespace coolkit::ops {

RingView RingOfOne(std::string ring, std::string pod, std::string address, std::uint32_t slots) {
  RingView view;
  view.ring = std::move(ring);
  view.epoch = 1;
  view.slots = slots;
  view.members.push_back({std::move(pod), std::move(address), "ready", slots, true});
  return view;
}

std::string RingJson(const RingView& view) {
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  writer.Field("ring", view.ring);
  writer.Field("epoch", view.epoch);
  writer.Field("slots", view.slots);
  writer.Key("members").BeginArray();
  for (const RingMember& member : view.members) {
    writer.BeginObject();
    writer.Field("pod", member.pod);
    writer.Field("address", member.address);
    writer.Field("state", member.state);
    writer.Field("slots", member.slots);
    writer.Field("self", member.self);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("hand_offs").BeginArray();
  for (const HandOff& hand_off : view.hand_offs) {
    writer.BeginObject();
    writer.Field("from", hand_off.from);
    writer.Field("to", hand_off.to);
    writer.Field("slots", hand_off.slots);
    writer.Field("slots_done", hand_off.slots_done);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  out += '\n';
  return out;
}

}  // namespace coolkit::ops
