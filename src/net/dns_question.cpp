#include "net/dns_question.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

namespace coolkit::net {
namespace {

constexpr milliseconds kPatienceMax{1'000};

std::string TextOf(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  } else if (address->sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  } else {
    return {};
  }
  const char* const written = ::inet_ntop(address->sa_family, bytes, text.data(), text.size());
  return written == nullptr ? std::string() : std::string(written);
}

// A number is its own name; c-ares 1.18 would ask for some of them.
bool IsNumber(const std::string& name) {
  in6_addr bytes{};
  return ::inet_pton(AF_INET, name.c_str(), &bytes) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), &bytes) == 1;
}

Error ErrorOf(int status) {
  if (status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME) {
    return {ErrorCode::kNotFound, "the name has no address", {}};
  }
  if (status == ARES_ETIMEOUT) return {ErrorCode::kTimeout, "no DNS server answered", {}};
  return {ErrorCode::kConnectionClosed, std::string("DNS: ") + ares_strerror(status), {}};
}

}  // namespace

DnsQuestion::DnsQuestion(const std::string& name, const DnsResolver::Options& options) {
  if (IsNumber(name)) {
    answer_ = Addresses{name};
    return;
  }
  ares_options given{};
  given.timeout = static_cast<int>(options.try_timeout.count());
  given.tries = options.tries;
  given.sock_state_cb = &OnSocket;
  given.sock_state_cb_data = this;
  int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  if (!options.server.empty()) {
    given.flags = ARES_FLAG_NOSEARCH;
    mask |= ARES_OPT_FLAGS;
  }
  int status = ares_init_options(&channel_, &given, mask);
  if (status == ARES_SUCCESS && !options.server.empty()) {
    status = ares_set_servers_ports_csv(channel_, options.server.c_str());
  }
  if (status != ARES_SUCCESS) {
    answer_ = coolkit::Fail(ErrorOf(status));
    return;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket for each address
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &OnAnswer, this);
}

DnsQuestion::~DnsQuestion() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

void DnsQuestion::OnSocket(void* self, ares_socket_t socket, int readable, int writable) {
  auto& question = *static_cast<DnsQuestion*>(self);
  if (readable == 0 && writable == 0) {
    question.sockets_.erase(socket);
    return;
  }
  question.sockets_[socket] =
      static_cast<short>((readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0));
}

void DnsQuestion::OnAnswer(void* self, int status, int /*timeouts*/, ares_addrinfo* found) {
  if (status != ARES_EDESTRUCTION) static_cast<DnsQuestion*>(self)->Take(status, found);
  if (found != nullptr) ares_freeaddrinfo(found);
}

void DnsQuestion::Take(int status, const ares_addrinfo* found) {
  if (status != ARES_SUCCESS) {
    answer_ = coolkit::Fail(ErrorOf(status));
    return;
  }
  Addresses addresses;
  for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
    std::string text = TextOf(node->ai_addr);
    if (!text.empty()) addresses.push_back(std::move(text));
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (addresses.empty()) {
    answer_ = coolkit::Fail(ErrorOf(ARES_ENODATA));
  } else {
    answer_ = std::move(addresses);
  }
}

void DnsQuestion::Watch(std::vector<pollfd>& sockets) const {
  for (const auto& [socket, events] : sockets_) sockets.push_back({socket, events, 0});
}

milliseconds DnsQuestion::Patience(BootTime now) const {
  if (answer_) return milliseconds(0);
  timeval most{};
  most.tv_sec = std::chrono::duration_cast<seconds>(kPatienceMax).count();
  timeval until{};
  const timeval* const next = ares_timeout(channel_, &most, &until);
  milliseconds patience =
      seconds(next->tv_sec) + std::chrono::ceil<milliseconds>(microseconds(next->tv_usec));
  for (const Waiter& waiter : waiters_) {
    if (waiter.deadline == kNever) continue;
    patience = std::min(patience, std::chrono::ceil<milliseconds>(waiter.deadline - now));
  }
  return std::max(patience, milliseconds(0));
}

void DnsQuestion::Go(const std::vector<pollfd>& sockets) {
  if (channel_ == nullptr || answer_) return;
  // Looked at by number: c-ares closes sockets and opens others on the way.
  for (const pollfd& socket : sockets) {
    if (socket.revents == 0 || !sockets_.contains(socket.fd)) continue;
    const bool failed = (socket.revents & (POLLERR | POLLHUP)) != 0;
    const bool read = failed || (socket.revents & POLLIN) != 0;
    const bool write = failed || (socket.revents & POLLOUT) != 0;
    ares_process_fd(channel_, read ? socket.fd : ARES_SOCKET_BAD,
                    write ? socket.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // the time
}

bool DnsQuestion::Finish(BootTime now) {
  if (answer_) {
    for (Waiter& waiter : std::exchange(waiters_, {})) waiter.done(*answer_);
    return true;
  }
  std::vector<Waiter> patient;
  for (Waiter& waiter : waiters_) {
    if (waiter.deadline > now) {
      patient.push_back(std::move(waiter));
    } else {
      waiter.done(coolkit::Fail(ErrorCode::kTimeout, "the name was not resolved in time"));
    }
  }
  waiters_ = std::move(patient);
  return waiters_.empty();
}

void DnsQuestion::Fail(const Error& error) {
  for (Waiter& waiter : std::exchange(waiters_, {})) waiter.done(coolkit::Fail(error));
}

}  // namespace coolkit::net
