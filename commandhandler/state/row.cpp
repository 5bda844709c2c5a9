#include "commandhandler/state/row.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "events/digest.h"
#include "events/error.h"

namespace catlog::commandhandler {
namespace {

enum class Tag : char { row = 'r', counter = 'n', command = 'c', unique = 'u', index = 'x', child = 'd' };
enum class ValueTag : char { null, integer, real, text };

// Longer texts are keyed by their digest: LMDB's keys end at 511 bytes.
constexpr size_t max_key_text = 64;
constexpr size_t bytes_around_values = 32;  // of a usual key

static_assert(std::endian::native == std::endian::little);

void put_u64(std::string& out, uint64_t value) {
  const uint64_t big_endian = __builtin_bswap64(value);
  out.append(reinterpret_cast<const char*>(&big_endian), sizeof big_endian);
}

void put_u64(char* at, uint64_t value) {
  const uint64_t big_endian = __builtin_bswap64(value);
  std::memcpy(at, &big_endian, sizeof big_endian);
}

uint64_t get_u64(const char* at) {
  uint64_t big_endian = 0;
  std::memcpy(&big_endian, at, sizeof big_endian);
  return __builtin_bswap64(big_endian);
}

uint64_t sortable(int64_t value) { return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63); }

std::string start(Tag tag, Entity entity) {
  std::string key;  // most are so short that they need no memory of their own
  key += static_cast<char>(tag);
  key += static_cast<char>(entity);
  return key;
}

void put_key_value(std::string& key, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return put_u64(key, sortable(*integer));
  const auto* text = std::get_if<std::string>(&value);
  CATLOG_CHECK(text);  // keys are made of integers and text that are there
  if (text->size() <= max_key_text) {
    key += 't';
    key += *text;
  } else {
    auto digest = events::sha256(*text);
    key += 'h';
    key.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  key += '\0';  // NUL is in no text, so that no key is the beginning of another
}

std::string values_key(Tag tag, Entity entity, size_t number, std::span<const Value> values) {
  auto key = start(tag, entity);
  size_t text_bytes = 0;
  for (const auto& value : values)
    if (const auto* text = std::get_if<std::string>(&value)) text_bytes += std::min(text->size(), max_key_text);
  if (text_bytes > 0) key.reserve(text_bytes + bytes_around_values);
  key += static_cast<char>(number);
  for (const auto& value : values) put_key_value(key, value);
  return key;
}

[[noreturn, gnu::cold]] void damaged() {
  throw events::Failure(events::Exit::damaged,
                        "the decision state is damaged; delete the folder state/ and start again");
}

// Reads back what encode_row wrote.
class Reader {
 public:
  explicit Reader(std::string_view bytes, size_t from = 0)
      : begin_(bytes.data()), at_(begin_ + from), end_(begin_ + bytes.size()) {}
  // How many bytes lie before the next one.
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  const char* skip(size_t count) {
    if (count > static_cast<size_t>(end_ - at_)) damaged();
    return std::exchange(at_, at_ + count);
  }
  std::string_view take(size_t count) { return {skip(count), count}; }
  uint64_t u64() { return get_u64(skip(sizeof(uint64_t))); }
  uint8_t u8() { return static_cast<uint8_t>(*skip(1)); }
  void skip_value() {
    const auto tag = static_cast<ValueTag>(u8());
    if (tag == ValueTag::integer || tag == ValueTag::real) skip(sizeof(uint64_t));
    if (tag == ValueTag::text) skip(u64());
  }
  // Whether the next one is this value; it is taken, or some of it.
  bool takes(const Value& expected) {
    const auto tag = static_cast<ValueTag>(u8());
    if (const auto* integer = std::get_if<int64_t>(&expected))
      return tag == ValueTag::integer && u64() == static_cast<uint64_t>(*integer);
    if (const auto* real = std::get_if<double>(&expected))
      return tag == ValueTag::real && std::bit_cast<double>(u64()) == *real;
    if (const auto* text = std::get_if<std::string>(&expected)) return tag == ValueTag::text && take(u64()) == *text;
    return tag == ValueTag::null;
  }
  Value value() {
    switch (static_cast<ValueTag>(u8())) {
      case ValueTag::integer:
        return static_cast<int64_t>(u64());
      case ValueTag::real:
        return std::bit_cast<double>(u64());
      case ValueTag::text:
        return std::string(take(u64()));
      default:
        return {};
    }
  }

 private:
  const char *begin_, *at_, *end_;
};

// In front of the kept values: alive, version, last_position, created_us.
constexpr size_t fixed_bytes = 1 + 3 * sizeof(uint64_t);

void put_value(std::string& out, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    out += static_cast<char>(ValueTag::integer);
    put_u64(out, static_cast<uint64_t>(*integer));
  } else if (const auto* real = std::get_if<double>(&value)) {
    out += static_cast<char>(ValueTag::real);
    put_u64(out, std::bit_cast<uint64_t>(*real));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out += static_cast<char>(ValueTag::text);
    put_u64(out, text->size());
    out += *text;
  } else {
    out += static_cast<char>(ValueTag::null);
  }
}

// Puts a number in the place of another one; nothing when either is none.
bool replace_number(char* at, const Value& value) {
  const auto tag = static_cast<ValueTag>(*at);
  const auto* integer = std::get_if<int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  if ((tag != ValueTag::integer && tag != ValueTag::real) || (!integer && !real)) return false;
  *at = static_cast<char>(integer ? ValueTag::integer : ValueTag::real);
  put_u64(at + 1, integer ? static_cast<uint64_t>(*integer) : std::bit_cast<uint64_t>(*real));
  return true;
}

template <class T>
std::optional<T> kept_as(const EncodedRow& row, size_t number) {
  Value value = row.kept(number);
  auto* held = std::get_if<T>(&value);
  return held ? std::optional<T>(std::move(*held)) : std::nullopt;
}

}  // namespace

