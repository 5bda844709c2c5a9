#include <cerrno>

#include <fmt/format.h>

#include "events/error.h"
#include "events/path.h"
#include "store/files/durable_file.h"
#include "store/lmdb/environment.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr size_t new_map_bytes = 1 << 20;

void require(const std::error_code& error, const fs::path& path) {
  if (!error) return;
  const std::string sentence = fmt::format("{}: {}", path.string(), error.message());
  if (error == std::errc::no_space_on_device) throw events::StorageFull(sentence);
  throw Failure(Exit::failure, sentence);
}

int fill(MDB_env* env, const fs::path& directory, const Layout& layout, const Records& meta) {
  if (const int code = mdb_env_set_mapsize(env, new_map_bytes)) return code;
  if (const int code = mdb_env_open(env, directory.c_str(), MDB_NOTLS, file_mode)) return code;
  MDB_txn* txn = nullptr;
  if (const int code = mdb_txn_begin(env, nullptr, 0, &txn)) return code;
  MDB_dbi content = 0, tree = 0, database = 0;
  int code = mdb_dbi_open(txn, layout.content.name, layout.content.flags | MDB_CREATE, &content);
  if (code == MDB_SUCCESS && layout.tree.name)
    code = mdb_dbi_open(txn, layout.tree.name, layout.tree.flags | MDB_CREATE, &tree);
  if (code == MDB_SUCCESS) code = mdb_dbi_open(txn, meta_database, MDB_CREATE, &database);
  for (const auto& [key, value] : meta) {
    MDB_val key_val{key.size(), const_cast<char*>(key.data())},
        value_val{value.size(), const_cast<char*>(value.data())};
    if (code == MDB_SUCCESS) code = mdb_put(txn, database, &key_val, &value_val, 0);
  }
  if (code == MDB_SUCCESS) return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return code;
}

}  // namespace

// Made aside and renamed: `data.mdb` is whole or not there, whenever the machine stops.
void Environment::create(const fs::path& directory, const Layout& layout, const Records& meta) {
  const fs::path aside = directory / "new";
  std::error_code error;
  fs::remove_all(aside, error);
  require(error, aside);
  make_directories(aside);

  MDB_env* env = nullptr;
  int code = mdb_env_create(&env);
  if (code == MDB_SUCCESS) code = prepare(env, aside);
  if (code == MDB_SUCCESS) code = fill(env, aside, layout, meta);
  if (env) mdb_env_close(env);
  if (code != MDB_SUCCESS) {
    const bool no_room = is_full(code, directory);
    const std::string sentence = fmt::format("cannot make the {} in {}: {}", layout.name, directory.string(),
                                             mdb_strerror(no_room && code == EIO ? ENOSPC : code));
    if (no_room) throw events::StorageFull(sentence);
    throw Failure(Exit::failure, sentence);
  }

  give_to_owner(aside / data_file);
  // A lock file belongs to one data file: it holds that one's last transaction.
  for (const char* old : {data_file, lock_file}) {
    fs::remove(directory / old, error);
    require(error, directory / old);
  }
  fs::rename(aside / data_file, directory / data_file, error);
  require(error, directory / data_file);
  give_to_owner(directory / data_file);  // where the folder is closed to its group
  fs::remove_all(aside, error);
  require(error, aside);
  sync_path(directory);
  sync_path(events::without_dots(fs::absolute(directory)).parent_path());
}

}  // namespace catlog::store
