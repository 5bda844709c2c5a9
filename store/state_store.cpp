#include "store/state_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <thread>
#include <utility>

#include "store/files/file_lock.h"
#include "store/lmdb/environment.h"
#include "store/meta.h"

namespace catlog::store {

using events::Exit;
using events::Failure;

namespace {

// Nobody waits for a flush, but others wait for a core: on a kernel that lets a thread finish its slice, for long.
constexpr size_t writes_between_yields = 64;
constexpr size_t misses_before_last = 2;  // of a kind, in a snapshot: then finding its last key pays
constexpr Layout state_layout{.name = "decision state",
                              .map_size_bytes = size_t{1} << 38,
                              .format = 6,
                              .content = {.name = "state", .flags = 0},
                              .if_damaged =
                                  "it is derived: stop catlogd, delete the folder and start; it is built again "
                                  "from the log"};

// The environment when it is this log's state in our format, else the reason why not.
std::expected<std::unique_ptr<Environment>, std::string> open_state(const std::filesystem::path& directory,
                                                                    const std::string& log_id, Access access) try {
  auto environment = Environment::open(directory, access, state_layout);
  if (!environment) return environment;
  const ReadTransaction transaction(**environment);
  const auto id = check_meta(transaction, state_layout.format);
  if (!id) return std::unexpected(id.error());
  if (*id != log_id) return std::unexpected(fmt::format("{} is the state of the log {}", directory.string(), *id));
  if (!to_number(transaction.get((*environment)->meta(), meta_key::position)))
    return std::unexpected(fmt::format("{} names no position", directory.string()));
  return environment;
} catch (const Failure& failure) {
  if (failure.code() != Exit::damaged) throw;
  return std::unexpected(failure.what());
}

void create_state(const std::filesystem::path& directory, const std::string& log_id) {
  Records meta = make_meta(state_layout.format, log_id);
  meta.emplace_back(meta_key::position, std::string(as_text(0)));
  Environment::create(directory, state_layout, meta);
}

// Neighbours share a page. The first sixteen bytes are compared as a number: few keys, and no rows, differ only behind.
std::vector<size_t> in_key_order(const StateStore::Changes& changes) {
  using Beginning = std::array<uint64_t, 2>;
  struct Item {
    Beginning beginning;
    size_t number;
  };
  std::vector<Item> items;
  items.reserve(changes.size());
  for (const auto& [key, value] : changes) {
    Beginning first{};
    std::memcpy(first.data(), key.data(), std::min(key.size(), sizeof first));
    items.push_back({{__builtin_bswap64(first[0]), __builtin_bswap64(first[1])}, items.size()});
  }
  std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    return a.beginning != b.beginning ? a.beginning < b.beginning : changes[a.number].first < changes[b.number].first;
  });
  std::vector<size_t> order;
  order.reserve(items.size());
  for (const auto& item : items) order.push_back(item.number);
  return order;
}

// The last key that begins with this byte.
std::optional<std::string_view> last_of_kind(const ReadTransaction& transaction, char kind) {
  const auto entry = ReadCursor(transaction, transaction.environment().content()).last_with(kind);
  return entry ? std::optional(entry->key) : std::nullopt;
}

}  // namespace

struct StateSnapshot::State {
  ReadTransaction transaction;
  Position position;
  // Keys of a kind, which its first byte tells, lie together, and some are looked for in their order. Kinds that share
  // one of these cost each other time and nothing else.
  struct Kind {
    std::unique_ptr<ReadCursor> cursor;
    uintptr_t page = 0;                    // where the last one was found
    bool is_near = false;                  // on the page of the one before
    size_t missed = 0;                     // look-ups that found nothing
    std::optional<std::string_view> last;  // the last key of one kind, when it was looked for
  };
  std::array<Kind, 32> kinds;
};

struct StateSnapshot::Cursor::CursorState {
  ReadCursor cursor;
  std::string prefix;
  std::optional<Entry> entry;  // the one that `next` gives
};

StateSnapshot::StateSnapshot(std::unique_ptr<State> state) : state_(std::move(state)) {}
StateSnapshot::StateSnapshot(StateSnapshot&&) noexcept = default;
StateSnapshot::~StateSnapshot() = default;

Position StateSnapshot::position() const { return state_->position; }

