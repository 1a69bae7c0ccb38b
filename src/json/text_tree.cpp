#include "json/text_tree.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "json/scan.h"

namespace coolkit::json {
namespace {

// An object of more members than this gets an index of their names.
constexpr std::size_t kUnindexedMembersMax = 16;
// White space longer than this is no style that a new neighbour should copy: it would let a small
// patch make a large document.
constexpr std::size_t kCopiedSpaceMax = 40;

std::string_view LeadLike(const Node* neighbour) {
  if (neighbour == nullptr || neighbour->lead().size() > kCopiedSpaceMax) return {};
  return neighbour->lead();
}

std::string_view ColonLike(const Node* neighbour) {
  if (neighbour == nullptr || neighbour->colon().size() > kCopiedSpaceMax) return ":";
  return neighbour->colon();
}

std::uint32_t Place(std::size_t at) { return static_cast<std::uint32_t>(at); }

}  // namespace

Node::Node(Node&& other) noexcept = default;
Node& Node::operator=(Node&& other) noexcept = default;
Node::~Node() = default;

Node Node::Item(std::string_view text) {
  Node node;
  node.text_ = text;
  node.value_begin_ = Place(SkipSpace(text, 0));
  node.value_end_ = Place(SkipValue(text, node.value_begin_));
  return node;
}

Node Node::Member(std::string_view text) {
  Node node;
  node.text_ = text;
  node.name_begin_ = Place(SkipSpace(text, 0));
  node.name_end_ = Place(SkipString(text, node.name_begin_));
  const std::size_t colon = SkipSpace(text, node.name_end_);
  node.value_begin_ = Place(SkipSpace(text, colon + 1));
  node.value_end_ = Place(SkipValue(text, node.value_begin_));
  return node;
}

Node Node::Make(std::string_view lead, std::string_view quoted_name, std::string_view colon,
                std::string_view value) {
  Node node;
  node.Compose({lead, quoted_name, colon, value});
  if (!quoted_name.empty()) {
    node.name_begin_ = Place(lead.size());
    node.name_end_ = Place(lead.size() + quoted_name.size());
  }
  node.value_begin_ = Place(node.text_.size() - value.size());
  node.value_end_ = Place(node.text_.size());
  return node;
}

void Node::Compose(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  auto made = std::make_unique_for_overwrite<char[]>(size);
  char* end = made.get();
  for (const std::string_view part : parts) end = std::copy(part.begin(), part.end(), end);
  made_ = std::move(made);
  text_ = {made_.get(), size};
}

Kind Node::kind() const { return KindOf(text_[value_begin_]); }

std::string Node::name() const { return Unquote(quoted_name()); }

bool Node::IsNamed(std::string_view name) const {
  const std::string_view inner = quoted_name().substr(1, quoted_name().size() - 2);
  if (inner == name) return name.find('\\') == std::string_view::npos;
  return inner.find('\\') != std::string_view::npos && Unquote(quoted_name()) == name;
}

std::string_view Node::lead() const {
  return text_.substr(0, name_end_ == 0 ? value_begin_ : name_begin_);
}

Container& Node::Cut() {
  if (!container_) container_ = std::make_unique<Container>(value());
  return *container_;
}

std::string Node::ValueText() const {
  if (!container_) return std::string(value());
  std::string text;
  text.reserve(container_->Size());
  container_->Write(text);
  return text;
}

void Node::Replace(std::string_view value) {
  container_.reset();
  Compose({text_.substr(0, value_begin_), value, text_.substr(value_end_)});
  value_end_ = Place(value_begin_ + value.size());
}

std::size_t Node::Size() const {
  return container_ ? text_.size() - (value_end_ - value_begin_) + container_->Size()
                    : text_.size();
}

void Node::Write(std::string& out) const {
  if (!container_) {
    out += text_;
    return;
  }
  out += text_.substr(0, value_begin_);
  container_->Write(out);
  out += text_.substr(value_end_);
}

Container::Container(std::string_view text) : open_(text.front()) {
  std::size_t at = SkipSpace(text, 1);
  if (at == text.size() - 1) {
    tail_ = text.substr(1, at - 1);
    return;
  }
  nodes_.reserve(CountParts(text));
  if (!is_object()) order_.reserve(nodes_.capacity());
  for (at = 1;;) {
    const std::string_view rest = text.substr(at);
    Node& node = nodes_.emplace_back(is_object() ? Node::Member(rest) : Node::Item(rest));
    if (!is_object()) order_.push_back(Place(order_.size()));
    const std::size_t end = SkipSpace(rest, node.value_end_);
    const bool last = rest[end] != ',';
    // The space before the closing bracket belongs to the container: it stays when the last node
    // goes or another one comes behind it.
    if (last) tail_ = rest.substr(node.value_end_, end - node.value_end_);
    node.text_ = rest.substr(0, last ? node.value_end_ : end);
    if (last) return;
    at += end + 1;
  }
}

Node* Container::At(std::size_t index) {
  return index < order_.size() ? &nodes_[order_[index]] : nullptr;
}

Node& Container::Insert(std::size_t index, std::string_view value) {
  CHECK(!is_object() && index <= order_.size());
  const Node* neighbour = index < order_.size() ? At(index)
                          : order_.empty()      ? nullptr
                                                : &nodes_[order_.back()];
  const std::string_view lead = LeadLike(neighbour);
  Node made = Node::Make(lead, {}, {}, value);
  order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(index), Place(nodes_.size()));
  return nodes_.emplace_back(std::move(made));
}

