#include "api/batch_request.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <utility>

#include "api/query.h"
#include "api/write_request.h"
#include "base/text.h"
#include "json/value.h"
#include "model/limits.h"

namespace coolkit::api {
namespace {

using json::Kind;

Error BadShape(std::string detail) {
  return Error{ErrorCode::kInvalidRequest, std::move(detail), {}};
}

// A member that an object may have, where its value goes.
struct Known {
  std::string_view name;
  Kind kind;
  const json::Value** value;
};

// Finds the members of `object`; refuses unknown, repeated and wrongly typed ones. `where` names
// the object in messages.
Result<void> ReadMembers(const json::Value& object, const std::string& where,
                         std::initializer_list<Known> known) {
  if (object.kind() != Kind::kObject) return Fail(BadShape(where + " is not an object"));
  for (const json::Member& member : object.members()) {
    const auto* const found =
        std::find_if(known.begin(), known.end(),
                     [&member](const Known& candidate) { return candidate.name == member.name; });
    if (found == known.end()) {
      return Fail(BadShape(where + " has the unknown member \"" + member.name + "\""));
    }
    if (*found->value != nullptr) {
      return Fail(BadShape(where + " has \"" + member.name + "\" twice"));
    }
    if (member.value.kind() != found->kind) {
      return Fail(BadShape("\"" + member.name + "\" of " + where + " is no " +
                           std::string(json::KindName(found->kind))));
    }
    *found->value = &member.value;
  }
  return {};
}

// The array that the body has under `name`; null: it has none.
Result<void> CheckArray(const json::Value* array, std::string_view name) {
  if (array == nullptr) {
    return Fail(BadShape("the body has no member \"" + std::string(name) + "\""));
  }
  if (array->items().size() > model::kMaxBatchItems) {
    return Fail(ErrorCode::kPayloadTooLarge, "a batch has at most 1000 items");
  }
  return {};
}

Error BadValue(std::string detail) {
  return Error{ErrorCode::kInvalidRequest, std::move(detail), {}};
}

// The members of one item of a batchWrite.
struct ItemMembers {
  const json::Value* method = nullptr;
  const json::Value* key = nullptr;
  const json::Value* text = nullptr;
  const json::Value* base64 = nullptr;
  const json::Value* content_type = nullptr;
  const json::Value* ttl = nullptr;
  const json::Value* if_match = nullptr;
  const json::Value* if_none_match = nullptr;

