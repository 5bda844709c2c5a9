#include "store/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "events/text/uuid.h"
#include "store/files/file_lock.h"
#include "store/lmdb/environment.h"
#include "store/log_names.h"
#include "store/meta.h"

namespace catlog::store {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t word_bytes = 8;
constexpr size_t max_read_ahead = 64;  // records that a scan finds before it visits them, if they lie on one page
constexpr Layout log_layout{.name = "log",
                            .map_size_bytes = size_t{1} << 40,
                            .format = log_format,
                            .content = {.name = "records", .flags = MDB_INTEGERKEY}};

[[noreturn]] void damaged(const std::filesystem::path& directory, const std::string& what) {
  throw Failure(Exit::damaged, fmt::format("the log in {} is damaged: {}", directory.string(), what));
}

[[noreturn]] void not_the_one(const std::filesystem::path& directory, const std::string& what) {
  throw Failure(Exit::failure,
                fmt::format("{}: the log in {} is not the one that was opened, and nothing more is answered; put back "
                            "what was there (is it mounted?), start again, and send again what got no receipt",
                            what, directory.string()));
}

constexpr size_t node_bytes(Position position) { return nodes_with(position) * sizeof(Digest); }

// Whether a value can be the record of this position and the nodes that it completes, which lie behind it.
bool is_record(std::string_view value, Position position) {
  return value.size() > node_bytes(position) && value.size() % word_bytes == 0 &&
         reinterpret_cast<uintptr_t>(value.data()) % word_bytes == 0;
}

Bytes record_in(std::string_view value, Position position, const ReadTransaction& transaction) {
  if (!is_record(value, position))
    damaged(transaction.environment().directory(),
            fmt::format("event {} is not made of words and the nodes of its Merkle tree", position));
  return std::as_bytes(std::span(value)).first(value.size() - node_bytes(position));
}

// The record that an entry is, if it is this position's and well.
std::optional<Bytes> record_of(const Entry& entry, Position position) {
  if (to_number(entry.key) != position || !is_record(entry.value, position)) return {};
  return std::as_bytes(std::span(entry.value)).first(entry.value.size() - node_bytes(position));
}

// An append-only tree's pages lie mostly in the order of the positions: so the page behind is the one that LMDB goes to
// next. What it looks at there is asked for; a wrong guess costs nothing, for a prefetch never faults (decision 33).
void prefetch_next_page(const std::byte* page) {
  constexpr size_t line_bytes = 64, first_record_bytes = 512;
  __builtin_prefetch(page + page_bytes);
  for (size_t back = line_bytes; back <= first_record_bytes; back += line_bytes)
    __builtin_prefetch(page + 2 * page_bytes - back);
}

// Positions are gapless, so the number of records is the last position.
void check_positions(const ReadTransaction& transaction) {
  const Environment& environment = transaction.environment();
  const auto last = ReadCursor(transaction, environment.content()).last();
  const Position head = last ? to_number(last->key).value_or(0) : 0;
  const uint64_t count = transaction.count(environment.content());
  if (head != count)
    damaged(environment.directory(), fmt::format("the last event is {}, but there are {}", head, count));
}

Bytes read_record(const ReadTransaction& transaction, Position position) {
  const auto value = transaction.get(transaction.environment().content(), as_text(position));
  if (!value) damaged(transaction.environment().directory(), fmt::format("event {} is missing", position));
  return record_in(*value, position, transaction);
}

Digest read_node(const ReadTransaction& transaction, Position last, unsigned level) {
  const Bytes record = read_record(transaction, last);
  Digest node;
  std::memcpy(node.data(), record.data() + record.size() + level * node.size(), node.size());
  return node;
}

// What comes next is built on the tree's right edge, so each node of it is held against what it was made of.
Frontier read_edge(const ReadTransaction& transaction) {
  const Position head = transaction.count(transaction.environment().content());
  return Frontier::of(head, [&](Position last, unsigned level) {
    const Digest node = read_node(transaction, last, level);
    const Digest made = level == 0 ? leaf_hash(read_record(transaction, last))
                                   : node_hash(read_node(transaction, last - (Position{1} << (level - 1)), level - 1),
                                               read_node(transaction, last, level - 1));
    if (node != made)
      damaged(
          transaction.environment().directory(),
          fmt::format("the node over {} events of its Merkle tree, at position {}, is not the hash of what is below",
                      Position{1} << level, last));
    return node;
  });
}

// Whoever has a log of the format before can have it made over.
LogIdentity identity_of(const ReadTransaction& transaction) {
  auto identity = read_identity(transaction, log_format);
  if (identity) return *std::move(identity);
  const Environment& environment = transaction.environment();
  const auto format = to_number(transaction.get(environment.meta(), meta_key::format));
  if (format == earlier_log_format)
    throw OtherLogFormat(*format,
                         fmt::format("the log in {} has format {}, an earlier release's, and this one reads {}: "
                                     "start this release's catlogd, or run `catlog migrate`, which make it over "
                                     "and keep the file as it was",
                                     environment.directory().string(), *format, log_format));
  const bool is_readable = to_number(transaction.get(environment.meta(), meta_key::byte_order)) == byte_order_mark;
  if (is_readable && format && *format != log_format) throw OtherLogFormat(*format, identity.error());
  throw Failure(Exit::damaged, identity.error());
}

}  // namespace

