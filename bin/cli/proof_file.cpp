#include "bin/cli/proof_file.h"

#include "events/schema/record.h"

#include <charconv>
#include <cstring>

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/codec/json.h"
#include "events/digest.h"
#include "events/error.h"
#include "events/text/uuid.h"

namespace catlog::cli {

namespace schema = events::schema;
using events::Exit;
using events::Failure;

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Failure(Exit::usage, fmt::format("this is no proof that `catlog prove` writes: {}", what));
}

store::Digest to_digest(std::string_view hex, const char* field) {
  const auto bytes = events::unhex(hex);
  store::Digest digest;
  if (!bytes || bytes->size() != digest.size()) refuse(fmt::format("{} must be 64 lower-case hex digits", field));
  std::memcpy(digest.data(), bytes->data(), digest.size());
  return digest;
}

std::string_view text_of(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

store::TreeHead to_head(schema::TreeHead::Reader head, const char* field) {
  return {head.getSize(), to_digest(text_of(head.getRoot()), field)};
}

void fill(schema::TreeHead::Builder into, const store::TreeHead& head) {
  into.setSize(head.size);
  into.setRoot(events::hex(head.root));
}

Inclusion to_inclusion(schema::Proof::Inclusion::Reader from) {
  Inclusion claim{from.getPosition(), to_digest(text_of(from.getLeafHash()), "leafHash"), {}};
  if (!from.hasRecord()) return claim;
  const auto bytes = events::unhex(text_of(from.getRecord()));
  if (!bytes || bytes->empty()) refuse("record must be lower-case hex digits");
  claim.record.assign(bytes->begin(), bytes->end());
  return claim;
}

// Aligned, as a record is read.
std::vector<uint64_t> words_of(const std::string& record) {
  std::vector<uint64_t> words((record.size() + 7) / 8);
  std::memcpy(words.data(), record.data(), record.size());
  return words;
}

std::optional<std::string> fault_of(const Inclusion& claim, const Proof& proof) {
  if (!claim.record.empty()) {
    if (store::leaf_hash(std::as_bytes(std::span(claim.record))) != claim.leaf)
      return "the record in it is not the one that its leafHash is of";
    const auto words = words_of(claim.record);
    try {
      const events::RecordView view(std::as_bytes(std::span(words)).first(claim.record.size()));
      if (view.root().getPosition() != claim.position) return "the record in it is of another position";
    } catch (const kj::Exception&) {
      return "the record in it cannot be read";
    }
  }
  const auto root = store::root_of_inclusion(claim.position, proof.head.size, claim.leaf, proof.path);
  if (!root) return "its path has not the length that a tree of that size gives";
  if (*root != proof.head.root) return "its path leads to another root";
  return {};
}

std::optional<std::string> fault_of(const Consistency& claim, const Proof& proof) {
  if (claim.from.size == 0 || claim.from.size > proof.head.size)
    return "the older head is larger than the newer one, or empty";
  if (!store::is_consistent(claim.from, proof.head, proof.path))
    return "its path does not lead from one head to the other";
  return {};
}

}  // namespace

std::string to_json(const Proof& proof) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::Proof>();
  root.setLogId(proof.log_id);
  if (const auto* inclusion = std::get_if<Inclusion>(&proof.claim)) {
    auto into = root.initInclusion();
    into.setPosition(inclusion->position);
    into.setLeafHash(events::hex(inclusion->leaf));
    if (!inclusion->record.empty())
      into.setRecord(
          events::hex({reinterpret_cast<const uint8_t*>(inclusion->record.data()), inclusion->record.size()}));
  } else {
    fill(root.initConsistency().initFrom(), std::get<Consistency>(proof.claim).from);
  }
  fill(root.initHead(), proof.head);
  auto path = root.initPath(static_cast<unsigned>(proof.path.size()));
  for (unsigned i = 0; i < path.size(); ++i) path.set(i, events::hex(proof.path[i]));
  return events::write_json(root.asReader(), events::Secrets::hidden);
}

Proof read_proof(const std::string& json) {
  capnp::MallocMessageBuilder message;
  auto into = message.initRoot<schema::Proof>();
  if (auto read = events::read_json(json, into, events::Fields::all); !read)
    refuse(fmt::format("{}{}{}", read.error().field, read.error().field.empty() ? "" : ": ", read.error().message));
  const auto from = into.asReader();
  Proof proof;
  proof.log_id = text_of(from.getLogId());
  if (!events::parse_uuid(proof.log_id)) refuse("logId must be a UUID");
  if (from.isInclusion())
    proof.claim = to_inclusion(from.getInclusion());
  else
    proof.claim = Consistency{to_head(from.getConsistency().getFrom(), "consistency.from.root")};
  proof.head = to_head(from.getHead(), "head.root");
  for (auto hash : from.getPath()) proof.path.push_back(to_digest(text_of(hash), "a hash in path"));
  return proof;
}

store::TreeHead parse_head(const std::string& text) {
  store::TreeHead head;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, head.size);
  const auto root = error == std::errc() && at != end && *at == ':' ? events::unhex({at + 1, end}) : std::nullopt;
  if (!root || root->size() != head.root.size())
    throw Failure(Exit::usage, fmt::format("a head is a number of records and a root, such as 42:{:0>64}", "9f86"));
  std::memcpy(head.root.data(), root->data(), head.root.size());
  return head;
}

std::string to_text(const store::TreeHead& head) { return fmt::format("{}:{}", head.size, events::hex(head.root)); }

std::optional<std::string> fault_of(const Proof& proof) {
  return std::visit([&proof](const auto& claim) { return fault_of(claim, proof); }, proof.claim);
}

}  // namespace catlog::cli
