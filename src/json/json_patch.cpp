#include <algorithm>
#include <limits>
#include <utility>

#include "json/operation.h"
#include "json/patch.h"
#include "json/patch_input.h"
#include "json/scan.h"
#include "json/text_tree.h"

namespace coolkit::json {
namespace {

// One patch on its way through one document.
class Patcher {
 public:
  Patcher(std::string_view document, const PatchLimits& limits)
      : limits_(limits),
        root_(Node::Item(document)),
        size_(document.size()),
        size_max_(2 * std::max(limits.bytes_max, document.size())),
        work_left_(limits.work_factor * std::max(limits.bytes_max, document.size())) {}

  Result<void> Apply(const Operation& operation) {
    switch (operation.kind) {
      case OperationKind::kAdd:
        return Add(operation.path, operation.value);
      case OperationKind::kRemove:
        return Remove(operation.path);
      case OperationKind::kReplace:
        return Replace(operation.path, operation.value);
      case OperationKind::kMove:
        return Move(operation.from, operation.path);
      case OperationKind::kCopy:
        return Copy(operation.from, operation.path);
      case OperationKind::kTest:
        return Test(operation.path, operation.value);
    }
    return {};
  }

  Result<std::string> Finish() const {
    std::string result;
    result.reserve(size_);
    root_.Write(result);
    if (result.size() > limits_.bytes_max) return Fail(ResultTooLarge(limits_));
    return result;
  }

 private:
  static std::unexpected<Error> Invalid(std::string detail) {
    return Fail(ErrorCode::kInvalidPatch, std::move(detail));
  }
  static std::unexpected<Error> Missing() { return Invalid("the place does not exist"); }

  // Counts bytes that are about to be walked over.
  Result<void> Spend(std::size_t bytes) {
    if (bytes > work_left_) {
      return Fail(ErrorCode::kPayloadTooLarge, "the patch takes too much work");
    }
    work_left_ -= bytes;
    return {};
  }

  // Counts bytes that are about to be added, so that copies of copies end early.
  Result<void> Grow(std::size_t bytes) {
    size_ += bytes;
    if (size_ > size_max_) return Fail(ResultTooLarge(limits_));
    return {};
  }

  Result<Container*> Enter(Node& node) {
    if (node.kind() != Kind::kArray && node.kind() != Kind::kObject) return Missing();
    if (!node.is_cut()) {
      if (const auto spent = Spend(node.value().size()); !spent) return Fail(spent.error());
    }
    return &node.Cut();
  }

  static Node* Child(Container& container, const std::string& token) {
    if (container.is_object()) return container.Find(token);
    const auto index = ArrayIndex(token);
    return index ? container.At(*index) : nullptr;
  }

  // The node that the first `length` tokens lead to.
  Result<Node*> Resolve(const Pointer& path, std::size_t length) {
    Node* node = &root_;
    for (std::size_t i = 0; i < length; ++i) {
      const auto container = Enter(*node);
      if (!container) return Fail(container.error());
      node = Child(**container, path[i]);
      if (node == nullptr) return Missing();
    }
    return node;
  }

  Result<Node*> Resolve(const Pointer& path) { return Resolve(path, path.size()); }

  // The container that holds the place `path`, which is not the root.
  Result<Container*> Parent(const Pointer& path) {
    const auto parent = Resolve(path, path.size() - 1);
    if (!parent) return Fail(parent.error());
    return Enter(**parent);
  }

  Result<void> CheckDepth(const Pointer& path, std::string_view value) {
    if (path.size() + DepthOf(value) > limits_.depth_max) {
      return Invalid("the result is nested deeper than " + std::to_string(limits_.depth_max) +
                     " levels");
    }
    return {};
  }

  Result<void> Put(Node& node, std::string_view value) {
    size_ -= node.Size();
    node.Replace(value);
    return Grow(node.Size());
  }

