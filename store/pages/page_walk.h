#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/pages/page_file.h"

namespace catlog::store {

constexpr std::string_view free_list = "free list";  // the name of that tree

// Goes down the trees of one commit, page by page, and notes which pages they take. Private to this room.
//
// Threads: one at a time. Lifetime: refers to all it is given.
class PageWalk {
 public:
  PageWalk(const PageFile& file, const MetaPage& meta, Need need, std::vector<std::string>& findings, size_t most,
           const PageProgress& progress);

  enum class Part { end, whole };
  enum class As { used, free };
  // Called with each entry of the leaves that are read, in the order of the keys; the views die with the call.
  using Visit = std::function<void(const Node& node, std::string_view value)>;
  // end: only the pages that lead to the last entry. Without `visit` big values are not read.
  void tree(const Tree& tree, std::string_view name, Part part, const Visit& visit = {});

  // Notes the page; false, and a finding, when there is no such page, it is taken already, or, as used, is not in the
  // file.
  bool take(PageNumber page, As as);
  bool is_taken(PageNumber page) const { return taken_[page]; }
  uint64_t used() const { return used_; }
  // Adds a finding, as long as there are fewer than `most`.
  void find(std::string what);

 private:
  struct Walked {
    const Tree& tree;
    std::string_view name;
    Part part;
    const Visit& visit;
    uint64_t branch_pages = 0, leaf_pages = 0, overflow_pages = 0, entries = 0;
  };
  // Keys from `lower` on and before `upper`; nothing: no bound.
  struct Range {
    std::optional<std::string_view> lower, upper;
  };
  void subtree(Walked& walked, PageNumber number, unsigned level, Range range);
  bool check_keys(const Walked& walked, PageNumber number, const Page& page, Range range);
  void leaf(Walked& walked, PageNumber number, const Page& page);
  std::string_view big_value(Walked& walked, PageNumber number, const Node& node);
  void check_counts(const Walked& walked);
  bool is_enough() const { return findings_.size() >= most_; }

  const PageFile& file_;
  PageNumber pages_in_file_;  // at the beginning: of this commit there is no page behind them
  PageNumber last_page_;
  Need need_;
  std::vector<std::string>& findings_;
  size_t most_;
  const PageProgress& progress_;
  std::vector<bool> taken_;
  uint64_t used_ = 0;
  std::vector<std::vector<std::byte>> levels_;  // a page of each level of the tree
  std::string big_;
};

}  // namespace catlog::store