struct LogSnapshot::State {
  ReadTransaction transaction;
  Position head;
};

struct LogSnapshot::Cursor::CursorState {
  const ReadTransaction& transaction;
  Position expected, head;
  ReadCursor cursor;
  std::optional<Entry> entry;  // of `expected`, when nothing is missing
  size_t wanted = 1;           // who scans on will want more than who looks at one command
  std::array<Bytes, max_read_ahead> some;
  std::array<Entry, max_read_ahead> found;
  const std::byte* page_ahead = nullptr;
};

LogSnapshot::LogSnapshot(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogSnapshot::LogSnapshot(LogSnapshot&&) noexcept = default;
LogSnapshot::~LogSnapshot() = default;

Position LogSnapshot::head() const { return state_->head; }

Bytes LogSnapshot::read(Position position) const {
  if (position == 0 || position > state_->head) return {};
  return read_record(state_->transaction, position);
}

TreeHead LogSnapshot::tree_head() const { return tree_head(head()); }

TreeHead LogSnapshot::tree_head(Position size) const {
  CATLOG_CHECK(size <= head());
  return {size, subtree_root(0, size, [this](Position last, unsigned level) { return tree_node(last, level); })};
}

Digest LogSnapshot::tree_node(Position last, unsigned level) const {
  CATLOG_CHECK(last > 0 && last <= head() && level < nodes_with(last));
  return read_node(state_->transaction, last, level);
}

Path LogSnapshot::inclusion_proof(Position position, Position size) const {
  CATLOG_CHECK(position > 0 && position <= size && size <= head());
  return inclusion_path(position, size, [this](Position last, unsigned level) { return tree_node(last, level); });
}

Path LogSnapshot::consistency_proof(Position from, Position to) const {
  CATLOG_CHECK(from > 0 && from <= to && to <= head());
  return consistency_path(from, to, [this](Position last, unsigned level) { return tree_node(last, level); });
}

LogSnapshot::Cursor::Cursor(const LogSnapshot& snapshot, Position from) {
  const ReadTransaction& transaction = snapshot.state_->transaction;
  state_.reset(new CursorState{
      transaction, from, snapshot.head(), {transaction, transaction.environment().content()}, {}, 1, {}, {}});
  state_->entry = state_->cursor.seek(as_text(from));
}

LogSnapshot::Cursor::~Cursor() = default;

// What precedes a damaged record is given first, so that it is the same however far was read ahead.
std::span<const Bytes> LogSnapshot::Cursor::next() {
  CursorState& at = *state_;
  at.page_ahead = nullptr;
  if (at.expected > at.head) return {};
  if (!at.entry || to_number(at.entry->key) != at.expected)
    damaged(at.transaction.environment().directory(), fmt::format("event {} is missing", at.expected));
  at.some[0] = record_in(at.entry->value, at.expected++, at.transaction);
  const size_t wanted = std::min<size_t>(at.wanted - 1, at.head + 1 - at.expected);
  const auto found = at.cursor.rest_of_page(*at.entry, std::span(at.found).first(wanted));
  size_t count = 1;
  for (const Entry& entry : found) {
    const auto record = record_of(entry, at.expected);
    if (!record) break;
    at.some[count++] = *record;
    ++at.expected;
  }
  if (count > 1) static_cast<void>(at.cursor.get(at.found[count - 2].key));
  at.entry = at.cursor.next();
  if (at.wanted == max_read_ahead && at.entry) {
    const auto key = reinterpret_cast<const std::byte*>(at.entry->key.data());
    at.page_ahead = key - reinterpret_cast<uintptr_t>(key) % page_bytes;
    prefetch_next_page(at.page_ahead);
  }
  at.wanted = std::min(at.wanted * 4, max_read_ahead);
  return std::span<const Bytes>(at.some).first(count);
}

const std::byte* LogSnapshot::Cursor::page_ahead() const { return state_->page_ahead; }

struct Log::State {
  std::unique_ptr<FileLock> lock;  // null when opened to read
  std::unique_ptr<Environment> environment;
  LogIdentity identity;
  Frontier frontier;  // of the last commit, when opened to write
};

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::Log(Log&&) noexcept = default;
Log::~Log() = default;

Log Log::open(const std::filesystem::path& directory, Access access) {
  auto state = std::make_unique<State>();
  if (access == Access::write) {
    state->lock = std::make_unique<FileLock>(directory / writer_lock, log_writer);
    std::error_code left;  // what cannot be removed is in nobody's way
    std::filesystem::remove_all(directory / log_being_converted, left);
    if (!Environment::exists(directory))
      Environment::create(directory, log_layout, make_meta(log_layout.format, events::to_string(events::new_uuid())));
  }
  auto environment = Environment::open(directory, access, log_layout);
  if (!environment) throw Failure(Exit::damaged, environment.error() + "; see \"Damage\" in ops/RUNBOOK.md");
  state->environment = std::move(*environment);
  const ReadTransaction transaction(*state->environment);
  state->identity = identity_of(transaction);
  check_positions(transaction);
  if (access == Access::write) state->frontier = read_edge(transaction);
  return Log(std::move(state));
}

const std::string& Log::id() const { return state_->identity.id; }

const std::optional<ForkedFrom>& Log::forked_from() const { return state_->identity.forked_from; }

void Log::identify(const LogIdentity& identity) {
  CATLOG_CHECK(state_->lock && events::parse_uuid(identity.id));
  WriteTransaction transaction(*state_->environment);
  const MDB_dbi meta = state_->environment->meta();
  transaction.put(meta, meta_key::log_id, identity.id);
  if (identity.forked_from)
    transaction.put(meta, meta_key::forked_from, encode(*identity.forked_from));
  else
    transaction.remove(meta, meta_key::forked_from);
  transaction.commit();
  state_->identity = identity;
}

LogSnapshot Log::snapshot() const {
  ReadTransaction transaction(*state_->environment);
  const Position head = transaction.count(state_->environment->content());
  return LogSnapshot(std::make_unique<LogSnapshot::State>(std::move(transaction), head));
}

const Frontier& Log::frontier() const { return state_->frontier; }

Position Log::head() const { return ReadTransaction(*state_->environment).count(state_->environment->content()); }

void Log::check_in_place() const {
  auto what = state_->environment->misplaced();
  if (!what && state_->lock) what = state_->lock->misplaced();
  if (what) not_the_one(state_->environment->directory(), *what);
}

// A commit that grows a file that was cut would hide that it was.
Position Log::append(Position expected_head, std::span<const Bytes> records, const BeforeCommit& before_commit) {
  CATLOG_CHECK(state_->lock);
  if (const auto cut = state_->environment->cut_short()) not_the_one(state_->environment->directory(), *cut);
  for (const Bytes record : records) CATLOG_CHECK(!record.empty() && record.size() % word_bytes == 0);
  WriteTransaction transaction(*state_->environment);
  const MDB_dbi content = state_->environment->content();
  Position head = transaction.count(content);
  if (head != expected_head)
    throw std::invalid_argument(fmt::format("append after {}, but the last event is {}", expected_head, head));
  if (records.empty()) return head;
  Frontier frontier = state_->frontier;
  CATLOG_CHECK(frontier.size() == head);
  {
    WriteCursor end(transaction, content);
    for (const Bytes record : records) {
      ++head;
      const auto value = end.reserve(as_text(head), record.size() + node_bytes(head), MDB_APPEND);
      auto at = std::copy(record.begin(), record.end(), value.begin());
      frontier.add(leaf_hash(record),
                   [&at](const Digest& node) { at = std::ranges::copy(std::as_bytes(std::span(node)), at).out; });
    }
  }
  if (before_commit) before_commit(frontier.head());
  transaction.commit();
  state_->frontier = std::move(frontier);
  return head;
}

std::vector<std::string> Log::check_pages(size_t most, const std::function<void(uint64_t, uint64_t)>& progress) const {
  return state_->environment->check_pages(most, progress).findings;
}

int Log::clear_stale_readers() const { return state_->environment->clear_stale_readers(); }

std::optional<Log::OpenReader> Log::oldest_reader() const {
  auto readers = state_->environment->open_readers();
  if (readers.empty()) return {};
  auto oldest = *std::max_element(readers.begin(), readers.end(),
                                  [](const auto& a, const auto& b) { return a.second < b.second; });
  return OpenReader{oldest.first, oldest.second};
}

Log::PageUse Log::page_use() const {
  const auto use = state_->environment->page_use();
  return {use.pages, use.free};
}

uint64_t Log::size_bytes() const { return state_->environment->size_bytes(); }

}  // namespace catlog::store
