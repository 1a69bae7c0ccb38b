// Why: a library that opens its own socket (libpq) can be led through this process by a Unix
// socket; what is behind it is for this process alone. The socket has no file, a random name, and
// each connection's other end must be this very process (SO_PEERCRED).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/connection.h"
#include "net/event_loop.h"

namespace coolkit::net {

class PrivateListener {
 public:
  using OnConnection = std::function<void(std::unique_ptr<Connection>)>;
  // On the loop, as all calls of `on_connection`. `on_refused` counts strangers.
  PrivateListener(EventLoop& loop, OnConnection on_connection, std::function<void()> on_refused);
  ~PrivateListener();  // on the loop, or after it has stopped

  // `suffix` is a part of the name, as the library wants it ("/.s.PGSQL.5432"). Any thread, once.
  // Errors: kInternal.
  [[nodiscard]] Result<void> Start(const std::string& suffix);
  // The name without the suffix; `@` stands for the zero byte it begins with.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  struct State;
  EventLoop& loop_;
  std::string name_;
  std::shared_ptr<State> state_;
};

}  // namespace coolkit::net
