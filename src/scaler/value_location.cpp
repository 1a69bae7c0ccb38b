#include "scaler/value_location.h"

#include <charconv>
#include <limits>

#include "base/text.h"
#include "scaler/quantity.h"

namespace coolkit::scaler {
namespace {

std::unexpected<Error> Wrong(std::string what) {
  return Fail(ErrorCode::kInvalidRequest, std::move(what));
}

// The next name of the path, escapes resolved.
Result<std::string> TakeName(std::string_view& path) {
  std::string name;
  while (!path.empty() && path.front() != '.') {
    char c = path.front();
    path.remove_prefix(1);
    if (c == '\\') {
      if (path.empty()) return Wrong("the path ends in an escape");
      c = path.front();
      path.remove_prefix(1);
    } else if (std::string_view("*?|@({[!~").find(c) != std::string_view::npos) {
      return Wrong("queries, wildcards and modifiers of GJSON are not judged here");
    }
    name += c;
  }
  if (name.empty()) return Wrong("the path has an empty name");
  if (!path.empty()) path.remove_prefix(1);
  return name;
}

}  // namespace

Result<const json::Value*> FindLocation(const json::Value& root, std::string_view path) {
  const json::Value* value = &root;
  if (path.empty()) return Wrong("the path is empty");
  while (!path.empty() && value != nullptr) {
    const auto name = TakeName(path);
    if (!name) return Fail(name.error());
    if (value->kind() == json::Kind::kObject) {
      value = value->Find(*name);
    } else if (value->kind() == json::Kind::kArray) {
      const auto index = ParseDecimal(*name);
      if (!index && name->front() == '#') {
        return Wrong("queries, wildcards and modifiers of GJSON are not judged here");
      }
      value = index && *index < value->items().size() ? &value->items()[*index] : nullptr;
    } else {
      value = nullptr;
    }
  }
  return value;
}

Result<double> ReadLocation(std::string_view body, std::string_view path) {
  const auto root = json::Parse(body);
  if (!root) return Wrong("the answer is not JSON: " + root.error().detail);
  const auto found = FindLocation(*root, path);
  if (!found) return Fail(found.error());
  if (*found == nullptr) return Wrong("there is nothing at '" + std::string(path) + "'");
  const json::Value& value = **found;
  if (value.kind() == json::Kind::kNumber) {
    const std::string_view token = value.number_token();
    double number = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (error == std::errc::result_out_of_range) {
      return std::numeric_limits<double>::infinity();
    }
    return number;
  }
  if (value.kind() == json::Kind::kString) {
    if (const auto quantity = ParseQuantity(value.string())) return *quantity;
    return Wrong("the string at '" + std::string(path) + "' is no Quantity");
  }
  return Wrong("at '" + std::string(path) + "' is a " + std::string(json::KindName(value.kind())) +
               ", not a number or a string that is a Quantity");
}

}  // namespace coolkit::scaler
