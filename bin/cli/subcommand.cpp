#include "bin/cli/subcommand.h"

namespace catlog::cli {

// Each is defined in the file of its name, or in the one of the subcommand that it is close to.
using Make = std::unique_ptr<Subcommand>(Syntax parent);
Make make_send, make_describe, make_import, make_log, make_history, make_explain, make_tail, make_rebuild, make_migrate,
    make_quarantine, make_verify, make_prove, make_check_proof, make_sql, make_report, make_unseal, make_backup,
    make_restore, make_status, make_publish, make_doctor, make_schema, make_tidy, make_optimize, make_group,
    make_bus_keys, make_wait_for, make_version_of, make_source, make_play, make_destroy_key;

Subcommands make_subcommands(Syntax program) {
  Subcommands all;
  for (Make* make :
       {make_send,    make_describe, make_import,     make_log,     make_history,  make_explain,     make_tail,
        make_rebuild, make_migrate,  make_quarantine, make_verify,  make_prove,    make_check_proof, make_sql,
        make_report,  make_unseal,   make_backup,     make_restore, make_status,   make_publish,     make_doctor,
        make_schema,  make_tidy,     make_optimize,   make_group,   make_bus_keys, make_wait_for,    make_version_of,
        make_source,  make_play,     make_destroy_key})
    all.push_back(make(program));
  return all;
}

}  // namespace catlog::cli