void Row::set_group(uint8_t number, const GroupDigest& digest) {
  if (number == 0) return;
  if (groups.size() < number) groups.resize(number);
  groups[number - 1u] = digest;
}

std::string encode_row(const Row& row) {
  std::string out;
  out.reserve(40 + row.kept.size() * 16 + row.groups.size() * 16);
  out += static_cast<char>(row.alive);
  put_u64(out, row.version);
  put_u64(out, row.last_position);
  put_u64(out, static_cast<uint64_t>(row.created_us));
  out += static_cast<char>(row.kept.size());
  for (const auto& value : row.kept) put_value(out, value);
  out += static_cast<char>(row.groups.size());
  for (const auto& group : row.groups) out.append(reinterpret_cast<const char*>(group.data()), group.size());
  return out;
}

RowHead decode_head(std::string_view bytes) {
  Reader reader(bytes);
  RowHead head;
  head.alive = reader.u8() != 0;
  head.version = reader.u64();
  head.last_position = reader.u64();
  return head;
}

bool holds_group(std::string_view bytes, uint8_t number, const GroupDigest& digest) {
  Reader reader(bytes);
  if (reader.take(fixed_bytes)[0] == 0) return false;
  for (uint8_t count = reader.u8(); count > 0; --count) reader.skip_value();
  const uint8_t groups = reader.u8();
  if (number == 0 || number > groups) return false;
  reader.take((number - 1u) * digest.size());
  return std::memcmp(reader.take(digest.size()).data(), digest.data(), digest.size()) == 0;
}

bool holds_value(std::string_view bytes, size_t number, const Value& value) {
  Reader reader(bytes);
  if (reader.take(fixed_bytes)[0] == 0 || number >= reader.u8()) return false;
  for (; number > 0; --number) reader.skip_value();
  return reader.takes(value);
}

Row decode_row(std::string_view bytes) {
  Reader reader(bytes);
  Row row;
  row.alive = reader.u8() != 0;
  row.version = reader.u64();
  row.last_position = reader.u64();
  row.created_us = static_cast<int64_t>(reader.u64());
  row.kept.resize(reader.u8());
  for (auto& value : row.kept) value = reader.value();
  row.groups.resize(reader.u8());
  for (auto& group : row.groups) std::memcpy(group.data(), reader.take(group.size()).data(), group.size());
  return row;
}

void RowPatch::set_head(uint64_t version, Position last_position) {
  Reader(bytes_).take(fixed_bytes);
  put_u64(&bytes_[1], version);
  put_u64(&bytes_[1 + sizeof version], last_position);
}

// In front of a place nothing changes its length but a value that is set, which is looked for first.
size_t RowPatch::place_of(size_t number) {
  Reader reader(bytes_);
  reader.take(fixed_bytes);
  if (number > reader.u8()) damaged();
  size_t at = 0;
  if (found_at_ != 0 && found_ <= number) {
    reader.skip(found_at_ - reader.offset());
    at = found_;
  }
  for (; at < number; ++at) reader.skip_value();
  found_ = number;
  return found_at_ = reader.offset();
}

void RowPatch::set_kept(size_t number, const Value& value) {
  const size_t at = place_of(number);
  if (number >= static_cast<uint8_t>(bytes_[fixed_bytes])) damaged();
  Reader reader(bytes_, at);
  reader.skip_value();
  if (replace_number(&bytes_[at], value)) return;
  std::string encoded;
  put_value(encoded, value);
  bytes_.replace(at, reader.offset() - at, encoded);
}

void RowPatch::set_group(uint8_t number, const GroupDigest& digest) {
  if (number == 0) return;
  Reader(bytes_).take(fixed_bytes + 1);
  const size_t at = place_of(static_cast<uint8_t>(bytes_[fixed_bytes]));
  Reader reader(bytes_, at);
  const uint8_t groups = reader.u8();
  reader.take(groups * digest.size());
  if (groups < number) {
    bytes_.append((number - groups) * digest.size(), '\0');
    bytes_[at] = static_cast<char>(number);
  }
  std::memcpy(bytes_.data() + at + 1 + (number - 1u) * digest.size(), digest.data(), digest.size());
}

