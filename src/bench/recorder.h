// Why: what a load's clients ask and learn becomes operations of a history, and the tokens that
// they carry from answer to request. One thread's; not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/history_writer.h"
#include "bench/request_writer.h"
#include "bench/response_reader.h"

namespace coolkit::bench {

// A position token as a number: within one thread the same incarnation has the same number.
struct SeenToken {
  std::uint8_t incarnation = 0;  // 0: none
  std::int64_t position = 0;
};

// One call under way.
struct Flight {
  Plan plan;
  std::vector<std::uint64_t> digests;  // of what it writes; only for a history
  std::int64_t intended_ns = 0;        // when it was due
  std::int64_t start_ns = 0;           // before it was sent
  SeenToken given;
};

class Recorder {
 public:
  // `options` outlives it; `file` too, or is null: nothing is written down.
  Recorder(const LoadOptions& options, HistoryFile* file);

  [[nodiscard]] bool recording() const { return stream_ != nullptr; }
  // Reads the text of a token; {} if it is none, or of one incarnation too many.
  [[nodiscard]] SeenToken Parse(std::string_view text);
  // The text of a token that Parse gave.
  void Append(const SeenToken& token, std::string& out) const;

  void Answered(const Flight& flight, std::uint32_t client, const Answer& answer,
                const SeenToken& received, std::int64_t end_ns);
  // Without an answer; `certain`: it was never sent.
  void Failed(const Flight& flight, std::uint32_t client, bool certain, std::int64_t end_ns);
  void Flush();

 private:
  static constexpr std::uint32_t kNoKey = std::numeric_limits<std::uint32_t>::max();

  [[nodiscard]] Operation Begin(const Flight& flight, std::uint32_t client, std::size_t item,
                                std::int64_t end_ns);
  [[nodiscard]] std::uint32_t KeyNumber(std::uint32_t key);

  const LoadOptions& options_;
  std::unique_ptr<HistoryStream> stream_;
  std::vector<std::uint32_t> key_numbers_;
  std::vector<std::string> incarnations_;
};

// What an answer's status says of one write or read.
[[nodiscard]] Outcome OutcomeOf(Kind kind, int status);
[[nodiscard]] Kind KindOf(Call call);

}  // namespace coolkit::bench
