#include "events/bus/limits.h"
#include "projector/groups/group_file.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {

// A group's file: it cannot be used, or it is a group that can go on, and is written as it was read.
void try_group(Input input) {
  using projector::GroupWork;
  const auto directory = scratch() / "groups";
  std::filesystem::create_directories(directory);
  write_file(directory / "index.json", text_of(input));
  const auto group = projector::read_group(directory, "index");
  if (!group) return must(!group.error().empty(), "a group cannot be used, and nothing says why");
  projector::write_group(directory, *group);
  const auto text = read_file(directory / "index.json");
  const auto again = projector::read_group(directory, "index");
  must(again.has_value(), "a group is written so that it cannot be read");
  projector::write_group(directory, *again);
  must(read_file(directory / "index.json") == text, "a group that is written is another one");

  GroupWork work(group->work, group->rules, GroupWork::Time(0));
  work.expire(GroupWork::Time(events::max_group_ack_ms));
  must(work.held() == 0, "members that said nothing hold events");
  if (!work.hear("anybody", GroupWork::Time(events::max_group_ack_ms))) return;
  const auto given = work.hand_out("anybody", GroupWork::Time(events::max_group_ack_ms), 10);
  for (const auto& delivery : given) must(work.acknowledge("anybody", delivery), "an event is not its holder's");
  must(work.held() == 0, "an event that was acknowledged is held");
}

}  // namespace catlog::tests
