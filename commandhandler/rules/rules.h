#pragma once
#include <span>

#include "commandhandler/rules/judge.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler {

// Judges the command that `judge` was made for: first whether its sender may send it, then by the rule of its kind.
// What happens is emitted through `judge`, nothing when the command changes nothing. A refusal says why not; what was
// emitted until then is the caller's to drop. Not for a `batch`: its commands are judged one by one (decide.h).
// Throws KeyDamaged, and Failure for a state or log that cannot be read.
OrRefusal<void> judge_command(Judge& judge);

// How the content of one kind of command is judged. A rule says about() what the command is, and emits what happens.
struct Rule {
  schema::Command::Which kind;
  OrRefusal<void> (*body)(Judge& judge, schema::Command::Reader command);
};

// The rule `body(judge, content)`, where `get` takes the content out of a command of this kind.
template <schema::Command::Which kind, auto get, auto body>
constexpr Rule rule() {
  return {kind, [](Judge& judge, schema::Command::Reader command) { return body(judge, (command.*get)()); }};
}

// All rules, each beside its body: rules_titles.cpp, rules_sources.cpp, rules_storage.cpp, rules_users.cpp,
// rules_lists.cpp, rules_look_up.cpp.
std::span<const Rule> title_rules();
std::span<const Rule> source_rules();
std::span<const Rule> storage_rules();
std::span<const Rule> user_rules();
std::span<const Rule> list_rules();
std::span<const Rule> look_up_rules();

}  // namespace catlog::commandhandler
