#include "bin/cli/subcommand.h"

#include <CLI/CLI.hpp>

namespace catlog::cli {

bool Subcommand::chosen() const { return app_->parsed(); }

Subcommands make_subcommands(CLI::App& app) {
  Subcommands all;
  for (auto make :
       {make_send, make_describe, make_import, make_log, make_history, make_tail, make_rebuild, make_verify, make_prove,
        make_check_proof, make_sql, make_report, make_unseal, make_backup, make_restore, make_status})
    all.push_back(make(app));
  return all;
}

}  // namespace catlog::cli
