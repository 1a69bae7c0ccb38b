// Why: PATCH must leave every byte of untouched members as it was, white space between members
// too. So a document is edited as text: a container that a patch reaches into is cut at its commas;
// everything else stays the stretch of text that it was.
// Not thread-safe: a tree belongs to one patch. All texts given are JSON that Validate accepted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace coolkit::json {

class Container;

// An array item, an object member or the whole document: the text between two commas, and where
// its name and value stand in it.
class Node {
 public:
  // A value with the white space around it. Here and below, the caller keeps `text`.
  static Node Item(std::string_view text);
  // A name, a colon and a value with the white space around each.
  static Node Member(std::string_view text);
  // Made of its parts, which it copies; an item has neither name nor colon. `lead` is white space,
  // `colon` may have some around it.
  static Node Make(std::string_view lead, std::string_view quoted_name, std::string_view colon,
                   std::string_view value);

  Node(Node&& other) noexcept;
  Node& operator=(Node&& other) noexcept;
  ~Node();

  [[nodiscard]] Kind kind() const;
  // With quotation marks and escapes.
  [[nodiscard]] std::string_view quoted_name() const { return Part(name_begin_, name_end_); }
  [[nodiscard]] std::string name() const;
  [[nodiscard]] bool IsNamed(std::string_view name) const;
  // The white space in front, and the colon with the white space around it.
  [[nodiscard]] std::string_view lead() const;
  [[nodiscard]] std::string_view colon() const { return Part(name_end_, value_begin_); }

  // The array or object, cut at its commas; cut now if it was not.
  [[nodiscard]] Container& Cut();
  [[nodiscard]] bool is_cut() const { return container_ != nullptr; }
  // The value's text, of a node that was not cut.
  [[nodiscard]] std::string_view value() const { return Part(value_begin_, value_end_); }
  // The value's text at present.
  [[nodiscard]] std::string ValueText() const;
  // Gives it another value, which it copies; name and white space stay.
  void Replace(std::string_view value);

  // The node's text at present: its length, and itself appended.
  [[nodiscard]] std::size_t Size() const;
  void Write(std::string& out) const;

 private:
  friend class Container;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  Node() = default;
  // Makes the text anew from parts, which may be parts of the present one.
  void Compose(std::initializer_list<std::string_view> parts);
  [[nodiscard]] std::string_view Part(std::uint32_t begin, std::uint32_t end) const {
    return text_.substr(begin, end - begin);
  }

  std::string_view text_;
  std::uint32_t name_begin_ = 0;  // places in text_; both 0: no name
  std::uint32_t name_end_ = 0;
  std::uint32_t value_begin_ = 0;
  std::uint32_t value_end_ = 0;
  std::unique_ptr<Container> container_;  // what the value was cut into
  std::unique_ptr<char[]> made_;          // the text, when it stands nowhere else
  std::uint32_t before_ = kNone;          // an indexed object's previous member of the same name
  bool removed_ = false;
};

// An array or object that a patch reaches into. Pointers to its nodes hold until it gets another.
class Container {
 public:
  // Cuts a text that begins and ends with its bracket.
  explicit Container(std::string_view text);

  [[nodiscard]] bool is_object() const { return open_ == '{'; }

  // Arrays: the item, or null behind the last one.
  [[nodiscard]] std::size_t ItemCount() const { return order_.size(); }
  [[nodiscard]] Node* At(std::size_t index);
  // Before the item at `index`, or at the end; white space as its neighbour has it.
  Node& Insert(std::size_t index, std::string_view value);
  void Erase(std::size_t index);

  // Objects: the last member of that name, or null.
  [[nodiscard]] Node* Find(std::string_view name);
  // Adds a member, of which there is none yet, at the end; white space as its neighbour has it.
  Node& Add(std::string_view quoted_name, std::string_view value);
  // Removes every member of that name, so that none that was hidden comes to light.
  void Erase(std::string_view name);
  // Calls visit(Node&) for every member that Find can give, in order; it must not add or remove.
  template <class Visitor>
  void ForEachMember(Visitor visit) {
    for (Node& node : nodes_) {
      if (!node.removed_ && Find(node.name()) == &node) visit(node);
    }
  }

  [[nodiscard]] std::size_t Size() const;
  void Write(std::string& out) const;

 private:
  // Makes the index of names when there are more than a few members; whether there is one.
  bool IndexNames();
  [[nodiscard]] const Node* LastMember() const;
  template <class Visitor>
  void ForEach(Visitor visit) const;

  char open_;
  std::vector<Node> nodes_;           // objects: in order; arrays: in the order of their making
  std::vector<std::uint32_t> order_;  // arrays: places in nodes_, so that an insertion moves little
  std::string_view tail_;             // white space before the closing bracket
  // Objects of more than a few members: where the last one of each name is.
  // (A map, not a hash table: names may be chosen to collide.)
  std::map<std::string, std::uint32_t, std::less<>> names_;
  bool indexed_ = false;
};

}  // namespace coolkit::json