EncodedRow::EncodedRow(std::string_view bytes) : bytes_(bytes) {
  Reader reader(bytes_);
  reader.skip(fixed_bytes);
  values_ = reader.u8();
  places_[0] = static_cast<uint32_t>(reader.offset());
}

int64_t EncodedRow::created_us() const {
  return static_cast<int64_t>(Reader(bytes_, fixed_bytes - sizeof(int64_t)).u64());
}

Value EncodedRow::kept(size_t number) const {
  if (number >= values_) return {};
  size_t at = std::min(number, last_found_);
  Reader reader(bytes_, places_[at]);
  while (at < number) {
    reader.skip_value();
    if (++at < places_known) places_[last_found_ = at] = static_cast<uint32_t>(reader.offset());
  }
  return reader.value();
}

size_t number_of(Entity entity, std::string_view column) {
  const auto& names = events::model().entity(entity).kept;
  const auto found = std::find(names.begin(), names.end(), column);
  CATLOG_CHECK(found != names.end());
  return static_cast<size_t>(found - names.begin());
}

const Value& kept(const Row& row, Entity entity, std::string_view column) {
  static const Value null;
  const size_t at = number_of(entity, column);
  return at < row.kept.size() ? row.kept[at] : null;
}

int64_t kept_int(const Row& row, Entity entity, std::string_view column) {
  const auto* value = std::get_if<int64_t>(&kept(row, entity, column));
  return value ? *value : events::absent_int;
}

int64_t kept_int(const EncodedRow& row, size_t number) {
  return kept_as<int64_t>(row, number).value_or(events::absent_int);
}

std::string kept_text(const EncodedRow& row, size_t number) { return kept_as<std::string>(row, number).value_or(""); }

std::optional<double> kept_real(const EncodedRow& row, Entity entity, std::string_view column) {
  return kept_as<double>(row, number_of(entity, column));
}

FixedBytes<10> row_key(Entity entity, int64_t id) {
  FixedBytes<10> key{{static_cast<char>(Tag::row), static_cast<char>(entity)}};
  put_u64(&key.bytes[2], sortable(id));
  return key;
}

FixedBytes<2> counter_key(Entity entity) { return {{static_cast<char>(Tag::counter), static_cast<char>(entity)}}; }

FixedBytes<17> command_key(events::Uuid id) {
  FixedBytes<17> key;
  key.bytes[0] = static_cast<char>(Tag::command);
  put_u64(&key.bytes[1], id.high);
  put_u64(&key.bytes[9], id.low);
  return key;
}

std::string unique_key(Entity entity, size_t number, std::span<const Value> values) {
  return values_key(Tag::unique, entity, number, values);
}

std::string index_prefix(Entity entity, size_t number, std::span<const Value> values) {
  return values_key(Tag::index, entity, number, values);
}

std::string index_entry(std::string prefix, int64_t id) {
  put_u64(prefix, sortable(id));
  return prefix;
}

std::string child_prefix(Entity child, size_t number, int64_t parent) {
  auto key = start(Tag::child, child);
  key += static_cast<char>(number);
  put_u64(key, sortable(parent));
  return key;
}

std::string child_entry(Entity child, size_t number, int64_t parent, int64_t id) {
  return index_entry(child_prefix(child, number, parent), id);
}

int64_t id_at_end(std::string_view key) {
  CATLOG_CHECK(key.size() >= 8);
  return static_cast<int64_t>(get_u64(&key[key.size() - 8]) ^ (uint64_t{1} << 63));
}

bool is_command_key(std::string_view key) { return !key.empty() && key[0] == static_cast<char>(Tag::command); }

bool is_row_key(std::string_view key) { return !key.empty() && key[0] == static_cast<char>(Tag::row); }

bool is_ordered(std::string_view key) {
  return !key.empty() && (key[0] == static_cast<char>(Tag::index) || key[0] == static_cast<char>(Tag::child));
}

FixedBytes<8> encode_id(int64_t id) {
  FixedBytes<8> out;
  put_u64(out.bytes.data(), static_cast<uint64_t>(id));
  return out;
}

int64_t decode_id(std::string_view bytes) { return static_cast<int64_t>(Reader(bytes).u64()); }

FixedBytes<17> encode_known(const KnownCommand& known) {
  FixedBytes<17> out;
  put_u64(&out.bytes[0], known.first_position);
  out.bytes[8] = static_cast<char>(known.subject);
  put_u64(&out.bytes[9], static_cast<uint64_t>(known.subject_id));
  return out;
}

KnownCommand decode_known(std::string_view bytes) {
  Reader reader(bytes);
  KnownCommand known;
  known.first_position = reader.u64();
  known.subject = static_cast<Entity>(reader.u8());
  known.subject_id = static_cast<int64_t>(reader.u64());
  return known;
}

}  // namespace catlog::commandhandler
