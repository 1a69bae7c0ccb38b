// Any bytes from the pod that was dialled: instead of the HTTP answer, of the handshake, or behind
// it with requests under way. Every request ends exactly once.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "unit/peer/raw_acceptor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coolkit::peer;  // NOLINT: a fuzz target
  if (size == 0) return 0;
  coolkit::support::ManualClock clock;
  coolkit::support::ManualLoop loop{clock};
  RawAcceptor raw(loop);
  PipeDialer nobody;
  TestPod pod(1, loop, nobody);
  Peers peers({pod.identity, raw, pod.control, pod.metrics, pod.log}, {}, {&loop}, 1);
  int ended = 0;
  peers.SetAddresses({"10.0.0.2:8080"});
  loop.RunReady();
  const int stage = data[0] % 3;
  if (stage > 0) raw.AnswerUpgrade();
  if (stage > 1) {
    CHECK(raw.Prove());
    peers.Subscribe(IdOf(2), coolkit::BootTime());
  }
  const auto count = [&ended](const auto& /*reply*/) { ++ended; };
  peers.Read(IdOf(2), ReadOf({"a"}), count);
  peers.Read(IdOf(2), ReadOf({"b"}), count);
  peers.Read(IdOf(2), ReadOf({"c", "d"}), count);
  peers.Write(IdOf(2), PutOf("k", "v", loop.Now() + coolkit::seconds(2)), count);
  loop.RunReady();
  raw.Send({reinterpret_cast<const char*>(data) + 1, size - 1});
  loop.RunFor(coolkit::seconds(3));
  CHECK(ended == 4);
  peers.Close();
  loop.RunFor(coolkit::seconds(2));
  peers.Stop();
  return 0;
}
