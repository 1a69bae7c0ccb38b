#include "http/response_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace coolkit::http {
namespace {

constexpr std::int64_t kTime = 784'111'777;

// Writes everything, `step` bytes at a time.
std::string Drain(ResponseQueue& queue, std::size_t step) {
  std::string written;
  while (!queue.empty()) {
    std::array<std::string_view, ResponseQueue::kBuffersMax> buffers;
    const std::size_t count = queue.Gather(buffers);
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += buffers[i];
    EXPECT_FALSE(bytes.empty());
    const std::size_t n = std::min(step, bytes.size());
    written.append(bytes, 0, n);
    queue.Advance(n);
  }
  return written;
}

Response WithBody(std::string body) {
  Response response;
  response.body = OwnedBytes(std::move(body));
  return response;
}

TEST(ResponseQueueTest, RendersConnectionOnlyWhenItSaysSomething) {
  ResponseQueue queue;
  const auto render = [&](ResponseQueue::Options options) {
    const std::uint64_t bytes = queue.Add(WithBody("b"), options, kTime);
    std::string text = Drain(queue, 1000);
    EXPECT_EQ(text.size(), bytes);
    return text;
  };
  const std::string common =
      "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 1\r\n";
  EXPECT_EQ(render({}), common + "\r\nb");
  EXPECT_EQ(render({.close = true}), common + "Connection: close\r\n\r\nb");
  EXPECT_EQ(render({.keep_alive_1_0 = true}), common + "Connection: keep-alive\r\n\r\nb");
  EXPECT_EQ(render({.close = true, .keep_alive_1_0 = true}), common + "Connection: close\r\n\r\nb");
  EXPECT_EQ(render({.head_request = true}), common + "\r\n");
}

TEST(ResponseQueueTest, RendersStatusesThatNobodyListed) {
  ResponseQueue queue;
  Response response;
  response.status = 299;
  queue.Add(std::move(response), {}, kTime);
  EXPECT_TRUE(Drain(queue, 1000).starts_with("HTTP/1.1 299 Unknown\r\n"));
}

TEST(ResponseQueueTest, WritesTheSameBytesInAnySteps) {
  std::string expected;
  for (const std::size_t step : {100'000u, 1u, 2u, 7u, 100u, 5000u}) {
    ResponseQueue queue;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < 30; ++i) {
      bytes +=
          queue.Add(WithBody(std::string(i * i * 4, static_cast<char>('a' + i % 26))), {}, kTime);
    }
    queue.AddContinue();
    EXPECT_EQ(queue.bytes_left(), bytes + 25);
    const std::string written = Drain(queue, step);
    if (expected.empty()) expected = written;
    EXPECT_EQ(written, expected);
  }
  EXPECT_TRUE(expected.ends_with("HTTP/1.1 100 Continue\r\n\r\n"));
}

TEST(ResponseQueueTest, ASmallBodyIsOneBufferWithItsHead) {
  ResponseQueue queue;
  queue.Add(WithBody(std::string(1024, 'b')), {}, kTime);
  std::array<std::string_view, ResponseQueue::kBuffersMax> buffers;
  EXPECT_EQ(queue.Gather(buffers), 1u);
}

TEST(ResponseQueueTest, ALargeBodyIsNotCopied) {
  ResponseQueue queue;
  const std::string body(1025, 'b');
  Response response;
  response.body = OwnedBytes::Static(body);
  queue.Add(std::move(response), {}, kTime);
  std::array<std::string_view, ResponseQueue::kBuffersMax> buffers;
  ASSERT_EQ(queue.Gather(buffers), 2u);
  EXPECT_EQ(buffers[1].data(), body.data());
}

TEST(ResponseQueueTest, SmallPipelinedAnswersAreOneBuffer) {
  ResponseQueue queue;
  for (int i = 0; i < 20; ++i) queue.Add(WithBody("0123456789"), {}, kTime);
  std::array<std::string_view, ResponseQueue::kBuffersMax> buffers;
  EXPECT_LE(queue.Gather(buffers), 3u);
}

TEST(ResponseQueueTest, TrimGivesMemoryBack) {
  ResponseQueue queue;
  for (int i = 0; i < 64; ++i) queue.Add(WithBody("0123456789"), {}, kTime);
  EXPECT_EQ(queue.responses(), 64u);
  Drain(queue, 1'000'000);
  queue.Trim();
  EXPECT_LT(queue.capacity_bytes(), 100u);
}

}  // namespace
}  // namespace coolkit::http
