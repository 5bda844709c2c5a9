#include "store/pages/page_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace catlog::store {

namespace {

constexpr unsigned max_depth = 32;  // LMDB's
constexpr uint64_t pages_between_progress = 10'000;

uint64_t number_in(std::string_view key) {
  uint64_t number;
  std::memcpy(&number, key.data(), sizeof number);
  return number;
}

bool is_key(std::string_view key, uint16_t flags) {
  return flags == integer_keys ? key.size() == sizeof(uint64_t) : !key.empty() && key.size() <= max_key_bytes;
}

// Both keys are such as is_key tells.
bool is_before(std::string_view a, std::string_view b, uint16_t flags) {
  return flags == integer_keys ? number_in(a) < number_in(b) : a < b;
}

}  // namespace

// The number of the last page is no measure of memory: it may be any. No page behind the file is read.
PageWalk::PageWalk(const PageFile& file, const MetaPage& meta, Need need, std::vector<std::string>& findings,
                   size_t most, const PageProgress& progress)
    : file_(file),
      pages_in_file_(file.pages()),
      last_page_(std::min(meta.last_page, 2 * pages_in_file_)),
      need_(need),
      findings_(findings),
      most_(most),
      progress_(progress),
      taken_(last_page_ + 1) {
  if (need == Need::writing && last_page_ != meta.last_page)
    find(fmt::format("its last page is {}, but the file has {} pages", meta.last_page, pages_in_file_));
}

void PageWalk::find(std::string what) {
  if (!is_enough()) findings_.push_back(std::move(what));
}

bool PageWalk::take(PageNumber page, As as) {
  if (page < meta_pages || page > last_page_) {
    find(fmt::format("a page {} is {}, but they are {} to {}", page, as == As::free ? "free" : "used", meta_pages,
                     last_page_));
    return false;
  }
  if (taken_[page]) {
    find(fmt::format("page {} is {}", page, as == As::free ? "free, and used or free once more" : "used twice"));
    return false;
  }
  if (as == As::used && page >= pages_in_file_) {
    find(fmt::format("page {} is beyond the end of the file, which is cut short", page));
    return false;
  }
  taken_[page] = true;
  if (as == As::used && ++used_ % pages_between_progress == 0 && progress_) progress_(used_, last_page_ + 1);
  return true;
}

void PageWalk::tree(const Tree& tree, std::string_view name, Part part, const Visit& visit) {
  Walked walked{tree, name, part, visit};
  if (tree.flags != 0 && tree.flags != integer_keys)
    return find(fmt::format("the tree {} has flags {:#x}", name, tree.flags));
  const size_t before = findings_.size();
  if (tree.root != no_page) subtree(walked, tree.root, 1, {});
  if (findings_.size() == before) check_counts(walked);
}

void PageWalk::check_counts(const Walked& walked) {
  if (need_ == Need::reading) return;
  const Tree& tree = walked.tree;
  if (tree.root == no_page ? tree.depth != 0 : tree.depth == 0)
    return find(fmt::format("the tree {} is {} levels deep", walked.name, tree.depth));
  if (walked.part == Part::end && tree.root != no_page) return;
  if (walked.branch_pages != tree.branch_pages || walked.leaf_pages != tree.leaf_pages ||
      walked.overflow_pages != tree.overflow_pages || walked.entries != tree.entries)
    find(fmt::format(
        "the tree {} has {} branches, {} leaves, {} pages of big values and {} entries, but says {}, {}, {} "
        "and {}",
        walked.name, walked.branch_pages, walked.leaf_pages, walked.overflow_pages, walked.entries, tree.branch_pages,
        tree.leaf_pages, tree.overflow_pages, tree.entries));
}

