#include "store/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "events/text/uuid.h"
#include "store/files/file_lock.h"
#include "store/lmdb/environment.h"
#include "store/meta.h"

namespace catlog::store {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t word_bytes = 8;
constexpr size_t max_read_ahead = 16;  // records that a scan finds before it visits them
constexpr Layout log_layout{.name = "log",
                            .map_size_bytes = size_t{1} << 40,
                            .format = 2,
                            .content = {.name = "records", .flags = MDB_INTEGERKEY},
                            .tree = {.name = "nodes", .flags = MDB_INTEGERKEY}};

[[noreturn]] void damaged(const std::filesystem::path& directory, const std::string& what) {
  throw Failure(Exit::damaged, fmt::format("the log in {} is damaged: {}", directory.string(), what));
}

[[noreturn]] void not_the_one(const std::filesystem::path& directory, const std::string& what) {
  throw Failure(Exit::failure,
                fmt::format("{}: the log in {} is not the one that was opened, and nothing more is answered; put back "
                            "what was there (is it mounted?), start again, and send again what got no receipt",
                            what, directory.string()));
}

bool is_words(std::string_view record) {
  return !record.empty() && record.size() % word_bytes == 0 &&
         reinterpret_cast<uintptr_t>(record.data()) % word_bytes == 0;
}

Bytes to_bytes(std::string_view record, const ReadTransaction& transaction, Position position) {
  if (!is_words(record))
    damaged(transaction.environment().directory(), fmt::format("event {} is not made of words", position));
  return std::as_bytes(std::span(record));
}

std::string_view to_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Records new_meta() {
  Records meta = make_meta(log_layout.format, events::to_string(events::new_uuid()));
  meta.emplace_back(meta_key::frontier, Frontier().encode());
  return meta;
}

bool is_record(const Entry& entry, Position position) {
  return to_number(entry.key) == position && is_words(entry.value);
}

// An append-only tree's pages lie mostly in the order of the positions, so what is two pages further on is read soon. A
// wrong guess costs nothing: a prefetch never faults (decision 33).
void prefetch_behind(Bytes record) {
  constexpr uintptr_t line_bytes = 64, lines = 5, ahead_bytes = 2 * 4'096;
  const uintptr_t ahead = reinterpret_cast<uintptr_t>(record.data()) + ahead_bytes;
  for (uintptr_t line = 0; line < lines; ++line)
    __builtin_prefetch(reinterpret_cast<const void*>(ahead + line * line_bytes));
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

Digest read_node(const ReadTransaction& transaction, uint64_t number) {
  const auto bytes = transaction.get(transaction.environment().tree(), as_text(number));
  Digest digest;
  if (!bytes || bytes->size() != digest.size())
    damaged(transaction.environment().directory(), fmt::format("node {} of its Merkle tree is missing", number));
  std::memcpy(digest.data(), bytes->data(), digest.size());
  return digest;
}

// The tree's right edge. It is in every commit that appends, so it never stands elsewhere than the records do.
Frontier read_frontier(const ReadTransaction& transaction) {
  const Environment& environment = transaction.environment();
  const auto bytes = transaction.get(environment.meta(), meta_key::frontier);
  auto frontier = bytes ? Frontier::decode(*bytes) : std::nullopt;
  if (!frontier) damaged(environment.directory(), "the frontier of its Merkle tree cannot be read");
  const uint64_t records = transaction.count(environment.content()), nodes = transaction.count(environment.tree());
  if (frontier->size() != records || nodes != node_count(records))
    damaged(environment.directory(),
            fmt::format("its Merkle tree has {} nodes and a frontier of {} records, but there are {}", nodes,
                        frontier->size(), records));
  const auto read = [&transaction](uint64_t number) { return read_node(transaction, number); };
  if (frontier->head().root != subtree_root(0, records, read))
    damaged(environment.directory(), "the frontier of its Merkle tree is not the tree's");
  return *std::move(frontier);
}

std::optional<ForkedFrom> read_origin(const ReadTransaction& transaction) {
  const Environment& environment = transaction.environment();
  const auto bytes = transaction.get(environment.meta(), meta_key::forked_from);
  if (!bytes) return {};
  auto origin = decode_origin(*bytes);
  if (!origin) damaged(environment.directory(), "what it was forked from cannot be read");
  return origin;
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
};

LogSnapshot::LogSnapshot(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogSnapshot::LogSnapshot(LogSnapshot&&) noexcept = default;
LogSnapshot::~LogSnapshot() = default;

Position LogSnapshot::head() const { return state_->head; }

Bytes LogSnapshot::read(Position position) const {
  if (position == 0 || position > state_->head) return {};
  const ReadTransaction& transaction = state_->transaction;
  const auto record = transaction.get(transaction.environment().content(), as_text(position));
  if (!record) damaged(transaction.environment().directory(), fmt::format("event {} is missing", position));
  return to_bytes(*record, transaction, position);
}

TreeHead LogSnapshot::tree_head() const { return tree_head(head()); }

TreeHead LogSnapshot::tree_head(Position size) const {
  CATLOG_CHECK(size <= head());
  return {size, subtree_root(0, size, [this](uint64_t number) { return tree_node(number); })};
}

Digest LogSnapshot::tree_node(uint64_t number) const { return read_node(state_->transaction, number); }

Path LogSnapshot::inclusion_proof(Position position, Position size) const {
  CATLOG_CHECK(position > 0 && position <= size && size <= head());
  return inclusion_path(position, size, [this](uint64_t number) { return tree_node(number); });
}

Path LogSnapshot::consistency_proof(Position from, Position to) const {
  CATLOG_CHECK(from > 0 && from <= to && to <= head());
  return consistency_path(from, to, [this](uint64_t number) { return tree_node(number); });
}

LogSnapshot::Cursor::Cursor(const LogSnapshot& snapshot, Position from) {
  const ReadTransaction& transaction = snapshot.state_->transaction;
  state_.reset(new CursorState{
      transaction, from, snapshot.head(), {transaction, transaction.environment().content()}, {}, 1, {}});
  state_->entry = state_->cursor.seek(as_text(from));
}

LogSnapshot::Cursor::~Cursor() = default;

// What precedes a damaged record is given first, so that it is the same however far was read ahead.
std::span<const Bytes> LogSnapshot::Cursor::next() {
  CursorState& at = *state_;
  size_t count = 0;
  for (; count < at.wanted && at.expected <= at.head; ++count, ++at.expected) {
    if (count > 0 && !(at.entry && is_record(*at.entry, at.expected))) break;
    if (!at.entry || to_number(at.entry->key) != at.expected)
      damaged(at.transaction.environment().directory(), fmt::format("event {} is missing", at.expected));
    at.some[count] = to_bytes(at.entry->value, at.transaction, at.expected);
    prefetch_behind(at.some[count]);
    at.entry = at.cursor.next();
  }
  at.wanted = std::min(at.wanted * 4, max_read_ahead);
  return std::span<const Bytes>(at.some).first(count);
}

struct Log::State {
  std::unique_ptr<FileLock> lock;  // null when opened to read
  std::unique_ptr<Environment> environment;
  LogIdentity identity;
  Frontier frontier;  // of the last commit; kept up when opened to write
};

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::Log(Log&&) noexcept = default;
Log::~Log() = default;

Log Log::open(const std::filesystem::path& directory, Access access) {
  auto state = std::make_unique<State>();
  if (access == Access::write) {
    state->lock = std::make_unique<FileLock>(directory / "writer.lock", "the writer of the log");
    if (!Environment::exists(directory)) Environment::create(directory, log_layout, new_meta());
  }
  auto environment = Environment::open(directory, access, log_layout);
  if (!environment) throw Failure(Exit::damaged, environment.error() + "; see \"Damage\" in ops/RUNBOOK.md");
  state->environment = std::move(*environment);
  const ReadTransaction transaction(*state->environment);
  auto id = check_meta(transaction, log_layout.format);
  if (!id) throw Failure(Exit::damaged, id.error());
  state->identity = {std::move(*id), read_origin(transaction)};
  check_positions(transaction);
  state->frontier = read_frontier(transaction);
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
  const MDB_dbi content = state_->environment->content(), tree = state_->environment->tree();
  Position head = transaction.count(content);
  if (head != expected_head)
    throw std::invalid_argument(fmt::format("append after {}, but the last event is {}", expected_head, head));
  if (records.empty()) return head;
  Frontier frontier = state_->frontier;
  CATLOG_CHECK(frontier.size() == head);
  uint64_t node = node_count(head);
  {
    WriteCursor records_end(transaction, content), nodes_end(transaction, tree);
    for (const Bytes record : records) {
      ++head;
      records_end.put(as_text(head), to_text(record), MDB_APPEND);
      frontier.add(leaf_hash(record), [&](const Digest& digest) {
        nodes_end.put(as_text(node), to_text(std::as_bytes(std::span(digest))), MDB_APPEND);
        ++node;
      });
    }
  }
  transaction.put(state_->environment->meta(), meta_key::frontier, frontier.encode());
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
