// Why: each rule of the coherence protocol must be seen to matter: broken, a test has to fail. Code
// that keeps a rule names it here. In the product that is a constant and costs nothing; the one
// test program that is compiled with COOLKIT_ABLATIONS breaks them one at a time, and makes other
// threads run wherever one may be preempted (docs/correctness.md). Any thread.
#pragma once

#include <cstdint>

namespace coolkit {

enum class Rule : std::uint8_t {
  kR2SentNotArrived,    // the horizon is when the poll was sent
  kR2ApplyThenPublish,  // every shard first, then what readers sample
  kR2EchoBefore,        // a tailer echoes pings that it read before its statement was sent
  kR3Chain,             // a frame that does not continue what is applied is a gap
  kR3DropOlder,         // a named change drops older versions
  kR3Gap,               // an answer that does not continue the chain is a gap
  kR4GapDrops,          // a gap drops what may have changed in it
  kR4Floor,             // and refuses what is on its way
  kR5LastChange,        // a load that a change overtook stays out
  kR6LoadAsOf,          // a load's as_of is its snapshot's
  kR6OwnWriteAsOf,      // an own write's is from before it was sent
  kR6PeerAsOf,          // a peer's is sampled before its look-up, and none if it only relays
  kR7PeerFresh,         // a peer's answer is as old as its request, at least
  kR7LoadFresh,         // a load's fresh is when it was sent
  kR7OwnWriteFresh,     // an own write's, too
  kR8Bound,             // nothing is served beyond the bound
  kR8SampleFirst,       // sample, then look up
  kR8SameLife,          // an entry of the sampled incarnation
  kR9JoinAge,           // a joiner's bound counts from its own arrival
  kR9JoinStrong,        // a strong request joins nothing that was sent before it
  kR10Token,            // a cached entry meets the token
  kR10JoinToken,        // a joined load does
  kR10AnswerSeen,       // an answer's token has what it showed seen
  kR10LoadPosition,     // a load's token is its snapshot's
  kR10WritePosition,    // a write's token is from after its COMMIT
  kR12AdmitLife,        // an entry of another life stays out
  kR12NewLife,          // a new life is noticed, whatever its positions
  kR12ResetDrops,       // and drops everything
  kR12OwnStatement,     // also when an own statement told of it first
  kR12OwnWriteLife,     // an own write counts in the life that it began in
  kR15Expiry,           // perhaps expired is the database's to judge
  kR15UpperBound,       // by an upper bound of its clock
  kR15JoinExpiry,       // also for who joins a load
  kR17NoForward,        // what a peer asks for is never asked of another owner
  kR18Forwarded,        // a forwarded write of unknown outcome is not done here, too
  kR18NoRetry,          // an unknown outcome is not tried again
};

#ifdef COOLKIT_ABLATIONS
[[nodiscard]] bool IsKept(Rule rule);  // both are the test's
void MayPreempt();
[[nodiscard]] constexpr bool Kept(Rule rule) {
  if consteval {
    return true;
  } else {
    return IsKept(rule);
  }
}
#else
[[nodiscard]] constexpr bool Kept(Rule /*rule*/) { return true; }
inline void MayPreempt() {}
#endif

}  // namespace coolkit
