// The one place that compiles Boost.JSON's parser. Its events carry no offsets, so the builder
// follows them through the text with a cursor of its own, over text that is known to be well formed
// up to there.
#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <iterator>
#include <utility>

#include "json/value.h"

namespace coolkit::json {

namespace bj = boost::json;

// Turns the parser's events into a tree. Values and names wait on stacks until their container
// closes, which then gets room for exactly as many as it has.
class ValueBuilder {
 public:
  ValueBuilder(std::shared_ptr<const std::string> buffer, std::size_t values_max)
      : buffer_(std::move(buffer)), values_left_(values_max) {}

  [[nodiscard]] bool out_of_values() const { return out_of_values_; }
  [[nodiscard]] Value TakeRoot() { return std::move(values_.back()); }

  bool Open() {
    SkipToToken();
    opened_.push_back({at_, values_.size()});
    ++at_;
    return true;
  }

  bool CloseArray() {
    const auto [begin, first] = Close();
    std::vector<Value> items(std::make_move_iterator(values_.begin() + first),
                             std::make_move_iterator(values_.end()));
    values_.resize(static_cast<std::size_t>(first));
    return Push(Kind::kArray, begin, std::move(items));
  }

  bool CloseObject() {
    const auto [begin, first] = Close();
    const auto count = static_cast<std::ptrdiff_t>(values_.size()) - first;
    std::vector<Member> members;
    members.reserve(static_cast<std::size_t>(count));
    auto name = names_.end() - count;
    for (auto value = values_.begin() + first; value != values_.end(); ++value, ++name) {
      members.push_back({std::move(*name), std::move(*value)});
    }
    values_.resize(static_cast<std::size_t>(first));
    names_.resize(names_.size() - members.size());
    return Push(Kind::kObject, begin, std::move(members));
  }

  void Part(std::string_view text) { decoded_ += text; }

  bool Name(std::string_view last) {
    SkipToToken();
    const bool plain = SkipString(last);
    names_.emplace_back(plain ? std::string(last) : TakeDecoded(last));
    return true;
  }

  bool String(std::string_view last) {
    SkipToToken();
    const std::size_t begin = at_;
    if (SkipString(last)) return Push(Kind::kString, begin, std::monostate());
    return Push(Kind::kString, begin, TakeDecoded(last));
  }

  bool Token(Kind kind, std::size_t length, bool value = false) {
    SkipToToken();
    const std::size_t begin = at_;
    at_ += length;
    if (!Push(kind, begin, std::monostate())) return false;
    values_.back().bool_ = value;
    return true;
  }

 private:
  struct Opened {
    std::size_t begin;
    std::size_t first;  // of its values on the stack
  };

  static bool IsBetweenTokens(char c) {
    return c == ' ' || c == ',' || c == ':' || c == '\n' || c == '\r' || c == '\t';
  }

  void SkipToToken() {
    while (IsBetweenTokens((*buffer_)[at_])) ++at_;
  }

  std::pair<std::size_t, std::ptrdiff_t> Close() {
    SkipToToken();
    ++at_;
    const Opened opened = opened_.back();
    opened_.pop_back();
    return {opened.begin, static_cast<std::ptrdiff_t>(opened.first)};
  }

  // Moves behind the string at the cursor; whether its text stands in the buffer without escapes.
  bool SkipString(std::string_view last) {
    const std::string_view rest = std::string_view(*buffer_).substr(at_ + 1);
    if (decoded_.empty() && last.data() == rest.data()) {
      at_ += last.size() + 2;
      return true;
    }
    std::size_t end = rest.find_first_of("\"\\");
    while (rest[end] == '\\') end = rest.find_first_of("\"\\", end + 2);
    at_ += end + 2;
    return end == 0;  // an empty string: `last` may point anywhere
  }

  std::string TakeDecoded(std::string_view last) {
    decoded_ += last;
    std::string text = decoded_;
    decoded_.clear();
    return text;
  }

  template <class Data>
  bool Push(Kind kind, std::size_t begin, Data data) {
    if (values_left_ == 0) {
      out_of_values_ = true;
      return false;
    }
    --values_left_;
    Value& value = values_.emplace_back();
    value.kind_ = kind;
    value.offset_ = static_cast<std::uint32_t>(begin);
    value.length_ = static_cast<std::uint32_t>(at_ - begin);
    value.buffer_ = buffer_;
    value.data_ = std::move(data);
    return true;
  }

  std::shared_ptr<const std::string> buffer_;
  std::size_t at_ = 0;
  std::size_t values_left_;
  bool out_of_values_ = false;
  std::vector<Value> values_;
  std::vector<std::string> names_;
  std::vector<Opened> opened_;
  std::string decoded_;  // the parts of a string with escapes so far
};

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// What basic_parser calls; without a builder it only judges.
struct Handler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using View = bj::string_view;
  using Code = bj::error_code;

