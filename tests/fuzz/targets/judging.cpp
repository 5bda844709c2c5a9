#include "tests/fuzz/targets/judging.h"

#include "events/schema/record.h"

#include <fmt/format.h>

#include "commandhandler/decide.h"
#include "commandhandler/keys.h"
#include "commandhandler/state/tail.h"
#include "commandhandler/state/unchanged.h"
#include "events/codec/receipt.h"
#include "projector/feed/change_frames.h"
#include "projector/model/read_model.h"
#include "projector/rebuild/rebuild.h"
#include "tests/fuzz/targets/target.h"
#include "tests/support/commands.h"

namespace catlog::tests {
namespace {

using events::Encoding, events::Receipt;

void check_receipt(const Receipt& receipt) {
  if (receipt.verdict == Receipt::Verdict::refused) {
    must(receipt.refusal.code != events::schema::RefusalCode::UNSET, "a refusal has no code");
    must(!receipt.refusal.message.empty(), "a refusal has no sentence");
    must(receipt.refusal.field.empty() || receipt.refusal.field.starts_with('/'), "a refusal's field is no pointer");
  }
  for (const Receipt& member : receipt.receipts) check_receipt(member);
}

}  // namespace

struct Judging::Parts {
  Catalogue side;
  projector::ReadModel model{scratch() / "judging.sqlite", side.log().id(), side.log().head(),
                             projector::Writing::live};
  commandhandler::Keys keys{scratch() / "keys"};
  std::string log_id = side.log().id();

  Parts() {
    side.flush_state();
    projector::catch_up(model, side.log(), projector::whole_log);
  }

  void publish(const events::RecordReader& record) const {
    for (const Encoding encoding : {Encoding::json, Encoding::capnp})
      must(!projector::change_of(record, encoding, log_id, 0, {}).payload.empty(),
           "an event has nothing to be published");
  }
  void project(commandhandler::Drafts& drafts) {
    for (const store::Bytes bytes : drafts.bytes()) publish(events::RecordView(bytes).root());
    model.begin();
    for (const store::Bytes bytes : drafts.bytes()) try {
        model.apply(events::RecordView(bytes).root());
      } catch (const projector::Unappliable& fault) {
        throw Broken(fmt::format("what was accepted stops the read model: {}", fault.what()));
      }
    model.rollback();
  }
};

Judging::Judging() : parts_(std::make_unique<Parts>()) {}
Judging::~Judging() = default;

Judging& Judging::shared() {
  static Judging judging;
  return judging;
}

void prepare_judging() { Judging::shared(); }

std::vector<size_t> Judging::judge(std::span<const events::Message> commands) {
  const auto stored = parts_->side.states().snapshot();
  const auto log = parts_->side.log().snapshot();
  commandhandler::Tail tail(stored.position());
  commandhandler::UnchangedCommands unchanged;
  commandhandler::Journal journal;
  commandhandler::Decider decider(commandhandler::State(tail.layers(), &stored, &journal), journal, log, log.head(),
                                  parts_->keys, unchanged, parts_->side.now_us());
  std::vector<size_t> taken;
  for (size_t number = 0; number < commands.size(); ++number) {
    const auto receipt = decider.decide(commands[number]);
    if (!receipt) continue;
    if (receipt->verdict != Receipt::Verdict::refused) taken.push_back(number);
    check_receipt(*receipt);
    for (const Encoding encoding : {Encoding::json, Encoding::capnp})
      must(!events::encode(*receipt, encoding).empty(), "a receipt cannot be written");
  }
  parts_->project(decider.drafts());
  return taken;
}

}  // namespace catlog::tests
