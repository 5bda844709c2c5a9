#include "store/backup/manifest.h"

#include "events/schema/vocabulary.h"

#include <capnp/message.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "events/codec/message.h"
#include "events/text/uuid.h"
#include "store/files/durable_file.h"

namespace catlog::store {

namespace fs = std::filesystem;
namespace schema = events::schema;
using events::Exit;
using events::Failure;

namespace {

constexpr const char* manifest_file = "manifest.json";
constexpr std::string_view segment_prefix = "records-", segment_suffix = ".capnp", kept_suffix = ".json";
constexpr size_t digest_digits = 16;
constexpr std::string_view lower_case = "abcdefghijklmnopqrstuvwxyz", hex_digits = "0123456789abcdef-";

[[noreturn]] void refuse_backup(const fs::path& directory, const std::string& what) {
  throw Failure(Exit::damaged, fmt::format("{} is damaged: {}; take another copy of this backup",
                                           (directory / manifest_file).string(), what));
}

// The file's second line: the digest of the first, its line feed included, as `head -n 1 | sha256sum` gives it.
std::string digest_line(std::string_view first_line) {
  return fmt::format("{{\"sha256\":\"{}\"}}\n", events::hex(events::sha256(first_line)));
}

capnp::Data::Reader to_data(const Digest& digest) { return {digest.data(), digest.size()}; }

std::string to_text(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

// Fills a manifest from what was read, and says where it cannot be right.
class Decoder {
 public:
  Decoder(const fs::path& directory, schema::BackupManifest::Reader from) : directory_(directory), from_(from) {}

  Manifest decode() {
    require(from_.getFormat() == backup_format,
            fmt::format("it has format version {}, this build reads {}", from_.getFormat(), backup_format));
    manifest_.log_id = log_id(from_.getLogId());
    if (from_.hasForkedFrom()) take_fork(from_.getForkedFrom());
    require(from_.getSegments().size() <= max_segments, "it names too many segments");
    for (auto segment : from_.getSegments()) take(segment);
    for (auto file : from_.getFiles()) take(file);
    take_end();
    return std::move(manifest_);
  }

 private:
  void require(bool holds, const std::string& otherwise) const {
    if (!holds) refuse_backup(directory_, otherwise);
  }
  Digest digest(capnp::Data::Reader from, const std::string& of) const {
    Digest digest;
    require(from.size() == digest.size(), fmt::format("{} has no digest", of));
    std::copy(from.begin(), from.end(), digest.begin());
    return digest;
  }
  std::string log_id(capnp::Text::Reader from) const {
    require(events::parse_uuid(to_text(from)).has_value(), "it names no log id");
    return to_text(from);
  }
  void take_fork(schema::ForkedFrom::Reader from) {
    manifest_.forked_from = {log_id(from.getLogId()), from.getPosition(), digest(from.getRoot(), "forkedFrom")};
  }
  void take(schema::BackupSegment::Reader from) {
    const Position expected = manifest_.last() + 1;
    require(from.getFrom() == expected && from.getTo() >= expected && from.getTo() < UINT64_MAX,
            fmt::format("segment {} is said to hold positions {} to {}, but it must begin with {}",
                        manifest_.segments.size() + 1, from.getFrom(), from.getTo(), expected));
    const std::string name = segment_name(from.getFrom(), from.getTo());
    require(to_text(from.getFile()) == name, fmt::format("the segment {} has another name there", name));
    manifest_.segments.push_back({name, from.getFrom(), from.getTo(), from.getBytes(), digest(from.getSha256(), name),
                                  digest(from.getRoot(), name)});
  }
  void take(schema::BackupFile::Reader from) {
    const std::string name = to_text(from.getName());
    const Digest sha256 = digest(from.getSha256(), "a file");
    require(name.size() > kept_suffix.size() && name.ends_with(kept_suffix) &&
                name.find_first_not_of(lower_case) == name.size() - kept_suffix.size(),
            "it keeps a file of a name that no data directory has");
    require(to_text(from.getFile()) == kept_name(name, sha256),
            fmt::format("the file {} has another name there", name));
    manifest_.files.push_back({name, kept_name(name, sha256), from.getBytes(), sha256});
  }
  void take_end() {
    const auto bytes = from_.getFrontier();
    auto end = Frontier::decode({reinterpret_cast<const char*>(bytes.begin()), bytes.size()});
    const bool fits = end && end->size() == manifest_.last() &&
                      (manifest_.segments.empty() || end->head().root == manifest_.segments.back().root);
    require(fits, "its frontier is not that of its last segment");
    manifest_.end = std::move(*end);
  }

  const fs::path& directory_;
  schema::BackupManifest::Reader from_;
  Manifest manifest_;
};

void encode(const Manifest& manifest, schema::BackupManifest::Builder into) {
  into.setFormat(backup_format);
  into.setLogId(manifest.log_id);
  if (const auto& fork = manifest.forked_from) {
    auto forked_from = into.initForkedFrom();
    forked_from.setLogId(fork->log_id);
    forked_from.setPosition(fork->position);
    forked_from.setRoot(to_data(fork->root));
  }
  auto segments = into.initSegments(static_cast<unsigned>(manifest.segments.size()));
  for (unsigned i = 0; i < segments.size(); ++i) {
    const Segment& segment = manifest.segments[i];
    segments[i].setFile(segment.file);
    segments[i].setFrom(segment.from);
    segments[i].setTo(segment.to);
    segments[i].setBytes(segment.bytes);
    segments[i].setSha256(to_data(segment.sha256));
    segments[i].setRoot(to_data(segment.root));
  }
  const std::string frontier = manifest.end.encode();
  into.setFrontier({reinterpret_cast<const uint8_t*>(frontier.data()), frontier.size()});
  auto files = into.initFiles(static_cast<unsigned>(manifest.files.size()));
  for (unsigned i = 0; i < files.size(); ++i) {
    files[i].setName(manifest.files[i].name);
    files[i].setFile(manifest.files[i].file);
    files[i].setBytes(manifest.files[i].bytes);
    files[i].setSha256(to_data(manifest.files[i].sha256));
  }
}

std::string read_lines(const fs::path& directory) {
  auto text = read_own_file(directory / manifest_file, max_manifest_bytes);
  if (text) return *std::move(text);
  const auto& [error, sentence] = text.error();
  if (error == ENOENT)
    throw Failure(
        Exit::usage,
        fmt::format("there is no backup in {}: it has no {}, which a first run writes when its first segment is whole",
                    directory.string(), manifest_file));
  if (error == ENOTDIR)
    throw Failure(Exit::usage, directory.string() + " is no folder: name the one that `catlog backup` made");
  if (error == EFBIG) refuse_backup(directory, "it is too large");
  throw Failure(Exit::failure, sentence);
}

}  // namespace

std::string segment_name(Position from, Position to) {
  return fmt::format("{}{:012}-{:012}{}", segment_prefix, from, to, segment_suffix);
}

std::string kept_name(std::string_view name, const Digest& sha256) {
  const std::string_view stem = name.substr(0, name.size() - std::min(name.size(), kept_suffix.size()));
  return fmt::format("{}-{}{}", stem, events::hex(sha256).substr(0, digest_digits), kept_suffix);
}

bool is_backup_file(std::string_view name) {
  if (name.ends_with(DurableFile::suffix)) name.remove_suffix(DurableFile::suffix.size());
  if (name == manifest_file) return true;
  const auto is_between = [&](std::string_view prefix, std::string_view suffix) {
    return name.starts_with(prefix) && name.ends_with(suffix) &&
           name.find_first_not_of(hex_digits, prefix.size()) == name.size() - suffix.size();
  };
  const auto dash = name.find('-');
  return is_between(segment_prefix, segment_suffix) ||
         (dash != std::string_view::npos && dash + 1 + digest_digits + kept_suffix.size() == name.size() &&
          is_between(name.substr(0, dash + 1), kept_suffix));
}

bool has_manifest(const fs::path& directory) { return fs::exists(fs::symlink_status(directory / manifest_file)); }

Manifest read_manifest(const fs::path& directory) {
  const std::string text = read_lines(directory);
  const std::string_view first_line = std::string_view(text).substr(0, text.find('\n') + 1);
  if (first_line.empty() || text.substr(first_line.size()) != digest_line(first_line))
    refuse_backup(directory, "its second line is not the SHA-256 of its first");
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::BackupManifest>();
  if (auto read = events::read_json(first_line, root, events::Fields::all); !read)
    refuse_backup(directory, fmt::format("{}: {}", read.error().field, read.error().message));
  return Decoder(directory, root.asReader()).decode();
}

bool goes_on_from(const Log& log, const Manifest& manifest) {
  const LogSnapshot snapshot = log.snapshot();
  return manifest.log_id == log.id() && manifest.last() <= snapshot.head() &&
         snapshot.tree_head(manifest.last()) == manifest.end.head();
}

void write_manifest(const fs::path& directory, const Manifest& manifest) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::BackupManifest>();
  encode(manifest, root);
  const std::string line = events::write_json(root.asReader(), events::Secrets::hidden) + "\n";
  write_durably(directory / manifest_file, line + digest_line(line));
}

}  // namespace catlog::store
