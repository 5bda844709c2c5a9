#include "bin/housekeeping/housekeeping_options.h"

#include <fmt/format.h>

#include "bin/housekeeping/backups.h"
#include "bin/housekeeping/program_task.h"
#include "bin/housekeeping/sweeps.h"
#include "events/error.h"

namespace catlog::housekeeping {

namespace {

using events::Exit;
using events::Failure;

constexpr uint64_t longest_days = 36'500, most_copies = 100, least_limit_s = 1, longest_limit_s = 7 * 24 * 3'600;

void add_time(Syntax& syntax, const std::string& name, const std::string& variable, std::string& into,
              const std::string& what) {
  syntax.option(name, into, "when to " + what).or_variable(variable).shows_default();
}

void add_days(Syntax& syntax, const std::string& name, const std::string& variable, uint64_t& into,
              const std::string& what) {
  syntax.option(name, into, what).or_variable(variable).between(0, longest_days).shows_default();
}

void add_backup(Syntax& syntax, Options& options) {
  add_time(syntax, "--backup", "CATLOG_BACKUP_WHEN", options.backup, "make a backup and read it back");
  syntax.option("--backup-directory", options.backup_directory, "where backups are made; it must be there")
      .or_variable("CATLOG_BACKUP_DIRECTORY");
  syntax.option("--backup-copies", options.backup_copies, "how many whole backups are kept there, used in turns")
      .or_variable("CATLOG_BACKUP_COPIES")
      .between(1, most_copies)
      .shows_default();
  syntax.option("--backup-keys", options.backup_keys, "where keys are copied to at each backup (default: nowhere)")
      .or_variable("CATLOG_BACKUP_KEYS");
}

std::optional<Timetable> timetable_of(const Options& options, const char* name, const std::string& text) {
  if (text == "off") return {};
  auto timetable = Timetable::parse(text, options.zone == "local" ? Zone::local : Zone::utc);
  if (!timetable)
    throw Failure(Exit::usage,
                  fmt::format("--{} {}: it must be an interval (90s, 15m, 6h, 2d), a time of day (03:30), a "
                              "day and time (sun 03:30), or off",
                              name, text));
  return timetable;
}

std::vector<Retention> retentions_of(const Options& options) {
  std::vector<Retention> retentions;
  for (const auto& [severity, days] :
       {std::pair("INFO", options.audit_info_days), std::pair("WARNING", options.audit_warning_days),
        std::pair("ERROR", options.audit_error_days), std::pair("CRITICAL", options.audit_critical_days)})
    if (days != 0) retentions.push_back({severity, static_cast<int64_t>(days)});
  if (retentions.empty() && options.purge_audit != "off")
    throw Failure(Exit::usage,
                  "--purge-audit needs to know for how long: give one of --audit-info-days, "
                  "--audit-warning-days, --audit-error-days, --audit-critical-days");
  return retentions;
}

BackupOptions backup_options(const Options& options) {
  if (options.backup_directory.empty() && options.backup != "off")
    throw Failure(Exit::usage, "--backup needs --backup-directory: where backups are made");
  const auto whole = [](const std::filesystem::path& path) {
    return path.empty() ? path : std::filesystem::absolute(path);
  };
  return {whole(options.backup_directory), options.backup_copies, whole(options.backup_keys)};
}

}  // namespace

void add_options(Syntax syntax, Options& options) {
  syntax.option("--housekeeping-zone", options.zone, "whose time of day the following mean: utc or local")
      .or_variable("CATLOG_HOUSEKEEPING_ZONE")
      .one_of({"utc", "local"})
      .shows_default();
  add_time(
      syntax, "--expire-tokens", "CATLOG_EXPIRE_TOKENS", options.expire_tokens,
      "take expired refresh tokens away: an interval (1h), a time of day (03:30), a day and time (sun 03:30), or off");
  add_time(syntax, "--purge-audit", "CATLOG_PURGE_AUDIT", options.purge_audit, "take old audit rows away");
  add_days(syntax, "--audit-info-days", "CATLOG_AUDIT_INFO_DAYS", options.audit_info_days,
           "how long audit rows of severity INFO are kept; 0: for ever");
  add_days(syntax, "--audit-warning-days", "CATLOG_AUDIT_WARNING_DAYS", options.audit_warning_days, "of WARNING");
  add_days(syntax, "--audit-error-days", "CATLOG_AUDIT_ERROR_DAYS", options.audit_error_days, "of ERROR");
  add_days(syntax, "--audit-critical-days", "CATLOG_AUDIT_CRITICAL_DAYS", options.audit_critical_days, "of CRITICAL");
  add_backup(syntax, options);
  add_time(syntax, "--verify", "CATLOG_VERIFY", options.verify, "run catlog verify");
  add_time(syntax, "--optimize", "CATLOG_OPTIMIZE", options.optimize, "have SQLite look at the read model's indexes");
  add_time(syntax, "--tidy", "CATLOG_TIDY", options.tidy, "take away read models that nobody asked for any more");
  add_days(syntax, "--as-of-days", "CATLOG_AS_OF_DAYS", options.as_of_days,
           "how long an as-of file stays that nobody asks; 0: as long as there is room");
  add_days(syntax, "--generation-days", "CATLOG_GENERATION_DAYS", options.generation_days,
           "how long the way back of the last rebuild stays; 0: until the next");
  syntax.option("--catlog", options.catlog, "the program that does it (default: catlog beside catlogd)")
      .or_variable("CATLOG_PROGRAM");
  syntax.option("--housekeeping-limit-s", options.limit_s, "how long one run of it may take")
      .or_variable("CATLOG_HOUSEKEEPING_LIMIT_S")
      .between(least_limit_s, longest_limit_s)
      .shows_default();
}

void check(const Options& options) {
  for (const auto& [name, text] :
       {std::pair("expire-tokens", options.expire_tokens), std::pair("purge-audit", options.purge_audit),
        std::pair("tidy", options.tidy), std::pair("backup", options.backup), std::pair("verify", options.verify),
        std::pair("optimize", options.optimize)})
    timetable_of(options, name, text);
  retentions_of(options);
  backup_options(options);
}

std::vector<Chore> make_chores(const Options& options, Commands& commands, Programs& programs, const store::Log& log) {
  std::vector<Chore> chores;
  const auto add = [&](std::unique_ptr<Task> task, const std::string& time) {
    const char* name = task->name();
    chores.push_back({std::move(task), timetable_of(options, name, time)});
  };
  add(std::make_unique<ExpireTokens>(commands), options.expire_tokens);
  add(std::make_unique<PurgeAudit>(commands, retentions_of(options)), options.purge_audit);
  add(std::make_unique<ProgramTask>(
          "tidy", programs,
          std::vector<std::string>{"tidy", "--as-of-days", std::to_string(options.as_of_days), "--generation-days",
                                   std::to_string(options.generation_days)}),
      options.tidy);
  add(std::make_unique<BackUp>(programs, log, backup_options(options)), options.backup);
  add(std::make_unique<ProgramTask>("verify", programs, std::vector<std::string>{"verify"}), options.verify);
  add(std::make_unique<ProgramTask>("optimize", programs, std::vector<std::string>{"optimize"}), options.optimize);
  return chores;
}

}  // namespace catlog::housekeeping
