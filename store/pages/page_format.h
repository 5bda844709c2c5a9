#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Pages as LMDB 0.9 writes them (FORMAT.md, "LMDB's pages"), read with nothing taken on trust. Private to the store.
namespace catlog::store {

using PageNumber = uint64_t;

constexpr PageNumber no_page = ~PageNumber{0};  // the root of an empty tree
constexpr PageNumber meta_pages = 2;            // pages 0 and 1
constexpr size_t page_header_bytes = 16, node_header_bytes = 8;
constexpr size_t max_key_bytes = 511;
constexpr uint32_t lmdb_magic = 0xBEEFC0DE, lmdb_version = 1;
constexpr uint16_t integer_keys = 0x08;  // the flags of a tree

namespace page_flag {
constexpr uint16_t branch = 0x01, leaf = 0x02, overflow = 0x04, meta = 0x08;
constexpr uint16_t kinds = 0x6F;  // of these and others that we have none of; the rest matters to who writes
}  // namespace page_flag
namespace node_flag {
constexpr uint16_t big = 0x01;   // the value is on pages of its own
constexpr uint16_t tree = 0x02;  // the value is a Tree
}  // namespace node_flag

struct PageHeader {
  PageNumber number;
  uint16_t pad, flags;
  uint16_t lower, upper;  // where the free space begins and ends

  // How many overflow pages a value has, this one included: it stands in place of lower and upper.
  uint32_t pages() const { return lower | uint32_t{upper} << 16; }
};
static_assert(sizeof(PageHeader) == page_header_bytes);

struct Tree {
  uint32_t pad;  // of the free list's: the size of a page
  uint16_t flags, depth;
  uint64_t branch_pages, leaf_pages, overflow_pages, entries;
  PageNumber root;

  uint64_t pages() const { return branch_pages + leaf_pages + overflow_pages; }
};
static_assert(sizeof(Tree) == 48);

struct MetaPage {
  PageHeader header;
  uint32_t magic, version;
  uint64_t address, map_bytes;
  Tree free, main;
  PageNumber last_page;
  uint64_t transaction;
};
static_assert(sizeof(MetaPage) == 152);

// Views of the page's bytes.
struct Node {
  std::string_view key;
  uint16_t flags = 0;      // in a leaf
  std::string_view value;  // in a leaf, where it is there
  uint64_t value_bytes = 0;
  PageNumber page = 0;  // below, in a branch; of the value, where that is big
};

struct NodeHeader {
  uint16_t low, high, flags, key_bytes;
};
static_assert(sizeof(NodeHeader) == node_header_bytes);

struct Page {
  bool is_leaf = false;
  std::vector<Node> nodes;
};

// What a page is held against: what LMDB looks at when it reads, or all that it relies on when it writes.
enum class Need { reading, writing };

// What lies there, at any address; it must be within `bytes`.
template <class T>
T copy_of(std::span<const std::byte> bytes, size_t offset = 0) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// A branch or leaf page, or the reason why not. writing: header, table and nodes are exactly what LMDB makes of a page.
std::expected<Page, std::string> read_page(std::span<const std::byte> bytes, PageNumber number, Need need);

// A leaf's node whose value lies behind its key, within the page; nothing: it is another, or none.
inline std::optional<Node> plain_node_at(std::span<const std::byte> bytes, size_t offset) {
  if (offset + node_header_bytes > bytes.size()) return {};
  const auto header = copy_of<NodeHeader>(bytes, offset);
  const size_t key_at = offset + node_header_bytes, value_at = key_at + header.key_bytes;
  const uint64_t value_bytes = header.low | uint64_t{header.high} << 16;
  if (header.flags != 0 || value_at + value_bytes > bytes.size()) return {};
  const char* const text = reinterpret_cast<const char*>(bytes.data());
  return Node{
      .key = {text + key_at, header.key_bytes}, .value = {text + value_at, value_bytes}, .value_bytes = value_bytes};
}

// How many pages a value of its own takes.
constexpr uint64_t overflow_pages(uint64_t value_bytes, size_t page_bytes) {
  return (page_header_bytes - 1 + value_bytes) / page_bytes + 1;
}

}  // namespace catlog::store
