// Why: a test of the coherence protocol is worth what it catches, so each rule can be broken on its
// own, and a run with a broken rule must find a violation. Values.
#pragma once

namespace coolkit::support::currency {

// Each is kept unless a test breaks it.
struct Rules {
  // The cache (only ReferenceCache can break these).
  bool change_drops = true;  // R3: a named change drops older versions
  bool last_change = true;   // R5: a load that a change overtook stays out
  bool gap_drops = true;     // R4: a gap drops what may have changed in it
  bool floor = true;         // R4: and refuses what is on its way
  bool incarnation = true;   // R12: entries of another life stay out
  bool reset_drops = true;   // R12: a new life drops everything
  // Everything around it.
  bool echo_before_statement = true;   // R2: only pings read before the statement was sent
  bool apply_before_publish = true;    // R2: the shards first, then what readers sample
  bool chain = true;                   // R3: prev <= A
  bool own_write_as_of_before = true;  // R6: A before the send, not the position after COMMIT
  bool peer_position_before = true;    // R6: the sender's A sampled before its look-up
  bool peer_age_from_request = true;   // R7: age counts from when the request was sent
  bool push_has_no_age = true;         // R7
  bool fresh_at_send = true;           // R7: when the statement was sent, not when it answered
  bool sample_before_look_up = true;   // R8
  bool clock_after_request = true;     // R8
  bool serve_rule = true;              // R8: the inequality itself
  bool token = true;                   // R10: max(as_of, A) >= token
  bool token_has_seen = true;          // R10: an answer's token includes the entry's `seen`
  bool acknowledged_after_commit =
      true;  // R10: a write's token is a position from after its COMMIT
};

}  // namespace coolkit::support::currency
