#include "commandhandler/import/plan.h"

#include "events/schema/vocabulary.h"

#include <utility>

#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <fmt/format.h>

#include "events/schema/model.h"

namespace catlog::commandhandler::importing {

using events::schema::RefusalCode;

// An episode without an overview fits into this; longer texts get segments of their own.
constexpr unsigned first_segment_words = 64;

Planned::Planned(std::string file, std::string what)
    : message_(std::make_unique<capnp::MallocMessageBuilder>(first_segment_words)),
      file_(std::move(file)),
      what_(std::move(what)) {
  message_->initRoot<events::schema::Command>();
}

events::schema::Command::Reader Planned::command() const {
  return message_->getRoot<events::schema::Command>().asReader();
}

std::string_view Planned::name() const {
  KJ_IF_MAYBE (member, capnp::DynamicStruct::Reader(command()).which()) return member->getProto().getName().cStr();
  return "unset";
}

void Planned::weigh(Weight weight, std::string detail) {
  weight_ = weight;
  detail_ = std::move(detail);
  if (!command().isBatch()) command().setExpectedVersion(weight == Weight::whole ? any_version : 0);
}

namespace {

bool is_same(Planned& one, Planned& other) {
  const int64_t version = other.command().getExpectedVersion();
  other.command().setExpectedVersion(one.command().getExpectedVersion());
  const bool same = capnp::AnyStruct::Reader(std::as_const(one).command()) ==
                    capnp::AnyStruct::Reader(std::as_const(other).command());
  other.command().setExpectedVersion(version);
  return same;
}

}  // namespace

void PlanBuilder::add(Stage stage, Planned planned) {
  auto& commands = commands_[static_cast<size_t>(stage)];
  auto [place, is_new] = places_.try_emplace(planned.what(), Place{stage, commands.size()});
  if (is_new) {
    commands.push_back(std::move(planned));
    return;
  }
  Planned& first = commands_[static_cast<size_t>(place->second.stage)][place->second.at];
  const bool is_heavier = planned.weight() < first.weight();
  if (is_heavier) std::swap(first, planned);
  if (is_same(first, planned)) return;
  if (first.weight() == planned.weight()) {
    report(planned.file(),
           fmt::format("{} is there twice with other values; the one in {} counts", planned.what(), first.file()));
  } else {
    left_.push_back({planned.weight(), planned.file(), planned.what(), planned.detail()});
  }
}

Plan PlanBuilder::finish() && {
  Plan plan;
  for (auto& commands : commands_)
    for (Planned& planned : commands) plan.commands.push_back(std::move(planned));
  plan.problems = std::move(problems_);
  plan.left = std::move(left_);
  plan.left_out = std::move(left_out_);
  plan.documents = documents_;
  return plan;
}

Outcome outcome_of(events::schema::Receipt::Reader receipt, Weight weight) {
  Outcome outcome;
  switch (receipt.which()) {
    case events::schema::Receipt::ACCEPTED:
      outcome.verdict = Outcome::Verdict::accepted;
      break;
    case events::schema::Receipt::UNCHANGED:
      outcome.verdict = Outcome::Verdict::unchanged;
      break;
    case events::schema::Receipt::UNSET:
      outcome.message = "the receipt says nothing";
      break;
    case events::schema::Receipt::REFUSED: {
      auto refused = receipt.getRefused();
      outcome.code = refused.getCode();
      outcome.field = refused.getField().cStr();
      outcome.message = refused.getMessage().cStr();
      if (weight != Weight::whole && outcome.code == RefusalCode::VERSION_CONFLICT)
        outcome.verdict = Outcome::Verdict::left;
      break;
    }
  }
  return outcome;
}

std::string_view spelling_of(RefusalCode code) {
  auto enumerants = capnp::Schema::from<RefusalCode>().getEnumerants();
  auto at = static_cast<unsigned>(code);
  return at < enumerants.size() ? events::spelling(enumerants[at]) : std::string_view("unknown");
}

bool is_passing(const Outcome& outcome) {
  return outcome.verdict == Outcome::Verdict::refused &&
         (outcome.code == RefusalCode::BUSY || outcome.code == RefusalCode::STORAGE_FULL);
}

}  // namespace catlog::commandhandler::importing
