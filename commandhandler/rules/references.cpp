#include "commandhandler/rules/references.h"

#include <algorithm>

#include <fmt/format.h>

#include "commandhandler/rules/judge.h"
#include "events/digest.h"
#include "events/text/uuid.h"

namespace catlog::commandhandler {

using events::Kind;
using events::NamingKey;
using events::ReferenceForm;
using events::Sections;

namespace {

Value value_in(const events::Column& field, const Sections& ref) {
  if (field.kind == Kind::integer) return ref.integer(field);
  const auto text = ref.text(field);
  return field.secret ? events::hex(events::sha256(text)) : std::string(text);
}

capnp::AnyStruct::Reader struct_in(const events::Column& field, const Sections& ref) {
  return ref.pointers()[field.offset].getAs<capnp::AnyStruct>();
}

bool is_given(const events::Column& field, const Sections& ref) { return !ref.is_absent(field); }

bool is_given(const NamingKey& key, const Sections& ref) {
  return std::ranges::any_of(key.parts, [&](const auto& part) { return is_given(part.field, ref); });
}

// " with tmdbId 603", for whoever is told that there is none. What is long is cut, what is secret is not said.
std::string told(const events::Column& field, const Sections& ref) {
  constexpr size_t most_bytes = 100;
  if (field.secret) return fmt::format(" with this {}", field.name);
  if (field.kind == Kind::integer) return fmt::format(" with {} {}", field.name, ref.integer(field));
  const auto text = ref.text(field);
  if (text.size() > most_bytes) return fmt::format(" with this {}", field.name);
  return fmt::format(" with {} {}", field.name, text);
}

std::string told(const ReferenceForm& form, const NamingKey* given, const Sections& ref) {
  if (is_given(form.id, ref)) return told(form.id, ref);
  if (!given) return told(form.created_by, ref);
  std::string text;
  for (const auto& part : given->parts) text += part.row ? " of this " + part.field.name : told(part.field, ref);
  return text;
}

// Whether no part of the key is left out.
OrRefusal<void> check_whole(const NamingKey& key, const Sections& ref, const std::string& of) {
  for (const auto& part : key.parts) {
    const bool is_there = is_given(part.field, ref);
    if (is_there && !part.row) continue;
    const auto name = fmt::format("{}.{}", of, part.field.name);
    if (!is_there) {
      const auto other = std::ranges::find_if(key.parts, [&](const auto& each) { return is_given(each.field, ref); });
      return refuse(RefusalCode::INVALID, name,
                    fmt::format("{} is needed with {}", part.field.name, other->field.name));
    }
    CATLOG_PASS(way_of(*part.row, Sections(struct_in(part.field, ref)), name));
  }
  return {};
}

}  // namespace

OrRefusal<const NamingKey*> way_of(const ReferenceForm& form, const Sections& ref, const std::string& name) {
  const auto created_by = ref.text(form.created_by);
  const NamingKey* way = nullptr;
  int ways = (is_given(form.id, ref) ? 1 : 0) + (created_by.empty() ? 0 : 1);
  for (const auto& key : form.keys) {
    if (!is_given(key, ref)) continue;
    CATLOG_PASS(check_whole(key, ref, name));
    way = &key;
    ++ways;
  }
  if (ways != 1)
    return refuse(RefusalCode::INVALID, name,
                  fmt::format("name the {} by exactly one of id, createdBy and its natural key",
                              events::model().entity(form.entity).name));
  if (!created_by.empty() && !events::parse_uuid(created_by))
    return refuse(RefusalCode::INVALID, name, "createdBy must be the UUID of a command");
  return way;
}

// `key`: a whole one.
OrRefusal<std::vector<Value>> Judge::key_in(const NamingKey& key, const Sections& ref, std::string_view field) const {
  std::vector<Value> values;
  for (const auto& part : key.parts) {
    if (!part.row) {
      values.push_back(value_in(part.field, ref));
      continue;
    }
    CATLOG_TRY(row, find_row(*part.row, struct_in(part.field, ref), fmt::format("{}.{}", field, part.field.name)));
    values.emplace_back(row);
  }
  return values;
}

OrRefusal<std::optional<int64_t>> Judge::by_names(const ReferenceForm& form, const NamingKey& key,
                                                  std::vector<Value> values, const std::string& field) const {
  const auto& entity = events::model().entity(form.entity);
  size_t index = key.index;
  if (entity.indexes[index].unique) {
    const auto found = by_key(form.entity, values, index);
    if (found || !key.by_identity) return found;
    index = *key.by_identity;  // in whatever spelling; a row from before the rule on spellings is found by its own
  }
  if (entity.indexes[index].by_identity)
    for (Value& value : values) value = identity_of(value);
  const auto prefix = index_prefix(form.entity, index, values);
  const auto found = state_.keys(prefix, prefix, 2);
  if (found.empty()) return std::nullopt;
  if (found.size() > 1)
    return refuse(RefusalCode::INVALID, field, fmt::format("several {}s have this; name it by its id", entity.name));
  return id_at_end(found.front());
}

OrRefusal<int64_t> Judge::find_row(const ReferenceForm& form, capnp::AnyStruct::Reader reference,
                                   std::string_view field) const {
  const Sections ref(reference);
  const auto& entity = events::model().entity(form.entity);
  const std::string name(field.empty() ? std::string_view(entity.name) : field);
  CATLOG_TRY(way, way_of(form, ref, name));
  const auto not_found = [&] {
    return refuse(RefusalCode::NOT_FOUND, name, fmt::format("there is no {}{}", entity.name, told(form, way, ref)));
  };
  int64_t id = ref.integer(form.id);
  if (const auto command = events::parse_uuid(ref.text(form.created_by))) {
    const auto known = state_.get(command_key(*command));
    const auto what = known ? std::optional(decode_known(*known)) : meta_.unchanged.find(*command);
    if (!what || what->subject != form.entity) return not_found();
    id = what->subject_id;
  }
  if (way) {
    CATLOG_TRY(values, key_in(*way, ref, name));
    CATLOG_TRY(found, by_names(form, *way, std::move(values), name));
    if (!found) return not_found();
    id = *found;
  }
  if (!state_.head(form.entity, id).alive) return not_found();
  return id;
}

}  // namespace catlog::commandhandler
