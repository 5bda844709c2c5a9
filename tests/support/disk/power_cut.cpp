#include "tests/support/disk/power_cut.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <fmt/format.h>

namespace catlog::tests::disk {

namespace fs = std::filesystem;
using What = Done::What;

namespace {

constexpr size_t sector_bytes[] = {512, 4096};

struct Content {
  std::string bytes;
  void write(uint64_t offset, std::string_view part) {
    if (bytes.size() < offset + part.size()) bytes.resize(offset + part.size());
    std::copy(part.begin(), part.end(), bytes.begin() + static_cast<ptrdiff_t>(offset));
  }
  void apply(const Done& done) {
    done.what == What::truncate ? bytes.resize(done.offset) : write(done.offset, done.bytes);
  }
};

bool is_name(What what) {
  return what == What::create || what == What::rename || what == What::unlink || what == What::symlink ||
         what == What::link || what == What::mkdir;
}

std::string directory_of(const Done& done) {
  return fs::path(done.what == What::rename || done.what == What::link ? done.to : done.path).parent_path().string();
}

// Of writes that nobody waited for: each sector of each may be there or not, whichever was first.
void apply_some(Content& content, std::vector<const Done*> pending, std::mt19937_64& random) {
  const size_t sector = sector_bytes[random() % 2], kept_of_4 = 1 + random() % 3;
  std::shuffle(pending.begin(), pending.end(), random);
  for (const Done* done : pending) {
    if (done->what == What::truncate) {
      if (random() % 2) content.apply(*done);
      continue;
    }
    for (uint64_t at = done->offset, end = at + done->bytes.size(); at < end;) {
      const uint64_t next = std::min<uint64_t>((at / sector + 1) * sector, end);
      if (random() % 4 < kept_of_4)
        content.write(at, std::string_view(done->bytes).substr(at - done->offset, next - at));
      at = next;
    }
  }
}

std::map<unsigned, Content> contents(std::span<const Done> done, const PowerCut& cut, std::mt19937_64& random) {
  std::map<unsigned, Content> files;
  std::map<unsigned, std::vector<const Done*>> pending;
  for (size_t i = 0; i < std::min(cut.at + 1, done.size()); ++i) {
    const Done& each = done[i];
    const bool is_over = i < cut.at;  // the one at the cut was only begun
    if (each.what == What::sync && is_over) {
      for (const Done* write : pending[each.file]) files[each.file].apply(*write);
      pending.erase(each.file);
    } else if (each.what == What::write && each.is_synced && is_over) {
      // Over whatever of the earlier ones is there, which stay as unsure as they were.
      files[each.file].apply(each);
      std::erase_if(pending[each.file], [&](const Done* old) {
        return old->offset >= each.offset && old->offset + old->bytes.size() <= each.offset + each.bytes.size() &&
               old->what == What::write;
      });
    } else if (each.what == What::write || each.what == What::truncate) {
      pending[each.file].push_back(&each);
    }
  }
  for (auto& [file, writes] : pending) {
    if (cut.unsynced == Unsynced::some) apply_some(files[file], writes, random);
    if (cut.unsynced == Unsynced::all)
      for (const Done* write : writes) files[file].apply(*write);
  }
  return files;
}

struct Entry {
  What what;  // create, symlink or mkdir
  unsigned file = 0;
  std::string target;
};
using Tree = std::map<std::string, Entry>;

void apply(const Done& name, Tree& tree, const std::optional<Entry>& moved) {
  if (name.what == What::unlink) {
    tree.erase(name.path);
  } else if (name.what == What::rename || name.what == What::link) {
    if (name.what == What::rename) tree.erase(name.path);
    if (moved) tree[name.to] = *moved;
  } else {
    tree[name.path] = {name.what, name.file, name.to};
  }
}

// The names that no sync of their directory followed and that are lost: of each directory the last ones.
std::set<size_t> lost_names(std::span<const Done> done, const PowerCut& cut, std::mt19937_64& random) {
  std::set<size_t> lost;
  if (cut.names == Names::at_once) return lost;
  std::map<std::string, std::vector<size_t>> unsure;
  for (size_t i = 0; i < done.size(); ++i) {
    if (done[i].what == What::sync_directory) unsure.erase(done[i].path);
    if (is_name(done[i].what)) unsure[directory_of(done[i])].push_back(i);
  }
  for (const auto& [directory, all] : unsure) {
    const size_t kept = cut.unsynced == Unsynced::nothing ? 0 : random() % (all.size() + 1);
    lost.insert(all.begin() + static_cast<ptrdiff_t>(kept), all.end());
  }
  return lost;
}

// What is renamed is what had that name in the running system, whether or not that name was on disk.
Tree tree_on_disk(std::span<const Done> done, const PowerCut& cut, std::mt19937_64& random) {
  const std::set<size_t> lost = lost_names(done, cut, random);
  Tree running, on_disk;
  for (size_t i = 0; i < done.size(); ++i) {
    if (!is_name(done[i].what)) continue;
    std::optional<Entry> moved;
    if (const auto from = running.find(done[i].path); from != running.end()) moved = from->second;
    apply(done[i], running, moved);
    if (!lost.contains(i)) apply(done[i], on_disk, moved);
  }
  return on_disk;
}

}  // namespace

std::string to_text(const PowerCut& cut) {
  constexpr const char* unsynced[] = {"nothing unsynced", "some of the unsynced", "all of the unsynced"};
  return fmt::format("power cut at {}, {} on disk{}, seed {}", cut.at, unsynced[static_cast<size_t>(cut.unsynced)],
                     cut.names == Names::until_synced ? ", some names lost" : "", cut.seed);
}

void build_image(std::span<const Done> done, const PowerCut& cut, const fs::path& image) {
  std::mt19937_64 random(cut.seed);
  auto files = contents(done, cut, random);
  // Sorted by path: a directory is before what is in it; what lies in a lost one is lost.
  for (const auto& [path, entry] : tree_on_disk(done.first(std::min(cut.at, done.size())), cut, random)) {
    const fs::path at = image / path;
    if (!fs::is_directory(at.parent_path())) continue;
    if (entry.what == What::mkdir) {
      fs::create_directory(at);
    } else if (entry.what == What::symlink) {
      fs::create_symlink(entry.target, at);
    } else {
      const std::string& bytes = files[entry.file].bytes;
      std::ofstream(at, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
  }
}

}  // namespace catlog::tests::disk
