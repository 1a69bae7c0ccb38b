// Why: answers of up to 8 MiB are built straight into the body that is sent, without a tree of
// values in between. Appends compact JSON to a string of the caller's.
// Not thread-safe: one writer per answer.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "json/quote.h"

namespace coolkit::json {

// writer.BeginObject();
// writer.Key("items").BeginArray();
// …
// writer.Field("next_page_token", token);
// writer.EndObject();
//
// The caller keeps the grammar: a key before each value inside an object, and every Begin with its
// End. Names and strings must be valid UTF-8.
class Writer {
 public:
  // Appends to `out`, which outlives the writer.
  explicit Writer(std::string& out) : out_(out) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }

  // The name of the member whose value is written next.
  Writer& Key(std::string_view name) {
    Separate();
    AppendQuoted(out_, name);
    out_ += ':';
    comma_ = false;
    return *this;
  }

  void String(std::string_view text) {
    Separate();
    AppendQuoted(out_, text);
  }
  void Bool(bool value) { Raw(value ? "true" : "false"); }
  void Null() { Raw("null"); }
  template <std::integral T>
  void Number(T value) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, value);
    Raw(std::string_view(text, static_cast<std::size_t>(end.ptr - text)));
  }
  // The shortest text that reads back as the same number; null for NaN and infinities, which JSON
  // does not have.
  void Number(double value);
  // A value that is JSON already; not checked.
  void Raw(std::string_view json) {
    Separate();
    out_ += json;
  }

  // One member of an object.
  void Field(std::string_view name, std::string_view text) { Key(name).String(text); }
  void Field(std::string_view name, const char* text) { Key(name).String(text); }
  void Field(std::string_view name, const std::string& text) { Key(name).String(text); }
  template <std::same_as<bool> T>
  void Field(std::string_view name, T value) {
    Key(name).Bool(value);
  }
  template <class T>
    requires((std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, double>)
  void Field(std::string_view name, T value) {
    Key(name).Number(value);
  }

  // Bytes in `out` so far.
  [[nodiscard]] std::size_t size() const { return out_.size(); }

  // For answers that stop at a limit: mark, write one item, and rewind when it did not fit. Only
  // between values of the container that was open at the mark.
  struct Mark {
    std::size_t size;
    std::size_t depth;
    bool comma;
  };
  [[nodiscard]] Mark mark() const { return {out_.size(), depth_, comma_}; }
  void Rewind(Mark mark) {
    CHECK(mark.size <= out_.size());
    out_.resize(mark.size);
    depth_ = mark.depth;
    comma_ = mark.comma;
  }

 private:
  void Separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }
  void Open(char bracket) {
    Separate();
    out_ += bracket;
    comma_ = false;
    ++depth_;
  }
  void Close(char bracket) {
    CHECK(depth_ > 0);
    --depth_;
    out_ += bracket;
    comma_ = true;
  }

  std::string& out_;
  std::size_t depth_ = 0;
  bool comma_ = false;  // a value precedes in the open container
};

}  // namespace coolkit::json
