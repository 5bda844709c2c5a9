#pragma once
#include <optional>
#include <string>
#include <variant>

#include "store/proof.h"

namespace catlog::cli {

// That a record is in the log.
struct Inclusion {
  store::Position position = 0;
  store::Digest leaf{};
  std::string record;  // framed bytes whose hash is the leaf; empty: left out
};

// That a log begins with another.
struct Consistency {
  store::TreeHead from;
};

// A proof as `catlog prove` writes it: one line of JSON, the struct Proof of events/schema/vocabulary.capnp.
struct Proof {
  std::string log_id;
  std::variant<Inclusion, Consistency> claim;
  store::TreeHead head;
  store::Path path;
};

std::string to_json(const Proof& proof);
// Any bytes. Throws Failure(usage) with what is wrong with them.
Proof read_proof(const std::string& json);
// "42:9f86…", as somebody keeps it. Throws Failure(usage).
store::TreeHead parse_head(const std::string& text);
std::string to_text(const store::TreeHead& head);

// What is wrong with the proof by itself; nothing when it leads to the head that it names. A record in it must be the
// one whose position it claims.
std::optional<std::string> fault_of(const Proof& proof);

}  // namespace catlog::cli
