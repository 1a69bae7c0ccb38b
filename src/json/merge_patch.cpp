#include "json/patch.h"
#include "json/patch_input.h"
#include "json/text_tree.h"

namespace coolkit::json {
namespace {

// RFC 7396 section 2. `patch` is an object; the recursion is as deep as it is.
void MergeInto(Node& target, Container& patch) {
  if (target.kind() != Kind::kObject) target.Replace("{}");
  Container& members = target.Cut();
  patch.ForEachMember([&](Node& change) {
    const std::string name = change.name();
    if (change.kind() == Kind::kNull) {
      members.Erase(name);
      return;
    }
    Node* member = members.Find(name);
    if (change.kind() == Kind::kObject) {
      // An object is merged even into nothing, for the nulls inside it say nothing there.
      MergeInto(member != nullptr ? *member : members.Add(change.quoted_name(), "{}"),
                change.Cut());
    } else if (member != nullptr) {
      member->Replace(change.value());
    } else {
      members.Add(change.quoted_name(), change.value());
    }
  });
}

}  // namespace

Result<std::string> ApplyMergePatch(std::string_view document, std::string_view patch,
                                    PatchLimits limits) {
  if (const auto valid = CheckPatchInput(document, patch, limits); !valid) {
    return Fail(valid.error());
  }
  Node root = Node::Item(document);
  Node change = Node::Item(patch);
  if (change.kind() == Kind::kObject) {
    MergeInto(root, change.Cut());
  } else {
    root.Replace(change.value());
  }
  if (root.Size() > limits.bytes_max) return Fail(ResultTooLarge(limits));
  std::string result;
  result.reserve(root.Size());
  root.Write(result);
  return result;
}

}  // namespace coolkit::json
