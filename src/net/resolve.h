// Why: a headless Service is found by its name, which may be slow, gone or answer with hundreds of
// addresses; nobody may wait for it longer than they said.
#pragma once

#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "net/event_loop.h"

namespace coolkit::net {

// The addresses of a name, sorted, each once, IPv6 without brackets; the completion runs on `loop`.
// The system's resolver is asked on a thread of Asio's. Errors: kTimeout, kConnectionClosed with
// the reason. Any thread.
void ResolveName(EventLoop& loop, std::string name, BootTime deadline,
                 Completion<Result<std::vector<std::string>>> done);

}  // namespace coolkit::net
