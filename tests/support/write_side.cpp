#include "tests/support/write_side.h"

#include "events/schema/model.h"
#include "events/schema/record.h"

#include <stdexcept>

#include "commandhandler/state/apply.h"
#include "events/text/uuid.h"
#include "tests/support/pointers.h"

namespace catlog::tests {

using commandhandler::Layer;
using commandhandler::State;
using events::Receipt;

WriteSide::WriteSide() { open(); }

void WriteSide::open() {
  log_ = std::make_unique<store::Log>(store::Log::open(directory() / "log", store::Access::write));
  states_ = std::make_unique<store::StateStore>(
      store::StateStore::open(directory() / "state", log_->id(), store::Access::write));
  writer_ = std::make_unique<commandhandler::Writer>(*log_, *states_, directory() / "keys");
}

void WriteSide::restart(StateFolder state) {
  writer_.reset();
  states_.reset();
  log_.reset();
  if (state == StateFolder::deleted) std::filesystem::remove_all(directory() / "state");
  open();
}

Receipt WriteSide::send(const events::Message& command) {
  now_us_ += 1'000;
  commandhandler::Writer::Batch batch(*writer_, moment());
  auto receipt = batch.decide(command);
  batch.commit();
  return *receipt;
}

std::vector<std::optional<Receipt>> WriteSide::send_together(const std::vector<std::string>& json,
                                                             commandhandler::Writer::Commit how) {
  std::vector<std::optional<Receipt>> receipts;
  commandhandler::Writer::Batch batch(*writer_, moment());
  for (const auto& body : json)
    receipts.push_back(batch.decide(events::read_command(body, events::Encoding::json).value()));
  writer_->settle();
  batch.start(how);
  return receipts;
}

Receipt WriteSide::send(std::string_view json, std::string_view id) {
  std::string body(json);
  std::string given = id.empty() ? events::to_string(events::new_uuid()) : std::string(id);
  if (body.find("\"id\":\"") != 1) body.insert(1, "\"id\":\"" + given + "\",");
  auto command = events::read_command(body, events::Encoding::json);
  if (!command)
    return Receipt::refused(given,
                            {commandhandler::RefusalCode::MALFORMED, command.error().field, command.error().message});
  return send(*command);
}

Receipt WriteSide::accept(std::string_view json, std::string_view id) {
  auto receipt = send(json, id);
  if (receipt.verdict != Receipt::Verdict::accepted)
    throw std::runtime_error(outcome(receipt) + ": " + receipt.refusal.message + " for " + std::string(json));
  return receipt;
}

void WriteSide::flush_state() {
  auto base = states_->snapshot();
  Layer changes;
  State state({&changes}, &base);
  auto position = base.position();
  log_->snapshot().scan(position + 1, [&](events::Position at, store::Bytes bytes) {
    commandhandler::apply(state, events::RecordView(bytes).root());
    position = at;
    return true;
  });
  states_->flush(changes.changes(), position);
}

namespace {

// The pointer without the step that is the command's name: "/batch/commands/1/rateMovie/rating" is
// "/batch/commands/1/rating".
std::string in_command(const std::string& pointer) {
  for (const auto& command : events::model().commands()) {
    const std::string step = "/" + command.name + "/";
    if (const auto at = pointer.find(step); command.name != "batch" && at != std::string::npos)
      return pointer.substr(0, at) + pointer.substr(at + step.size() - 1);
  }
  return pointer;
}

}  // namespace

std::string outcome(const Receipt& receipt) {
  switch (receipt.verdict) {
    case Receipt::Verdict::accepted:
      return "accepted";
    case Receipt::Verdict::unchanged:
      return "unchanged";
    case Receipt::Verdict::refused:
      break;
  }
  auto enumerants = capnp::Schema::from<events::schema::RefusalCode>().getEnumerants();
  std::string code(events::spelling(enumerants[static_cast<unsigned>(receipt.refusal.code)]));
  if (receipt.refusal.field.empty()) return code;
  const bool was_read = receipt.refusal.code != events::schema::RefusalCode::MALFORMED;
  return code + " " + dotted(was_read ? in_command(receipt.refusal.field) : receipt.refusal.field);
}

}  // namespace catlog::tests
