#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/proof_file.h"
#include "bin/cli/subcommand.h"
#include "events/digest.h"
#include "store/read_all.h"
#include "store/record_chain.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using events::Position;

constexpr size_t max_proof_bytes = size_t{64} << 20;  // a record is at most so large, and its hex

class Prove : public Subcommand {
 public:
  explicit Prove(Syntax parent)
      : Subcommand(parent.subcommand(
            "prove", "Prove that an event is in the log, or that the log begins with what it was once")) {
    auto position = syntax().option("position", position_, "The event's position").at_least(1);
    auto from = syntax().option("--from", from_text_,
                                "Instead: that the log of --at records begins with so many, or with those of a time");
    syntax().option("--at", at_text_, "Of the log when it had so many records, or at a time (default: all)");
    auto record = syntax().flag("--record", with_record_, "With the record itself, secrets and all, in hex");
    from.excludes(position).excludes(record);
    syntax().footer(
        "Writes one line of JSON, which `catlog check-proof` checks without the log.\n"
        "Example: catlog prove 42 > event-42.proof\n"
        "         catlog prove --from 1000\n"
        "         catlog prove --from 2026-11-01");
  }

  Exit run(const Settings& settings) override {
    if (position_ == 0 && from_text_.empty())
      throw Failure(Exit::usage, "say which position, or --from how many records");
    const store::Log log = open_log(settings);
    if (!from_text_.empty()) from_ = records_by(log, from_text_);
    if (!at_text_.empty()) at_ = records_by(log, at_text_);
    show_json(to_json(prove(log)) + '\n');
    return Exit::ok;
  }

 private:
  static Position records_by(const store::Log& log, const std::string& moment) {
    const Position records = last_until(log, moment);
    if (records == 0) throw Failure(Exit::usage, fmt::format("the log had no records at {}", moment));
    return records;
  }

  Proof prove(const store::Log& log) const {
    const store::LogSnapshot snapshot = log.snapshot();
    const Position at = at_ == 0 ? snapshot.head() : at_;
    if (at > snapshot.head() || std::max(position_, from_) > at)
      throw Failure(Exit::usage,
                    fmt::format("the log has {} records; position, --from and --at must be within them, and "
                                "the first two not beyond --at",
                                snapshot.head()));
    Proof proof{log.id(), {}, snapshot.tree_head(at), {}};
    if (from_ != 0) {
      proof.claim = Consistency{snapshot.tree_head(from_)};
      proof.path = snapshot.consistency_proof(from_, at);
    } else {
      const store::Bytes record = snapshot.read(position_);
      if (const auto header = store::read_header(record); !header)
        throw Failure(Exit::damaged, fmt::format("the log at position {}: {}", position_, header.error()));
      proof.claim = Inclusion{position_, store::leaf_hash(record), {}};
      if (with_record_)
        std::get<Inclusion>(proof.claim).record.assign(reinterpret_cast<const char*>(record.data()), record.size());
      proof.path = snapshot.inclusion_proof(position_, at);
    }
    if (const auto fault = fault_of(proof))
      throw Failure(Exit::damaged,
                    fmt::format("the log is damaged, its proof does not hold ({}): run catlog verify", *fault));
    return proof;
  }

  Position position_ = 0, from_ = 0, at_ = 0;
  std::string from_text_, at_text_;
  bool with_record_ = false;
};

std::string text_of(const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  if (!in) throw Failure(Exit::usage, fmt::format("cannot open {}: {}", file, std::strerror(errno)));
  auto text = store::read_all(in, max_proof_bytes);
  if (!text) throw Failure(Exit::usage, fmt::format("{} cannot be read, or is too large for a proof", file));
  return *std::move(text);
}

class CheckProof : public Subcommand {
 public:
  explicit CheckProof(Syntax parent)
      : Subcommand(parent.subcommand("check-proof", "Check a proof; needs no log, only a head that you trust")) {
    syntax().option("file", file_, "What `catlog prove` wrote; - for the standard input").required();
    syntax().option("--head", head_, "The head that you trust, SIZE:ROOT, from a receipt, `catlog status` or a backup");
    syntax().option("--from-head", from_head_,
                    "The older head that you trust, for a proof that the log begins with it");
    syntax().footer(
        "Exit 1 when the proof does not hold. Without --head it only shows that the proof leads to the head it names.\n"
        "The log id is told as the proof has it; what is proven is about the head's root.\n"
        "Example: catlog check-proof event-42.proof --head "
        "1000:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
  }

  Exit run(const Settings&) override {
    const Proof proof = read_proof(text_of(file_));
    const auto* consistency = std::get_if<Consistency>(&proof.claim);
    if (!from_head_.empty() && !consistency) throw Failure(Exit::usage, "--from-head is for proofs made with --from");
    auto fault = fault_of(proof);
    if (!fault && !head_.empty() && parse_head(head_) != proof.head) fault = "it is about another head than --head";
    if (!fault && !from_head_.empty() && parse_head(from_head_) != consistency->from)
      fault = "it is about another older head than --from-head";
    if (fault) {
      show("does not hold: {}\n", *fault);
      return Exit::refused;
    }
    tell_verdict(proof);
    return Exit::ok;
  }

 private:
  void tell_verdict(const Proof& proof) const {
    if (const auto* inclusion = std::get_if<Inclusion>(&proof.claim))
      show("holds: position {} of log {} is in {}\n", inclusion->position, proof.log_id, to_text(proof.head));
    else
      show("holds: log {} at {} begins with {}\n", proof.log_id, to_text(proof.head),
           to_text(std::get<Consistency>(proof.claim).from));
    if (head_.empty()) tell("compare that head with one that you trust, or give it with --head\n");
  }

  std::string file_, head_, from_head_;
};

}  // namespace

std::unique_ptr<Subcommand> make_prove(Syntax parent) { return std::make_unique<Prove>(parent); }
std::unique_ptr<Subcommand> make_check_proof(Syntax parent) { return std::make_unique<CheckProof>(parent); }

}  // namespace catlog::cli
