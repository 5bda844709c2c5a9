#include "bin/cli/quarantine_view.h"

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "projector/sqlite/checkpoint.h"

namespace catlog::cli {

namespace {

void look_at_read_model(const Settings& settings, QuarantineView& view) try {
  if (!std::filesystem::exists(settings.data.current_read_model())) return;
  projector::Database database(settings.data.current_read_model(), projector::Open::read);
  const projector::Transaction snapshot(database, projector::Transaction::Kind::read);
  view.projected = projector::read_checkpoint(database).position;
  view.left_out = projector::read_left_out(database);
} catch (const projector::FileDamaged&) {
  view.projected.reset();
} catch (const events::StorageFull&) {
  view.projected.reset();
}

}  // namespace

QuarantineView look_at_quarantine(const Settings& settings, const store::Log& log) {
  QuarantineView view;
  view.standstill = projector::read_standstill(settings.data.run(), log.id());  // first: it was noted behind a commit
  look_at_read_model(settings, view);
  auto list = projector::Quarantine::read(settings.data.quarantine(), log.id());
  if (list) {
    view.list = std::move(*list);
    view.drift = projector::drift_of(view.list, view.left_out, view.projected.value_or(0));
  } else {
    view.list_fault = list.error();
  }
  // Somebody got past it without a projector: a rebuild.
  if (view.standstill && view.standstill->position != 0 && view.projected.value_or(0) >= view.standstill->position)
    view.standstill.reset();
  return view;
}

std::string to_json_members(const QuarantineView& view) {
  std::vector<events::Position> listed, left_out, with_them;
  for (const auto& event : view.list.events()) listed.push_back(event.position);
  for (const auto& event : view.left_out.listed) left_out.push_back(event.position);
  for (const auto& event : view.left_out.with_them) with_them.push_back(event.position);
  std::string fault;
  events::write_json_text(view.list_fault, fault);
  return fmt::format(
      R"("projector":{},"quarantine":{{"listed":[{}],"leftOut":[{}],"leftOutWithThem":{{"count":{},"first":[{}]}},)"
      R"("rebuildNeeded":{},"listFault":{}}})",
      view.standstill ? projector::to_json(*view.standstill) : "null", fmt::join(listed, ","), fmt::join(left_out, ","),
      view.left_out.with_them_count, fmt::join(with_them, ","), !view.drift.empty(),
      view.list_fault.empty() ? "null" : fault);
}

std::string to_text(const QuarantineView& view) {
  std::string text;
  if (view.standstill)
    text += to_lines("projector   {}, since {}\n", projector::to_text(*view.standstill),
                     events::to_rfc3339(view.standstill->since_us));
  if (!view.left_out.empty()) text += to_lines("read model  {}\n", projector::to_text(view.left_out));
  if (!view.list_fault.empty()) text += to_lines("quarantine  {}\n", view.list_fault);
  for (const std::string& sentence : projector::to_sentences(view.drift))
    text += to_lines("quarantine  {}\n", sentence);
  return text;
}

}  // namespace catlog::cli