std::optional<std::string_view> StateSnapshot::get(std::string_view key) const {
  CATLOG_CHECK(!key.empty());
  auto& kind = state_->kinds[static_cast<uint8_t>(key.front()) % state_->kinds.size()];
  // What is new mostly has a key behind all that are stored: a command's id begins with its time.
  if (kind.last && key.front() == kind.last->front() && key > *kind.last) return std::nullopt;
  const ReadTransaction& transaction = state_->transaction;
  const MDB_dbi content = transaction.environment().content();
  // A cursor asks the page that it is on first, and keys in no order are not there.
  if (kind.is_near && !kind.cursor) kind.cursor = std::make_unique<ReadCursor>(transaction, content);
  const auto value = kind.is_near ? kind.cursor->get(key) : transaction.get(content, key);
  if (value) {
    const uintptr_t page = reinterpret_cast<uintptr_t>(value->data()) / page_bytes;
    kind.is_near = page == std::exchange(kind.page, page);
  } else if (++kind.missed == misses_before_last) {
    kind.last = last_of_kind(transaction, key.front());
  }
  return value;
}

StateSnapshot::Cursor::Cursor(const StateSnapshot& snapshot, std::string_view prefix, std::string_view from) {
  const ReadTransaction& transaction = snapshot.state_->transaction;
  state_.reset(new CursorState{{transaction, transaction.environment().content()}, std::string(prefix), std::nullopt});
  state_->entry = state_->cursor.seek(std::max(prefix, from));
}

StateSnapshot::Cursor::~Cursor() = default;

std::optional<std::pair<std::string_view, std::string_view>> StateSnapshot::Cursor::next() {
  if (!state_->entry || !state_->entry->key.starts_with(state_->prefix)) return std::nullopt;
  const Entry entry = *state_->entry;
  state_->entry = state_->cursor.next();
  return std::pair(entry.key, entry.value);
}

struct StateStore::State {
  std::unique_ptr<FileLock> lock;  // null when opened to read
  std::unique_ptr<Environment> environment;
  std::string emptied_because;
};

StateStore::StateStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
StateStore::StateStore(StateStore&&) noexcept = default;
StateStore::~StateStore() = default;

StateStore StateStore::open(const std::filesystem::path& directory, const std::string& log_id, Access access) {
  auto state = std::make_unique<State>();
  if (access == Access::write) {
    state->lock = std::make_unique<FileLock>(directory / "writer.lock", "the writer of the decision state");
    if (!Environment::exists(directory)) create_state(directory, log_id);
  }
  auto environment = open_state(directory, log_id, access);
  if (!environment && access == Access::write) {
    state->emptied_because = environment.error();
    create_state(directory, log_id);
    environment = open_state(directory, log_id, access);
  }
  if (!environment)
    throw Failure(Exit::damaged,
                  fmt::format("the decision state of log {} cannot be used: {}. It is derived: stop catlogd, delete {} "
                              "and start; it is built again from the log",
                              log_id, environment.error(), directory.string()));
  state->environment = std::move(*environment);
  return StateStore(std::move(state));
}

const std::string& StateStore::emptied_because() const { return state_->emptied_because; }

StateSnapshot StateStore::snapshot() const {
  ReadTransaction transaction(*state_->environment);
  const auto position = to_number(transaction.get(state_->environment->meta(), meta_key::position));
  if (!position)
    throw Failure(Exit::damaged, fmt::format("{} names no position", state_->environment->directory().string()));
  return StateSnapshot(std::make_unique<StateSnapshot::State>(std::move(transaction), *position));
}

bool StateStore::is_in_place() const { return !state_->environment->misplaced(); }

void StateStore::flush(Changes changes, Position position) {
  CATLOG_CHECK(state_->lock);
  for (const auto& [key, value] : changes) CATLOG_CHECK(!key.empty() && key.size() <= max_key_bytes);
  WriteTransaction transaction(*state_->environment);
  {
    WriteCursor content(transaction, state_->environment->content());
    size_t written = 0;
    for (const size_t i : in_key_order(changes)) {
      const auto& [key, value] = changes[i];
      if (++written % writes_between_yields == 0) std::this_thread::yield();
      if (value)
        content.put(key, *value);
      else
        content.remove(key);
    }
  }
  transaction.put(state_->environment->meta(), meta_key::position, as_text(position));
  transaction.commit();
}

std::vector<std::string> StateStore::check_pages(size_t most,
                                                 const std::function<void(uint64_t, uint64_t)>& progress) const {
  return state_->environment->check_pages(most, progress).findings;
}

int StateStore::clear_stale_readers() const { return state_->environment->clear_stale_readers(); }

uint64_t StateStore::size_bytes() const { return state_->environment->size_bytes(); }

}  // namespace catlog::store
