#include "bin/cli/subcommand.h"

#include <CLI/CLI.hpp>

namespace catlog::cli {

namespace {

// An empty value is a variable of the shell that is not set, and must not be taken for an option that was not given.
void refuse_empty_values(CLI::App& app) {
  const CLI::Validator is_given(
      [](const std::string& value) { return value.empty() ? std::string("an empty value; leave the option out") : ""; },
      "");
  for (CLI::Option* option : app.get_options())
    if (option->get_items_expected_max() > 0) option->check(is_given);
}

}  // namespace

bool Subcommand::chosen() const { return app_->parsed(); }

Subcommands make_subcommands(CLI::App& app) {
  Subcommands all;
  for (auto make : {make_send, make_describe, make_import, make_log, make_history, make_explain, make_tail,
                    make_rebuild, make_quarantine, make_verify, make_prove, make_check_proof, make_sql, make_report,
                    make_unseal, make_backup, make_restore, make_status})
    all.push_back(make(app));
  for (CLI::App* subcommand : app.get_subcommands({})) refuse_empty_values(*subcommand);
  refuse_empty_values(app);
  return all;
}

}  // namespace catlog::cli