void Container::Erase(std::size_t index) {
  CHECK(!is_object() && index < order_.size());
  // The emptied place is not used again; a patch makes only so many.
  nodes_[order_[index]] = Node();
  order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(index));
}

Node* Container::Find(std::string_view name) {
  if (IndexNames()) {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : &nodes_[found->second];
  }
  const auto found = std::find_if(nodes_.rbegin(), nodes_.rend(), [&](const Node& node) {
    return !node.removed_ && node.IsNamed(name);
  });
  return found == nodes_.rend() ? nullptr : &*found;
}

bool Container::IndexNames() {
  if (indexed_ || nodes_.size() <= kUnindexedMembersMax) return indexed_;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].removed_) continue;
    const auto [entry, first] = names_.try_emplace(nodes_[i].name(), Place(i));
    if (!first) nodes_[i].before_ = std::exchange(entry->second, Place(i));
  }
  indexed_ = true;
  return true;
}

Node& Container::Add(std::string_view quoted_name, std::string_view value) {
  CHECK(is_object());
  const Node* neighbour = LastMember();
  Node made = Node::Make(LeadLike(neighbour), quoted_name, ColonLike(neighbour), value);
  if (indexed_) names_.insert_or_assign(made.name(), Place(nodes_.size()));
  return nodes_.emplace_back(std::move(made));
}

void Container::Erase(std::string_view name) {
  const auto remove = [](Node& node) {
    const std::uint32_t before = node.before_;
    node = Node();
    node.removed_ = true;
    return before;
  };
  if (IndexNames()) {
    const auto found = names_.find(name);
    if (found == names_.end()) return;
    for (std::uint32_t at = found->second; at != Node::kNone;) at = remove(nodes_[at]);
    names_.erase(found);
    return;
  }
  for (Node& node : nodes_) {
    if (!node.removed_ && node.IsNamed(name)) remove(node);
  }
}

const Node* Container::LastMember() const {
  const auto found =
      std::find_if(nodes_.rbegin(), nodes_.rend(), [](const Node& node) { return !node.removed_; });
  return found == nodes_.rend() ? nullptr : &*found;
}

template <class Visitor>
void Container::ForEach(Visitor visit) const {
  if (!is_object()) {
    for (const std::uint32_t place : order_) visit(nodes_[place]);
    return;
  }
  for (const Node& node : nodes_) {
    if (!node.removed_) visit(node);
  }
}

std::size_t Container::Size() const {
  std::size_t size = tail_.size();
  std::size_t count = 0;
  ForEach([&](const Node& node) {
    size += node.Size();
    ++count;
  });
  return size + std::max<std::size_t>(count, 1) + 1;  // brackets, and commas between
}

void Container::Write(std::string& out) const {
  out += open_;
  bool first = true;
  ForEach([&](const Node& node) {
    if (!std::exchange(first, false)) out += ',';
    node.Write(out);
  });
  out += tail_;
  out += is_object() ? '}' : ']';
}

}  // namespace coolkit::json
