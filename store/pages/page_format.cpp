#include "store/pages/page_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace catlog::store {

namespace {

struct Place {
  size_t offset, size;
};

std::string_view text_of(std::span<const std::byte> bytes, size_t offset, size_t size) {
  return {reinterpret_cast<const char*>(bytes.data()) + offset, size};
}

constexpr size_t even(size_t size) { return size + (size & 1); }

enum class Level { leaf, branch };

// The node at `offset` and how many bytes it takes; nothing when it leads out of the page or is of no kind.
std::optional<std::pair<Node, size_t>> read_node_at(std::span<const std::byte> bytes, size_t offset, Level level) {
  if (offset + node_header_bytes > bytes.size()) return {};
  const auto header = copy_of<NodeHeader>(bytes, offset);
  const size_t key_at = offset + node_header_bytes, value_at = key_at + header.key_bytes;
  if (value_at > bytes.size()) return {};
  Node node;
  node.key = text_of(bytes, key_at, header.key_bytes);
  const uint64_t number = header.low | uint64_t{header.high} << 16;
  if (level == Level::branch) {
    node.page = number | uint64_t{header.flags} << 32;
    return std::pair(node, even(value_at - offset));
  }
  node.flags = header.flags;
  node.value_bytes = number;
  if (node.flags != 0 && node.flags != node_flag::big && node.flags != node_flag::tree) return {};
  const size_t here = node.flags == node_flag::big ? sizeof(PageNumber) : number;
  if (value_at + here > bytes.size()) return {};
  if (node.flags == node_flag::big)
    node.page = copy_of<PageNumber>(bytes, value_at);
  else
    node.value = text_of(bytes, value_at, here);
  return std::pair(node, even(value_at + here - offset));
}

// Nodes lie one behind the other from `upper` to the end of the page, in any order.
bool fill_the_page(std::vector<Place>& places, size_t upper, size_t page_bytes) {
  std::ranges::sort(places, {}, &Place::offset);
  for (const Place& place : places) {
    if (place.offset != upper) return false;
    upper += place.size;
  }
  return upper == page_bytes;
}

}  // namespace

std::expected<Page, std::string> read_page(std::span<const std::byte> bytes, PageNumber number, Need need) {
  const auto header = copy_of<PageHeader>(bytes, 0);
  const bool all = need == Need::writing;
  if (all && header.number != number) return std::unexpected(fmt::format("it says that it is page {}", header.number));
  const auto flags = static_cast<uint16_t>(all ? header.flags : header.flags & page_flag::kinds);
  if (flags != page_flag::leaf && flags != page_flag::branch)
    return std::unexpected(fmt::format("it is neither a branch nor a leaf of a tree (flags {:#x})", header.flags));
  const size_t end = all ? header.upper : bytes.size();
  if (header.lower < page_header_bytes || header.lower % 2 != 0 || header.lower > end || end > bytes.size())
    return std::unexpected(fmt::format("its free space cannot be from {} to {}", header.lower, header.upper));
  Page page{.is_leaf = flags == page_flag::leaf, .nodes = {}};
  const size_t count = (header.lower - page_header_bytes) / sizeof(uint16_t);
  page.nodes.reserve(count);
  std::vector<Place> places;
  places.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const auto offset = copy_of<uint16_t>(bytes, page_header_bytes + i * sizeof(uint16_t));
    const auto node =
        offset % 2 == 0 ? read_node_at(bytes, offset, page.is_leaf ? Level::leaf : Level::branch) : std::nullopt;
    if (!node) return std::unexpected(fmt::format("its node {} cannot be read", i));
    places.push_back({offset, node->second});
    page.nodes.push_back(node->first);
  }
  if (all && !fill_the_page(places, header.upper, bytes.size()))
    return std::unexpected("its nodes do not lie one behind the other");
  return page;
}

}  // namespace catlog::store
