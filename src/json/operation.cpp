#include "json/operation.h"

#include <array>
#include <utility>

#include "json/scan.h"
#include "json/text_tree.h"

namespace coolkit::json {
namespace {

// In the order of OperationKind.
constexpr std::array<std::string_view, 6> kNames{"add",  "remove", "replace",
                                                 "move", "copy",   "test"};

bool HasFrom(OperationKind kind) {
  return kind == OperationKind::kMove || kind == OperationKind::kCopy;
}

bool HasValue(OperationKind kind) { return !HasFrom(kind) && kind != OperationKind::kRemove; }

std::unexpected<Error> Malformed(std::size_t index, std::string_view what) {
  return Fail(ErrorCode::kInvalidPatch,
              "operation " + std::to_string(index) + ": " + std::string(what));
}

std::optional<OperationKind> ReadKind(Container& members) {
  const Node* op = members.Find("op");
  if (op == nullptr || op->kind() != Kind::kString) return std::nullopt;
  const std::string name = Unquote(op->value());
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<OperationKind>(i);
  }
  return std::nullopt;
}

std::optional<Pointer> ReadPointer(Container& members, std::string_view name) {
  const Node* pointer = members.Find(name);
  if (pointer == nullptr || pointer->kind() != Kind::kString) return std::nullopt;
  return ParsePointer(Unquote(pointer->value()));
}

Result<Operation> ReadOperation(Node& item, std::size_t index) {
  if (item.kind() != Kind::kObject) return Malformed(index, "not an object");
  Container& members = item.Cut();
  const auto kind = ReadKind(members);
  if (!kind) return Malformed(index, "`op` must be add, remove, replace, move, copy or test");
  Operation operation;
  operation.kind = *kind;
  auto path = ReadPointer(members, "path");
  if (!path) return Malformed(index, "`path` must be a JSON Pointer");
  operation.path = std::move(*path);
  if (HasFrom(*kind)) {
    auto from = ReadPointer(members, "from");
    if (!from) return Malformed(index, "`from` must be a JSON Pointer");
    operation.from = std::move(*from);
  }
  if (HasValue(*kind)) {
    const Node* value = members.Find("value");
    if (value == nullptr) return Malformed(index, "`value` is missing");
    operation.value = value->value();
  }
  return operation;
}

}  // namespace

std::string_view OperationName(OperationKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

Result<std::vector<Operation>> ReadOperations(std::string_view patch, const PatchLimits& limits) {
  Node root = Node::Item(patch);
  if (root.kind() != Kind::kArray) {
    return Fail(ErrorCode::kInvalidPatch, "a JSON Patch is an array of operations");
  }
  Container& items = root.Cut();
  if (items.ItemCount() > limits.operations_max) {
    return Fail(
        ErrorCode::kPayloadTooLarge,
        "a JSON Patch of more than " + std::to_string(limits.operations_max) + " operations");
  }
  std::vector<Operation> operations;
  operations.reserve(items.ItemCount());
  for (std::size_t i = 0; i < items.ItemCount(); ++i) {
    auto operation = ReadOperation(*items.At(i), i);
    if (!operation) return Fail(std::move(operation.error()));
    operations.push_back(std::move(*operation));
  }
  return operations;
}

}  // namespace coolkit::json