  Result<void> Read(const json::Value& item, std::size_t index) {
    const std::string where = "item " + std::to_string(index);
    Result<void> read = ReadMembers(item, where,
                                    {{"method", Kind::kString, &method},
                                     {"key", Kind::kString, &key},
                                     {"text", Kind::kString, &text},
                                     {"base64", Kind::kString, &base64},
                                     {"content_type", Kind::kString, &content_type},
                                     {"ttl", Kind::kString, &ttl},
                                     {"if_match", Kind::kString, &if_match},
                                     {"if_none_match", Kind::kString, &if_none_match}});
    if (!read) return read;
    if (key == nullptr) return Fail(BadShape(where + " has no member \"key\""));
    if (method != nullptr && method->string() != "put" && method->string() != "delete") {
      return Fail(BadShape("\"method\" of " + where + " is neither \"put\" nor \"delete\""));
    }
    return {};
  }
  [[nodiscard]] bool IsDelete() const { return method != nullptr && method->string() == "delete"; }
};

Result<void> ReadValue(const ItemMembers& members, std::size_t value_bytes_max,
                       store::WriteOp& op) {
  if ((members.text == nullptr) == (members.base64 == nullptr)) {
    return Fail(BadValue("a put has either \"text\" or \"base64\""));
  }
  std::string value;
  if (members.text != nullptr) {
    value = members.text->string();
  } else {
    auto decoded = Base64Decode(members.base64->string());
    if (!decoded) {
      return Fail(BadValue("\"base64\" is not canonical base64 with padding (RFC 4648)"));
    }
    value = std::move(*decoded);
  }
  if (value.size() > value_bytes_max) {
    return Fail(ErrorCode::kPayloadTooLarge,
                "the value has more than " + FormatByteSize(value_bytes_max));
  }
  op.value = std::make_shared<const std::string>(std::move(value));
  op.content_type =
      members.content_type == nullptr ? "application/octet-stream" : members.content_type->string();
  Result<void> valid = ValidateContentType(op.content_type);
  if (!valid) return valid;
  if (members.ttl == nullptr) return {};
  const Result<milliseconds> ttl = ParseTtl(members.ttl->string());
  if (!ttl) return Fail(ttl.error());
  op.expiry = {store::Expiry::Kind::kAfter, *ttl};
  return {};
}

Result<void> ReadConditions(const ItemMembers& members, BatchWriteItem& item) {
  const auto read = [](const json::Value* member, std::string_view name,
                       std::optional<EntityTags>& into) -> Result<void> {
    if (member == nullptr) return {};
    Result<EntityTags> tags = ParseEntityTags(name, member->string());
    if (!tags) return Fail(tags.error());
    into = std::move(*tags);
    return {};
  };
  Result<void> good = read(members.if_match, "if_match", item.preconditions.if_match);
  if (!good) return good;
  good = read(members.if_none_match, "if_none_match", item.preconditions.if_none_match);
  if (!good) return good;
  if (auto condition = ToCondition(item.preconditions)) {
    item.op.condition = std::move(*condition);
  } else {
    item.conditional = true;
  }
  return {};
}

Result<void> ReadItem(const ItemMembers& members, const std::string& collection,
                      std::size_t value_bytes_max, BatchWriteItem& item) {
  Result<void> good = model::ValidateKey(item.key_text);
  if (!good) return good;
  item.op.key = model::Key(collection, item.key_text);
  if (members.IsDelete()) {
    item.op.kind = store::WriteOp::Kind::kDelete;
    if (members.text != nullptr || members.base64 != nullptr || members.content_type != nullptr ||
        members.ttl != nullptr) {
      return Fail(BadValue("a delete has no value, content_type or ttl"));
    }
  } else {
    good = ReadValue(members, value_bytes_max, item.op);
    if (!good) return good;
  }
  return ReadConditions(members, item);
}

}  // namespace

Result<std::vector<BatchGetItem>> ParseBatchGet(std::string_view body) {
  const Result<json::Value> parsed = json::Parse(body);
  if (!parsed) return Fail(parsed.error());
  const json::Value* keys = nullptr;
  Result<void> shaped = ReadMembers(*parsed, "the body", {{"keys", Kind::kArray, &keys}});
  if (shaped) shaped = CheckArray(keys, "keys");
  if (!shaped) return Fail(shaped.error());
  std::vector<BatchGetItem> items;
  items.reserve(keys->items().size());
  for (const json::Value& key : keys->items()) {
    if (key.kind() != Kind::kString) return Fail(BadShape("\"keys\" are strings"));
    BatchGetItem item{std::string(key.string()), std::nullopt};
    if (const Result<void> valid = model::ValidateKey(item.key_text); !valid) {
      item.error = valid.error();
    }
    items.push_back(std::move(item));
  }
  return items;
}

Result<BatchWriteRequest> ParseBatchWrite(std::string_view body, const std::string& collection,
                                          std::size_t value_bytes_max) {
  const Result<json::Value> parsed = json::Parse(body);
  if (!parsed) return Fail(parsed.error());
  const json::Value* atomic = nullptr;
  const json::Value* array = nullptr;
  Result<void> shaped = ReadMembers(
      *parsed, "the body", {{"atomic", Kind::kBool, &atomic}, {"items", Kind::kArray, &array}});
  if (shaped) shaped = CheckArray(array, "items");
  if (!shaped) return Fail(shaped.error());
  BatchWriteRequest request;
  request.atomic = atomic != nullptr && atomic->bool_value();
  request.items.reserve(array->items().size());
  for (const json::Value& value : array->items()) {
    ItemMembers members;
    shaped = members.Read(value, request.items.size());
    if (!shaped) return Fail(shaped.error());
    BatchWriteItem& item = request.items.emplace_back();
    item.key_text = members.key->string();
    const Result<void> good = ReadItem(members, collection, value_bytes_max, item);
    if (!good) item.error = good.error();
  }
  return request;
}

}  // namespace coolkit::api
