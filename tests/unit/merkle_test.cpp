#include "store/merkle.h"

#include <boost/test/unit_test.hpp>

#include "store/proof.h"

BOOST_AUTO_TEST_SUITE(merkle_test)

using namespace catlog;
using namespace catlog::store;

namespace {

// The leaves, roots and paths of RFC 6962's reference implementation (Certificate Transparency), which RFC 9162 keeps.
const std::vector<std::string> leaves{"",         std::string(1, '\0'), "\x10", " !", "01", "@ABC",
                                      "PQRSTUVW", "`abcdefghijklmno"};
const std::vector<std::string> roots{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                     "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                     "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                     "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                     "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                     "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                     "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                     "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

struct KnownPath {
  Position from, to;
  std::vector<std::string> path;
};

const std::vector<KnownPath> inclusions{{1, 1, {}},
                                        {1,
                                         8,
                                         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
                                        {6,
                                         8,
                                         {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
                                        {3, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
                                        {2,
                                         5,
                                         {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};

const std::vector<KnownPath> consistencies{{1, 1, {}},
                                           {1,
                                            8,
                                            {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                             "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                             "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
                                           {6,
                                            8,
                                            {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                             "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                             "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
                                           {2,
                                            5,
                                            {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                             "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};

std::string text(const Digest& digest) { return events::hex(digest); }

std::vector<std::string> texts(const Path& path) {
  std::vector<std::string> all;
  for (const Digest& digest : path) all.push_back(text(digest));
  return all;
}

Digest leaf_of(const std::string& record) { return leaf_hash(std::as_bytes(std::span(record))); }

struct Tree {
  std::vector<std::vector<Digest>> nodes;  // of each record
  Frontier frontier;
  void add(const Digest& leaf) {
    nodes.emplace_back();
    frontier.add(leaf, [this](const Digest& node) { nodes.back().push_back(node); });
  }
  auto read() const {
    return [this](Position last, unsigned level) { return nodes.at(last - 1).at(level); };
  }
};

Tree known_tree() {
  Tree tree;
  for (const std::string& leaf : leaves) tree.add(leaf_of(leaf));
  return tree;
}

// RFC 9162 section 2.1.1 to the letter.
Digest root_by_definition(std::span<const Digest> all) {
  if (all.empty()) return empty_tree_hash();
  if (all.size() == 1) return all.front();
  size_t split = 1;
  while (split * 2 < all.size()) split *= 2;
  return node_hash(root_by_definition(all.first(split)), root_by_definition(all.subspan(split)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_roots_are_the_known_ones) {
  Tree tree;
  for (size_t size = 0; size <= leaves.size(); ++size) {
    BOOST_TEST(text(tree.frontier.head().root) == roots.at(size));
    BOOST_TEST(text(subtree_root(0, size, tree.read())) == roots.at(size));
    BOOST_TEST(text(Frontier::of(size, tree.read()).head().root) == roots.at(size));
    if (size > 0) BOOST_TEST(tree.nodes.back().size() == nodes_with(size));
    if (size < leaves.size()) tree.add(leaf_of(leaves[size]));
  }
}

BOOST_AUTO_TEST_CASE(the_paths_are_the_known_ones) {
  const Tree tree = known_tree();
  for (const KnownPath& known : inclusions)
    BOOST_TEST(texts(inclusion_path(known.from, known.to, tree.read())) == known.path,
               boost::test_tools::per_element());
  for (const KnownPath& known : consistencies)
    BOOST_TEST(texts(consistency_path(known.from, known.to, tree.read())) == known.path,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_path_of_every_tree_proves_what_it_should_and_nothing_else) {
  constexpr Position largest = 40;
  Tree tree;
  std::vector<Digest> all;
  for (Position size = 1; size <= largest; ++size) {
    const std::string record(8, static_cast<char>(size));
    all.push_back(leaf_of(record));
    tree.add(all.back());
    const TreeHead head = tree.frontier.head();
    BOOST_TEST(text(head.root) == text(root_by_definition(all)));
    for (Position position = 1; position <= size; ++position) {
      Path path = inclusion_path(position, size, tree.read());
      BOOST_REQUIRE((root_of_inclusion(position, size, all[position - 1], path) == head.root));
      if (size > 1) BOOST_TEST(!(root_of_inclusion(position % size + 1, size, all[position - 1], path) == head.root));
      path.push_back(head.root);
      BOOST_TEST(!root_of_inclusion(position, size, all[position - 1], path).has_value());
      path.resize(path.size() - 1);
      if (!path.empty()) {
        path.back()[0] ^= 1;
        BOOST_TEST(!(root_of_inclusion(position, size, all[position - 1], path) == head.root));
        path.pop_back();
        BOOST_TEST(!root_of_inclusion(position, size, all[position - 1], path).has_value());
      }
    }
    for (Position from = 1; from <= size; ++from) {
      const TreeHead old{from, root_by_definition(std::span(all).first(from))};
      Path path = consistency_path(from, size, tree.read());
      BOOST_REQUIRE(is_consistent(old, head, path));
      TreeHead other = old;
      other.root[5] ^= 4;
      BOOST_TEST(!is_consistent(other, head, path));
      other = head;
      other.root[31] ^= 128;
      BOOST_TEST(!is_consistent(old, other, path));
      path.push_back(head.root);
      BOOST_TEST(!is_consistent(old, head, path));
    }
  }
  BOOST_TEST(!root_of_inclusion(0, 5, all[0], {}).has_value());
  BOOST_TEST(!root_of_inclusion(6, 5, all[0], {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_frontier_is_written_and_read_back) {
  Tree tree = known_tree();
  for (int more = 0; more < 5; ++more) {
    const std::string bytes = tree.frontier.encode();
    auto read = Frontier::decode(bytes);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((read->head() == tree.frontier.head()));
    BOOST_TEST(!Frontier::decode(bytes + "x").has_value());
    BOOST_TEST(!Frontier::decode(std::string_view(bytes).substr(1)).has_value());
    tree.add(leaf_of("more"));
    read->add(leaf_of("more"));
    BOOST_TEST((read->head() == tree.frontier.head()));
  }
  BOOST_TEST(!Frontier::decode("").has_value());
  BOOST_TEST(Frontier::decode(std::string(8, '\0'))->size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_frontier_is_made_of_the_nodes_and_goes_on_as_the_first) {
  Tree tree;
  for (Position size = 0; size < 70; ++size) {
    Frontier read = Frontier::of(size, tree.read());
    BOOST_TEST((read.head() == tree.frontier.head()));
    const Digest leaf = leaf_of(std::to_string(size));
    tree.add(leaf);
    std::vector<Digest> nodes;
    read.add(leaf, [&](const Digest& node) { nodes.push_back(node); });
    BOOST_TEST((nodes == tree.nodes.back()));
  }
}

BOOST_AUTO_TEST_CASE(a_record_comes_with_the_nodes_that_end_with_it) {
  const std::vector<unsigned> expected{1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1, 5};
  for (Position position = 1; position <= expected.size(); ++position)
    BOOST_TEST(nodes_with(position) == expected[position - 1]);
  BOOST_TEST(nodes_with(Position{1} << 40) == 41u);
}

BOOST_AUTO_TEST_SUITE_END()
