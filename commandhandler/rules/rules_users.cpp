// Users, their tokens and Trakt links, and the audit trail.
#include "events/schema/vocabulary.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/rules/rules.h"
#include "events/digest.h"
#include "events/text/blank.h"

namespace catlog::commandhandler {
namespace {

using C = schema::Command;
using Reader = schema::Command::Reader;

using schema::AuditAction;

// How many rows one command expires or purges; the caller repeats it until it is `unchanged`.
constexpr size_t max_swept = 1'000;

Stream user_stream(int64_t id) { return {Entity::USER, id}; }

std::string_view view_of(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

std::string resource_of(int64_t user) { return fmt::format("users/{}", user); }

// The user that the command is about, with all checks.
OrRefusal<int64_t> about_user(Judge& judge, schema::UserRef::Reader ref) {
  CATLOG_TRY(id, judge.find(ref));
  CATLOG_PASS(judge.touch_user(id));
  CATLOG_PASS(judge.about(user_stream(id), Exists::yes));
  return id;
}

bool is_active(const Judge& judge, int64_t user) {
  return kept_int(*judge.row(Entity::USER, user), Entity::USER, "isActive") == 1;
}

OrRefusal<void> revoke_tokens(Judge& judge, int64_t user) {
  judge.lift_limit();  // a user can have any number of tokens, and must be got rid of
  for (const auto& key : judge.state().keys(child_prefix(Entity::REFRESH_TOKEN, 0, user)))
    CATLOG_PASS(judge.emit_row(user_stream(user), Which::REFRESH_TOKEN_REVOKED, id_at_end(key)));
  return {};
}

OrRefusal<void> set_active(Judge& judge, int64_t user, Which which, int64_t active) {
  if (is_active(judge, user) == (active == 1)) return {};
  CATLOG_PASS(
      judge.emit<schema::UserActive>(user_stream(user), which, [&](auto& group) { group.setIsActive(active); }));
  if (active == 0) CATLOG_PASS(revoke_tokens(judge, user));
  return judge.audit(user, AuditAction::USER_UPDATE, resource_of(user));
}

void seal(Judge& judge, int64_t user, schema::TraktFacts::Builder facts) {
  // A blank token stays as it is, for the rule on the column to refuse it.
  auto sealed = [&](std::string_view text) { return judge.sealing().seal(user, text); };
  if (auto text = view_of(facts.asReader().getAccessToken()); !events::is_blank(text))
    facts.setAccessToken(sealed(text));
  if (auto text = view_of(facts.asReader().getRefreshToken()); !events::is_blank(text))
    facts.setRefreshToken(sealed(text));
}

OrRefusal<void> put_trakt(Judge& judge, int64_t user, int64_t id, Which which, schema::TraktFacts::Reader from,
                          const std::string& username) try {
  CATLOG_PASS(judge.emit<schema::TraktFacts>(Emit::if_changed, user_stream(user), which, from, [&](auto& facts) {
    facts.setId(id);
    if (!username.empty()) facts.setUsername(username);
    seal(judge, user, facts);
  }));
  return {};
} catch (const KeyDamaged& damaged) {
  return refuse(RefusalCode::RESTRICTED, "user", std::string("this user's tokens cannot be sealed: ") + damaged.what());
}

OrRefusal<void> register_user(Judge& judge, schema::RegisterUser::Reader command) {
  int64_t id = judge.next_id(Entity::USER);
  CATLOG_PASS(judge.about(user_stream(id), Exists::no));
  CATLOG_PASS(judge.emit<schema::UserFacts>(Emit::always, user_stream(id), Which::USER_REGISTERED, command.getFacts(),
                                            [](auto& facts) {
                                              if (facts.getRole() == schema::Role::UNSET)
                                                facts.setRole(schema::Role::USER);
                                              if (facts.getIsActive() == events::absent_int) facts.setIsActive(1);
                                            }));
  return judge.audit(id, AuditAction::USER_CREATION, resource_of(id));
}

OrRefusal<void> change_password(Judge& judge, schema::ChangePassword::Reader command) {
  CATLOG_TRY(id, about_user(judge, command.getUser()));
  CATLOG_PASS(judge.emit<schema::Password>(Emit::always, user_stream(id), Which::PASSWORD_CHANGED,
                                           command.getPassword(), [](auto&) {}));
  return judge.audit(id, AuditAction::PASSWORD_CHANGE, resource_of(id));
}

OrRefusal<void> assign_role(Judge& judge, schema::AssignRole::Reader command) {
  CATLOG_TRY(id, about_user(judge, command.getUser()));
  auto user = judge.row(Entity::USER, id);
  if (kept_int(*user, Entity::USER, "role") == static_cast<int64_t>(command.getRole())) return {};
  CATLOG_PASS(judge.emit<schema::UserRole>(user_stream(id), Which::ROLE_ASSIGNED,
                                           [&](auto& group) { group.setRole(command.getRole()); }));
  return judge.audit(id, AuditAction::ROLE_CHANGE, resource_of(id));
}

OrRefusal<void> activate_user(Judge& judge, schema::OnUser::Reader command) {
  CATLOG_TRY(id, about_user(judge, command.getUser()));
  return set_active(judge, id, Which::USER_ACTIVATED, 1);
}

OrRefusal<void> deactivate_user(Judge& judge, schema::OnUser::Reader command) {
  CATLOG_TRY(id, about_user(judge, command.getUser()));
  return set_active(judge, id, Which::USER_DEACTIVATED, 0);
}

OrRefusal<void> remove_user(Judge& judge, schema::OnUser::Reader command) {
  CATLOG_TRY(id, about_user(judge, command.getUser()));
  CATLOG_PASS(revoke_tokens(judge, id));
  if (auto trakt = judge.by_key(Entity::TRAKT_USER, {id}))
    CATLOG_PASS(judge.emit_row(user_stream(id), Which::TRAKT_UNLINKED, *trakt));
  CATLOG_PASS(judge.emit(user_stream(id), Which::USER_REMOVED));
  return judge.audit(events::absent_int, AuditAction::USER_DELETION, resource_of(id));
}

OrRefusal<void> issue_refresh_token(Judge& judge, schema::IssueRefreshToken::Reader command) {
  CATLOG_TRY(user, judge.find(command.getUser()));
  CATLOG_PASS(judge.touch_user(user));
  int64_t id = judge.next_id(Entity::REFRESH_TOKEN);
  CATLOG_PASS(judge.about(user_stream(user), Entity::REFRESH_TOKEN, id, Exists::no));
  if (!is_active(judge, user))
    return refuse(RefusalCode::INACTIVE_USER, "user", "the user is not active; activate it before it gets a token");
  CATLOG_PASS(judge.emit<schema::TokenFacts>(Emit::always, user_stream(user), Which::REFRESH_TOKEN_ISSUED,
                                             command.getFacts(), [&](auto& facts) {
                                               facts.setId(id);
                                               auto token = view_of(facts.asReader().getToken());
                                               if (!events::is_blank(token))
                                                 facts.setToken(events::hex(events::sha256(token)));
                                             }));
  return judge.audit(user, AuditAction::TOKEN_REFRESH, resource_of(user));
}

OrRefusal<void> revoke_refresh_token(Judge& judge, schema::RevokeRefreshToken::Reader command) {
  CATLOG_TRY(id, judge.find(command.getToken(), "token"));
  int64_t user = kept_int(*judge.row(Entity::REFRESH_TOKEN, id), Entity::REFRESH_TOKEN, "userId");
  CATLOG_PASS(judge.touch_user(user));
  CATLOG_PASS(judge.about(user_stream(user), Entity::REFRESH_TOKEN, id, Exists::yes));
  CATLOG_PASS(judge.emit_row(user_stream(user), Which::REFRESH_TOKEN_REVOKED, id));
  return judge.audit(user, AuditAction::TOKEN_INVALIDATION, resource_of(user));
}

OrRefusal<void> expire_refresh_tokens(Judge& judge, schema::ExpireRefreshTokens::Reader command) {
  int64_t before = command.getBefore() == events::absent_int ? judge.now_us() : command.getBefore();
  if (before > judge.now_us())
    return refuse(RefusalCode::INVALID, "before", "before lies in the future; no token has expired then yet");
  // The index is sorted by the time of expiry.
  auto prefix = index_prefix(Entity::REFRESH_TOKEN, 1, {});
  bool any = false;
  const auto keys = judge.state().keys(prefix, prefix, max_swept);
  CATLOG_PASS(judge.look_at(keys.size()));
  for (const auto& key : keys) {
    int64_t id = id_at_end(key);
    auto token = judge.row(Entity::REFRESH_TOKEN, id);
    if (kept_int(*token, Entity::REFRESH_TOKEN, "expiresAt") > before) break;
    int64_t user = kept_int(*token, Entity::REFRESH_TOKEN, "userId");
    CATLOG_PASS(judge.emit_row(user_stream(user), Which::REFRESH_TOKEN_EXPIRED, id));
    any = true;
  }
  if (!any) return {};
  return judge.audit(events::absent_int, AuditAction::TOKEN_INVALIDATION, "refresh_tokens");
}

OrRefusal<void> link_trakt(Judge& judge, schema::LinkTrakt::Reader command) {
  CATLOG_TRY(user, judge.find(command.getUser()));
  CATLOG_PASS(judge.touch_user(user));
  auto known = judge.by_key(Entity::TRAKT_USER, {user});
  int64_t id = known ? *known : judge.next_id(Entity::TRAKT_USER);
  CATLOG_PASS(judge.about(user_stream(user), Entity::TRAKT_USER, id, known ? Exists::yes : Exists::no));
  return put_trakt(judge, user, id, Which::TRAKT_LINKED, command.getFacts(), {});
}

OrRefusal<void> refresh_trakt(Judge& judge, schema::RefreshTrakt::Reader command) {
  CATLOG_TRY(user, judge.find(command.getUser()));
  CATLOG_PASS(judge.touch_user(user));
  auto id = judge.by_key(Entity::TRAKT_USER, {user});
  if (!id) return refuse(RefusalCode::NOT_FOUND, "user", "the user has no Trakt link; link it first");
  CATLOG_PASS(judge.about(user_stream(user), Entity::TRAKT_USER, *id, Exists::yes));
  capnp::MallocMessageBuilder message;
  auto facts = message.initRoot<schema::TraktFacts>();
  if (command.hasAccessToken()) facts.setAccessToken(command.getAccessToken());
  if (command.hasRefreshToken()) facts.setRefreshToken(command.getRefreshToken());
  facts.setExpiresAt(command.getExpiresAt());
  return put_trakt(judge, user, *id, Which::TRAKT_REFRESHED, facts,
                   kept_text(*judge.row(Entity::TRAKT_USER, *id), Entity::TRAKT_USER, "username"));
}

OrRefusal<void> unlink_trakt(Judge& judge, schema::OnUser::Reader command) {
  CATLOG_TRY(user, judge.find(command.getUser()));
  CATLOG_PASS(judge.touch_user(user));
  auto id = judge.by_key(Entity::TRAKT_USER, {user});
  if (!id) return refuse(RefusalCode::NOT_FOUND, "user", "the user has no Trakt link");
  CATLOG_PASS(judge.about(user_stream(user), Entity::TRAKT_USER, *id, Exists::yes));
  return judge.emit_row(user_stream(user), Which::TRAKT_UNLINKED, *id);
}

OrRefusal<void> record_audit(Judge& judge, schema::RecordAudit::Reader command) {
  int64_t user = events::absent_int;
  if (command.hasUser()) {
    CATLOG_TRY(id, judge.find(command.getUser()));
    user = id;
  }
  Stream stream{Entity::AUDIT_LOG, judge.next_id(Entity::AUDIT_LOG)};
  CATLOG_PASS(judge.about(stream, Exists::no));
  CATLOG_PASS(judge.emit<schema::AuditFacts>(Emit::always, stream, Which::AUDIT_RECORDED, command.getFacts(),
                                             [&](auto& facts) { facts.setUserId(user); }));
  return {};
}

auto severities() { return capnp::Schema::from<schema::AuditSeverity>().getEnumerants(); }

// At most max_swept, the oldest first, for ids grow with time; UNSET: of any severity.
std::vector<int64_t> oldest_audit_rows(const State& state, schema::AuditSeverity severity) {
  std::vector<int64_t> ids;
  for (const auto enumerant : severities()) {
    const auto each = static_cast<schema::AuditSeverity>(enumerant.getOrdinal());
    if (severity != schema::AuditSeverity::UNSET && severity != each) continue;
    const Value value = static_cast<int64_t>(each);
    const auto prefix = index_prefix(Entity::AUDIT_LOG, 0, {&value, 1});
    for (const auto& key : state.keys(prefix, prefix, max_swept)) ids.push_back(id_at_end(key));
  }
  std::ranges::sort(ids);
  if (ids.size() > max_swept) ids.resize(max_swept);
  return ids;
}

OrRefusal<void> purge_audit_logs(Judge& judge, schema::PurgeAuditLogs::Reader command) {
  if (command.getBefore() == events::absent_int) return refuse(RefusalCode::INVALID, "before", "before is required");
  // A producer whose clock is ahead would have all of them removed.
  if (command.getBefore() > judge.recorded_us())
    return refuse(RefusalCode::INVALID, "before", "before lies in the future; give a time that has passed");
  if (static_cast<size_t>(command.getSeverity()) >= severities().size())
    return refuse(RefusalCode::INVALID, "severity",
                  "severity must be INFO, WARNING, ERROR or CRITICAL; leave it out for rows of any");
  const auto ids = oldest_audit_rows(judge.state(), command.getSeverity());
  CATLOG_PASS(judge.look_at(ids.size()));
  for (const int64_t id : ids) {
    Stream stream{Entity::AUDIT_LOG, id};
    if (judge.row(stream.kind, stream.id)->created_us() >= command.getBefore()) break;
    CATLOG_PASS(judge.emit(stream, Which::AUDIT_LOG_PURGED));
  }
  return {};
}

constexpr Rule users[] = {
    rule<C::REGISTER_USER, &Reader::getRegisterUser, register_user>(),
    rule<C::CHANGE_PASSWORD, &Reader::getChangePassword, change_password>(),
    rule<C::ASSIGN_ROLE, &Reader::getAssignRole, assign_role>(),
    rule<C::ACTIVATE_USER, &Reader::getActivateUser, activate_user>(),
    rule<C::DEACTIVATE_USER, &Reader::getDeactivateUser, deactivate_user>(),
    rule<C::REMOVE_USER, &Reader::getRemoveUser, remove_user>(),
    rule<C::ISSUE_REFRESH_TOKEN, &Reader::getIssueRefreshToken, issue_refresh_token>(),
    rule<C::REVOKE_REFRESH_TOKEN, &Reader::getRevokeRefreshToken, revoke_refresh_token>(),
    rule<C::EXPIRE_REFRESH_TOKENS, &Reader::getExpireRefreshTokens, expire_refresh_tokens>(),
    rule<C::LINK_TRAKT, &Reader::getLinkTrakt, link_trakt>(),
    rule<C::REFRESH_TRAKT, &Reader::getRefreshTrakt, refresh_trakt>(),
    rule<C::UNLINK_TRAKT, &Reader::getUnlinkTrakt, unlink_trakt>(),
    rule<C::RECORD_AUDIT, &Reader::getRecordAudit, record_audit>(),
    rule<C::PURGE_AUDIT_LOGS, &Reader::getPurgeAuditLogs, purge_audit_logs>(),
};

}  // namespace

std::span<const Rule> user_rules() { return users; }

}  // namespace catlog::commandhandler
