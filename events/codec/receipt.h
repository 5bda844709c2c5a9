#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "events/encoding.h"
#include "events/position.h"
#include "events/schema/vocabulary.h"
#include "events/tree_head.h"

namespace catlog::events {

// Why a command is not carried out: an answer, not a failure.
struct Refusal {
  schema::RefusalCode code = schema::RefusalCode::UNSET;
  std::string field;    // that it is about, in a receipt as a JSON pointer, "/putMovie/genres/2/tmdbId"; may be empty
  std::string message;  // says what to do, and holds no secret
  int64_t wait_ms = absent_int;  // after which it is of use to send it again, where that is known
  std::string leader = {};       // where to send it instead, where that is known
  std::string leader_key = {};   // and by what key that is known
};

// What the events of one command did; the same whether they were just made or are read from the log.
struct Effect {
  Position first = 0, last = 0;     // 0: there is no event
  int64_t subject_id = absent_int;  // of the row that the command is about
  uint64_t version = 0;             // of its stream; 0 when that did not change

  // Adds the command's next event, from its record's header.
  void add(schema::Record::Reader record);
};

// By what a thing is known, as a reference has it.
struct Found {
  struct Name {
    std::string field;                         // tmdbId, tvShow
    std::variant<int64_t, std::string> value;  // of the field; of one that is a reference itself, the row id in it
    bool is_row = false;
  };
  std::string kind;  // movie, as schema::Thing has it
  int64_t id = absent_int;
  std::vector<Name> names;
};

// The answer to one command (PROTOCOL.md, "Receipts"). A value; encode() is its form on the bus.
struct Receipt {
  enum class Verdict { accepted, unchanged, refused };

  std::string id;  // of the command; empty when it could not be read
  Verdict verdict = Verdict::refused;
  Effect effect;                  // accepted, unchanged
  Refusal refusal;                // refused
  std::vector<Receipt> receipts;  // of a batch
  std::optional<TreeHead> head;   // when it was asked for
  std::optional<Found> found;     // of a lookUp

  // Accepted when there were events, unchanged otherwise.
  static Receipt of(std::string id, const Effect& effect);
  static Receipt refused(std::string id, Refusal refusal);
};

std::string encode(const Receipt& receipt, Encoding encoding);

}  // namespace catlog::events
