#include "commandhandler/rules/rules.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <vector>

#include "commandhandler/rules/declared.h"
#include "events/error.h"

namespace catlog::commandhandler {
namespace {

// Every rule at its command's discriminant. Each command that is declared has one, but `batch`.
class Rules {
 public:
  Rules() {
    for (const auto rules :
         {title_rules(), source_rules(), storage_rules(), user_rules(), list_rules(), look_up_rules()})
      for (const Rule& rule : rules) {
        const auto kind = static_cast<size_t>(rule.kind);
        by_kind_.resize(std::max(by_kind_.size(), kind + 1));
        CATLOG_CHECK(!by_kind_[kind]);
        by_kind_[kind] = rule.body;
      }
    for (const auto& command : events::model().commands())
      CATLOG_CHECK(command.which == schema::Command::BATCH || of(static_cast<schema::Command::Which>(command.which)));
  }
  decltype(Rule::body) of(schema::Command::Which kind) const { return by_kind_.at(static_cast<size_t>(kind)); }

 private:
  std::vector<decltype(Rule::body)> by_kind_;
};

}  // namespace

OrRefusal<void> judge_command(Judge& judge) {
  static const Rules rules;
  const auto command = judge.command();
  CATLOG_TRY(type, type_of(command));
  CATLOG_PASS(judge.authorise(*type));
  CATLOG_PASS(check_expected_version(command));
  CATLOG_CHECK(!command.isBatch());
  return rules.of(command.which())(judge, command);
}

}  // namespace catlog::commandhandler
