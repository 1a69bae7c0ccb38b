// Why: every client thread writes down its operations without waiting for the others; they share
// one file. A HistoryStream belongs to one thread; the HistoryFile is safe from any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"
#include "bench/history_format.h"
#include "bench/operation.h"

namespace coolkit::bench {

// Where the bytes of a history go.
class HistorySink {
 public:
  virtual ~HistorySink() = default;
  [[nodiscard]] virtual Result<void> Write(std::string_view bytes) = 0;
};

// A file that is written from its beginning.
class FileSink final : public HistorySink {
 public:
  FileSink() = default;
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  // Errors: kInternal with the reason.
  [[nodiscard]] Result<void> Open(const std::string& path);
  [[nodiscard]] Result<void> Write(std::string_view bytes) override;

 private:
  int fd_ = -1;
};

class HistoryFile {
 public:
  // Writes the beginning. `sink` outlives the file.
  explicit HistoryFile(HistorySink& sink);

  // The number of a new stream.
  [[nodiscard]] std::uint32_t AddStream();
  void Append(std::string_view block, std::uint32_t operations);
  // Writes the end, once all streams were flushed: without it a reader calls the history cut off.
  // Errors: the first that any write had.
  [[nodiscard]] Result<void> Finish();
  [[nodiscard]] std::uint64_t operations() const;

 private:
  HistorySink& sink_;
  mutable Mutex mutex_;
  Result<void> state_ GUARDED_BY(mutex_);
  std::uint64_t operations_ GUARDED_BY(mutex_) = 0;
  std::uint32_t streams_ GUARDED_BY(mutex_) = 0;
};

class HistoryStream {
 public:
  // `file` outlives the stream.
  explicit HistoryStream(HistoryFile& file) : file_(file), stream_(file.AddStream()) {}

  // Numbers for names, each defined once: `collection/key` (at most kKeyBytesMax bytes of UTF-8)
  // and the incarnation of a token (kIncarnationBytesMax; numbers from 1 to kIncarnationsMax).
  [[nodiscard]] std::uint32_t DefineKey(std::string_view key);
  [[nodiscard]] std::uint8_t DefineIncarnation(std::string_view incarnation);

  // With this stream's own numbers; `client` at most kClientMask.
  void Add(const Operation& operation);
  // Hands what is held to the file.
  void Flush();

 private:
  HistoryFile& file_;
  std::uint32_t stream_;
  std::uint32_t keys_ = 0;
  std::uint32_t incarnations_ = 0;
  std::uint32_t new_keys_ = 0;
  std::uint32_t new_incarnations_ = 0;
  std::string key_names_;
  std::string incarnation_names_;
  std::string operations_text_;
  std::uint32_t operations_ = 0;
  std::int64_t base_ns_ = 0;
  std::int64_t last_start_ns_ = 0;
  std::int64_t last_version_ = 0;
  std::int64_t last_position_ = 0;
};

}  // namespace coolkit::bench