  explicit Handler(ValueBuilder* target) : builder(target) {}

  static std::string_view Std(View text) { return {text.data(), text.size()}; }
  // The parser takes `false` for an error only together with a code.
  static bool Or(bool ok, Code& code) {
    if (!ok) code = bj::error::array_too_large;
    return ok;
  }

  bool on_document_begin(Code& /*code*/) { return true; }
  bool on_document_end(Code& /*code*/) { return true; }
  bool on_object_begin(Code& /*code*/) { return builder == nullptr || builder->Open(); }
  bool on_object_end(std::size_t /*count*/, Code& code) {
    return builder == nullptr || Or(builder->CloseObject(), code);
  }
  bool on_array_begin(Code& /*code*/) { return builder == nullptr || builder->Open(); }
  bool on_array_end(std::size_t /*count*/, Code& code) {
    return builder == nullptr || Or(builder->CloseArray(), code);
  }
  bool on_key_part(View text, std::size_t /*total*/, Code& code) {
    return on_string_part(text, 0, code);
  }
  bool on_key(View text, std::size_t /*total*/, Code& /*code*/) {
    return builder == nullptr || builder->Name(Std(text));
  }
  bool on_string_part(View text, std::size_t /*total*/, Code& /*code*/) {
    if (builder != nullptr) builder->Part(Std(text));
    return true;
  }
  bool on_string(View text, std::size_t /*total*/, Code& code) {
    return builder == nullptr || Or(builder->String(Std(text)), code);
  }
  bool on_number_part(View /*text*/, Code& /*code*/) { return true; }
  bool on_int64(std::int64_t /*number*/, View token, Code& code) {
    return builder == nullptr || Or(builder->Token(Kind::kNumber, token.size()), code);
  }
  bool on_uint64(std::uint64_t /*number*/, View token, Code& code) {
    return on_int64(0, token, code);
  }
  bool on_double(double /*number*/, View token, Code& code) { return on_int64(0, token, code); }
  bool on_bool(bool value, Code& code) {
    return builder == nullptr || Or(builder->Token(Kind::kBool, value ? 4 : 5, value), code);
  }
  bool on_null(Code& code) {
    return builder == nullptr || Or(builder->Token(Kind::kNull, 4), code);
  }
  bool on_comment_part(View /*text*/, Code& /*code*/) { return true; }
  bool on_comment(View /*text*/, Code& /*code*/) { return true; }

  ValueBuilder* builder;
};

Result<void> Run(std::string_view text, const ParseLimits& limits, ValueBuilder* builder) {
  const std::size_t bytes_max =
      std::min<std::size_t>(limits.bytes_max, std::numeric_limits<std::uint32_t>::max());
  if (text.size() > bytes_max) {
    return Fail(ErrorCode::kPayloadTooLarge,
                "JSON of more than " + std::to_string(bytes_max) + " bytes");
  }
  if (text.empty()) return Fail(ErrorCode::kInvalidJson, "empty; a JSON value was expected");
  if (text.starts_with(kByteOrderMark)) {
    return Fail(ErrorCode::kInvalidJson, "not JSON at byte 0: a byte order mark");
  }
  bj::parse_options options;
  options.max_depth = limits.depth_max;
  bj::basic_parser<Handler> parser(options, builder);
  bj::error_code code;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), code);
  if (builder != nullptr && builder->out_of_values()) {
    return Fail(ErrorCode::kPayloadTooLarge,
                "JSON of more than " + std::to_string(limits.values_max) + " values");
  }
  if (!code && used == text.size()) return {};
  std::string reason = code ? code.message() : "extra data after the value";
  if (code == bj::error::too_deep) {
    reason = "nested deeper than " + std::to_string(limits.depth_max) + " levels";
  }
  return Fail(ErrorCode::kInvalidJson, "not JSON at byte " + std::to_string(used) + ": " + reason);
}

}  // namespace

Result<Value> Parse(std::string_view text, ParseLimits limits) {
  if (text.size() > limits.bytes_max) return Fail(Run(text, limits, nullptr).error());
  auto buffer = std::make_shared<const std::string>(text);
  ValueBuilder builder(buffer, limits.values_max);
  if (const auto parsed = Run(*buffer, limits, &builder); !parsed) return Fail(parsed.error());
  return builder.TakeRoot();
}

Result<void> Validate(std::string_view text, ParseLimits limits) {
  return Run(text, limits, nullptr);
}

}  // namespace coolkit::json