void PageWalk::subtree(Walked& walked, PageNumber number, unsigned level, Range range) {
  if (is_enough() || !take(number, As::used)) return;
  if (level > max_depth) return find(fmt::format("the tree {} is over {} levels deep", walked.name, max_depth));
  if (levels_.size() < level) levels_.resize(level);
  std::vector<std::byte>& bytes = levels_[level - 1];
  bytes.resize(file_.page_bytes());
  if (!file_.read(number, 0, bytes)) return find(fmt::format("page {} is beyond the end of the file", number));
  const auto page = read_page(bytes, number, need_);
  if (!page) return find(fmt::format("page {} of the tree {}: {}", number, walked.name, page.error()));
  if (need_ == Need::writing && page->is_leaf != (level == walked.tree.depth))
    return find(fmt::format("page {} of the tree {}: a {} at level {} of {}", number, walked.name,
                            page->is_leaf ? "leaf" : "branch", level, walked.tree.depth));
  if (!check_keys(walked, number, *page, range)) return;
  if (page->is_leaf) return leaf(walked, number, *page);
  ++walked.branch_pages;
  const size_t count = page->nodes.size();
  for (size_t i = walked.part == Part::end ? count - 1 : 0; i < count; ++i)
    subtree(walked, page->nodes[i].page, level + 1,
            {i == 0 ? range.lower : page->nodes[i].key, i + 1 == count ? range.upper : page->nodes[i + 1].key});
}

// The first key of a branch is never looked at, and may be anything.
bool PageWalk::check_keys(const Walked& walked, PageNumber number, const Page& page, Range range) {
  const uint16_t flags = walked.tree.flags;
  const auto wrong = [&](const char* what) {
    find(fmt::format("page {} of the tree {}: {}", number, walked.name, what));
    return false;
  };
  if (page.nodes.empty()) return wrong("it is empty");
  // LMDB ends the process at one, but in the list of free pages, which it reads while it balances that tree.
  if (!page.is_leaf && page.nodes.size() == 1 && walked.name != free_list) return wrong("a branch with one page below");
  for (size_t i = page.is_leaf ? 0 : 1; i < page.nodes.size(); ++i) {
    const std::string_view key = page.nodes[i].key;
    if (!is_key(key, flags)) return wrong("a key has a length that it cannot have");
    if (range.lower && is_before(key, *range.lower, flags)) return wrong("a key belongs before it");
    if (range.upper && !is_before(key, *range.upper, flags)) return wrong("a key belongs behind it");
    range.lower = {};
    if (i + 1 < page.nodes.size() && is_key(page.nodes[i + 1].key, flags) &&
        !is_before(key, page.nodes[i + 1].key, flags))
      return wrong("its keys are not in order");
  }
  return true;
}

void PageWalk::leaf(Walked& walked, PageNumber number, const Page& page) {
  ++walked.leaf_pages;
  walked.entries += page.nodes.size();
  for (const Node& node : page.nodes) {
    if (is_enough()) return;
    std::string_view value = node.value;
    if (node.flags == node_flag::big) value = big_value(walked, number, node);
    if (walked.visit && (node.flags != node_flag::big || !value.empty())) walked.visit(node, value);
  }
}

// Takes its pages; empty when it is wrong, or nobody wants it.
std::string_view PageWalk::big_value(Walked& walked, PageNumber number, const Node& node) {
  PageHeader header{};
  if (node.page < meta_pages || node.page > last_page_ ||
      !file_.read(node.page, 0, std::as_writable_bytes(std::span(&header, 1)))) {
    find(fmt::format("page {} of the tree {}: the value of {} bytes on page {} is not there", number, walked.name,
                     node.value_bytes, node.page));
    return {};
  }
  const uint64_t least = overflow_pages(node.value_bytes, file_.page_bytes());
  const bool is_its_own = header.number == node.page && header.flags == page_flag::overflow && header.pages() >= least;
  if (need_ == Need::writing && !is_its_own) {
    find(fmt::format("page {} of the tree {}: it does not begin a value of {} bytes", node.page, walked.name,
                     node.value_bytes));
    return {};
  }
  const uint64_t pages = need_ == Need::writing ? header.pages() : least;
  walked.overflow_pages += pages;
  for (PageNumber page = node.page; page < node.page + pages; ++page)
    if (!take(page, As::used)) return {};
  if (!walked.visit) return {};
  big_.resize(node.value_bytes);
  return file_.read(node.page, page_header_bytes, std::as_writable_bytes(std::span(big_))) ? big_ : std::string_view();
}

}  // namespace catlog::store
