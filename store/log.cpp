#include "store/log.h"

#include <fmt/format.h>

#include <algorithm>

#include "events/uuid.h"
#include "store/environment.h"
#include "store/file_lock.h"
#include "store/meta.h"

namespace catlog::store {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t word_bytes = 8;
constexpr Layout layout{.name = "log",
                        .map_size_bytes = size_t{1} << 40,
                        .format = 1,
                        .content = {.name = "records", .flags = MDB_INTEGERKEY}};

[[noreturn]] void damaged(const std::filesystem::path& directory, const std::string& what) {
  throw Failure(Exit::damaged, fmt::format("the log in {} is damaged: {}", directory.string(), what));
}

Bytes to_bytes(std::string_view record, const ReadTransaction& transaction, Position position) {
  if (record.empty() || record.size() % word_bytes || reinterpret_cast<uintptr_t>(record.data()) % word_bytes)
    damaged(transaction.environment().directory(), fmt::format("event {} is not made of words", position));
  return std::as_bytes(std::span(record));
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

}  // namespace

struct LogSnapshot::State {
  ReadTransaction transaction;
  Position head;
};

struct LogSnapshot::Cursor::CursorState {
  const ReadTransaction& transaction;
  Position head;
  ReadCursor cursor;
  std::optional<Entry> entry;  // the one that `next` gives
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

LogSnapshot::Cursor::Cursor(const LogSnapshot& snapshot, Position from) {
  const ReadTransaction& transaction = snapshot.state_->transaction;
  state_.reset(
      new CursorState{transaction, snapshot.head(), {transaction, transaction.environment().content()}, std::nullopt});
  state_->entry = state_->cursor.seek(as_text(from));
}

LogSnapshot::Cursor::~Cursor() = default;

Bytes LogSnapshot::Cursor::next(Position expected) {
  if (expected > state_->head) return {};
  if (!state_->entry || to_number(state_->entry->key) != expected)
    damaged(state_->transaction.environment().directory(), fmt::format("event {} is missing", expected));
  const Bytes bytes = to_bytes(state_->entry->value, state_->transaction, expected);
  state_->entry = state_->cursor.next();
  return bytes;
}

struct Log::State {
  std::unique_ptr<FileLock> lock;  // null when opened to read
  std::unique_ptr<Environment> environment;
  std::string id;
};

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::Log(Log&&) noexcept = default;
Log::~Log() = default;

Log Log::open(const std::filesystem::path& directory, Access access) {
  auto state = std::make_unique<State>();
  if (access == Access::write) {
    state->lock = std::make_unique<FileLock>(directory / "writer.lock", "the writer of the log");
    if (!Environment::exists(directory))
      Environment::create(directory, layout, make_meta(layout.format, events::to_string(events::new_uuid())));
  }
  auto environment = Environment::open(directory, access, layout);
  if (!environment) throw Failure(Exit::damaged, environment.error());
  state->environment = std::move(*environment);
  const ReadTransaction transaction(*state->environment);
  auto id = check_meta(transaction, layout.format);
  if (!id) throw Failure(Exit::damaged, id.error());
  state->id = std::move(*id);
  check_positions(transaction);
  return Log(std::move(state));
}

const std::string& Log::id() const { return state_->id; }

LogSnapshot Log::snapshot() const {
  ReadTransaction transaction(*state_->environment);
  const Position head = transaction.count(state_->environment->content());
  return LogSnapshot(std::make_unique<LogSnapshot::State>(std::move(transaction), head));
}

Position Log::head() const { return ReadTransaction(*state_->environment).count(state_->environment->content()); }

Position Log::append(Position expected_head, std::span<const Bytes> records) {
  CATLOG_CHECK(state_->lock);
  for (const Bytes record : records) CATLOG_CHECK(!record.empty() && record.size() % word_bytes == 0);
  WriteTransaction transaction(*state_->environment);
  const MDB_dbi content = state_->environment->content();
  Position head = transaction.count(content);
  if (head != expected_head)
    throw std::invalid_argument(fmt::format("append after {}, but the last event is {}", expected_head, head));
  if (records.empty()) return head;
  for (const Bytes record : records) {
    ++head;
    transaction.put(content, as_text(head), {reinterpret_cast<const char*>(record.data()), record.size()}, MDB_APPEND);
  }
  transaction.commit();
  return head;
}

int Log::clear_stale_readers() const { return state_->environment->clear_stale_readers(); }

std::optional<Log::OpenReader> Log::oldest_reader() const {
  auto readers = state_->environment->open_readers();
  if (readers.empty()) return {};
  auto oldest = *std::max_element(readers.begin(), readers.end(),
                                  [](const auto& a, const auto& b) { return a.second < b.second; });
  return OpenReader{oldest.first, oldest.second};
}

uint64_t Log::size_bytes() const { return state_->environment->size_bytes(); }

}  // namespace catlog::store