  Result<void> Add(const Pointer& path, std::string_view value) {
    if (auto fits = CheckDepth(path, value); !fits) return fits;
    if (path.empty()) return Put(root_, value);
    const auto parent = Parent(path);
    if (!parent) return Fail(parent.error());
    Container& container = **parent;
    const std::string& token = path.back();
    if (container.is_object()) {
      if (Node* member = container.Find(token); member != nullptr) return Put(*member, value);
      std::string name;
      AppendQuoted(name, token);
      return Grow(container.Add(name, value).Size() + 1);
    }
    const auto index = token == "-" ? container.ItemCount() : ArrayIndex(token);
    if (!index || *index > container.ItemCount()) return Missing();
    return Grow(container.Insert(*index, value).Size() + 1);
  }

  Result<void> Remove(const Pointer& path) {
    if (path.empty()) return Invalid("the whole document can't be removed");
    const auto parent = Parent(path);
    if (!parent) return Fail(parent.error());
    Container& container = **parent;
    const Node* node = Child(container, path.back());
    if (node == nullptr) return Missing();
    size_ -= node->Size() + 1;
    if (container.is_object()) {
      container.Erase(path.back());
    } else {
      container.Erase(*ArrayIndex(path.back()));
    }
    return {};
  }

  Result<void> Replace(const Pointer& path, std::string_view value) {
    if (auto fits = CheckDepth(path, value); !fits) return fits;
    const auto node = Resolve(path);
    if (!node) return Fail(node.error());
    return Put(**node, value);
  }

  Result<std::string> ValueAt(const Pointer& path) {
    const auto node = Resolve(path);
    if (!node) return Fail(node.error());
    if (const auto spent = Spend((*node)->Size()); !spent) return Fail(spent.error());
    return (*node)->ValueText();
  }

  Result<void> Move(const Pointer& from, const Pointer& path) {
    if (from == path) {
      const auto node = Resolve(from);
      return node ? Result<void>() : Fail(node.error());
    }
    if (from.size() < path.size() && std::equal(from.begin(), from.end(), path.begin())) {
      return Invalid("a value can't be moved into itself");
    }
    const auto value = ValueAt(from);
    if (!value) return Fail(value.error());
    if (auto removed = Remove(from); !removed) return removed;
    return Add(path, *value);
  }

  Result<void> Copy(const Pointer& from, const Pointer& path) {
    const auto value = ValueAt(from);
    if (!value) return Fail(value.error());
    return Add(path, *value);
  }

  Result<void> Test(const Pointer& path, std::string_view expected) {
    const auto actual = ValueAt(path);
    if (!actual && actual.error().code == ErrorCode::kInvalidPatch) {
      return Fail(ErrorCode::kPatchTestFailed, "there is no such value");
    }
    if (!actual) return Fail(actual.error());
    if (*actual == expected) return {};
    if (KindOf(actual->front()) == KindOf(expected.front())) {
      const ParseLimits unlimited{.depth_max = limits_.depth_max,
                                  .bytes_max = std::numeric_limits<std::uint32_t>::max(),
                                  .values_max = std::numeric_limits<std::size_t>::max()};
      const auto left = Parse(*actual, unlimited);
      const auto right = Parse(expected, unlimited);
      if (left && right && *left == *right) return {};
    }
    return Fail(ErrorCode::kPatchTestFailed, "the value is another one");
  }

  const PatchLimits& limits_;
  Node root_;
  std::size_t size_;  // of the document at present; removals of repeated names not counted off
  std::size_t size_max_;
  std::size_t work_left_;
};

}  // namespace

Result<std::string> ApplyJsonPatch(std::string_view document, std::string_view patch,
                                   PatchLimits limits) {
  if (const auto valid = CheckPatchInput(document, patch, limits); !valid) {
    return Fail(valid.error());
  }
  const auto operations = ReadOperations(patch, limits);
  if (!operations) return Fail(operations.error());
  Patcher patcher(document, limits);
  for (std::size_t i = 0; i < operations->size(); ++i) {
    const Operation& operation = (*operations)[i];
    if (auto applied = patcher.Apply(operation); !applied) {
      Error error = std::move(applied.error());
      error.detail = "operation " + std::to_string(i) + " (" +
                     std::string(OperationName(operation.kind)) + "): " + error.detail;
      return Fail(std::move(error));
    }
  }
  return patcher.Finish();
}

}  // namespace coolkit::json
