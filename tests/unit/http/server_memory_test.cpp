// What an idle connection holds, by the allocator's own count.
#include <gtest/gtest.h>
#include <malloc.h>

#include "http/server.h"
#include "support/http_server_harness.h"

namespace coolkit::http {
namespace {

using support::PipeConnection;
using support::ServerHarness;

[[maybe_unused]] std::size_t AllocatedBytes() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

TEST(ServerMemoryTest, AnIdleConnectionHoldsLittle) {
#ifdef COOLKIT_SANITIZED
  GTEST_SKIP() << "the sanitizers' allocator has no such count";
#else
  constexpr std::size_t kConnections = 500;
  ServerHarness harness;
  std::vector<PipeConnection::Pair> pairs;
  for (std::size_t i = 0; i < kConnections; ++i) {
    pairs.push_back(PipeConnection::Make(harness.loop));
  }
  harness.handler.records.reserve(10'000);
  harness.handler.targets.reserve(10'000);
  const std::size_t before = AllocatedBytes();
  for (auto& pair : pairs) harness.server->Serve(std::move(pair.first));
  // Large and small requests, pipelined ones, many fields: all of it must be given back.
  std::string fields;
  for (int i = 0; i < 60; ++i) fields += "X-Field-" + std::to_string(i) + ": value\r\n";
  for (auto& pair : pairs) {
    std::string requests =
        "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'b');
    for (int i = 0; i < 20; ++i) requests += "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
    pair.second->Send(requests);
    do {
      harness.loop.RunReady();
      static_cast<void>(pair.second->TakeReceived());
    } while (harness.loop.RunOne());
  }
  harness.handler.records.clear();
  harness.handler.targets.clear();
  harness.loop.RunFor(seconds(2));
  const std::size_t per_connection = (AllocatedBytes() - before) / kConnections;
  RecordProperty("bytes", static_cast<int>(per_connection));
  EXPECT_LE(per_connection, 4096u);
  EXPECT_EQ(harness.server->open_connections(), kConnections);
#endif
}

}  // namespace
}  // namespace coolkit::http
