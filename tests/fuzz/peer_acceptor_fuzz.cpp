// Any bytes from a peer that has dialled, before (first byte even) or after (odd) it has proved
// itself: the pod lives, and lets go of everything when the connection has ended.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "unit/peer/raw_peer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coolkit::peer;  // NOLINT: a fuzz target
  if (size == 0) return 0;
  coolkit::support::ManualClock clock;
  coolkit::support::ManualLoop loop{clock};
  PipeDialer dialer;
  TestPod pod(2, loop, dialer);
  pod.handler.hold = (data[0] & 2) != 0;
  {
    RawPeer raw(loop, pod);
    if ((data[0] & 1) != 0) {
      raw.Prove();
    } else {
      raw.Upgrade();
    }
    raw.Send({reinterpret_cast<const char*>(data) + 1, size - 1});
    loop.RunFor(coolkit::milliseconds(500));
  }
  loop.RunFor(coolkit::seconds(4));
  pod.handler.AnswerAll();
  loop.RunFor(coolkit::seconds(1));
  CHECK(pod.server.connection_count() == 0);
  pod.server.Stop();
  return 0;
}
