#include "store/files/scratch_memory.h"
#include "events/error.h"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdint>
#include <vector>

#include <sys/resource.h>

#include "store/log.h"
#include "tests/support/chance.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(scratch_memory_test)

using namespace catlog;
using namespace catlog::tests;
using store::ScratchMemory;

namespace {

struct Piece {
  unsigned char* at;
  size_t bytes;
  unsigned char filling;
};

bool is_whole(const Piece& piece) {
  for (size_t i = 0; i < piece.bytes; ++i)
    if (piece.at[i] != piece.filling) return false;
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(pieces_of_every_size_keep_what_is_written_to_them) {
  const TemporaryDirectory folder;
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  ScratchMemory memory(folder.path());
  BOOST_TEST(std::filesystem::is_empty(folder.path()));  // the file has no name
  std::vector<Piece> pieces;
  const auto let_go = [&](size_t number) {
    BOOST_TEST(is_whole(pieces[number]));
    memory.deallocate(pieces[number].at, pieces[number].bytes);
    pieces[number] = pieces.back();
    pieces.pop_back();
  };
  for (int round = 0; round < 2'000; ++round) {
    const size_t bytes = 1 + chance.up_to(chance.up_to(20) == 0 ? 500'000 : 500);
    pieces.push_back({static_cast<unsigned char*>(memory.allocate(bytes)), bytes, static_cast<unsigned char>(round)});
    BOOST_TEST(reinterpret_cast<uintptr_t>(pieces.back().at) % alignof(std::max_align_t) == 0u);
    std::fill_n(pieces.back().at, bytes, pieces.back().filling);
    if (chance.up_to(2) == 0) let_go(chance.up_to(pieces.size() - 1));
  }
  while (!pieces.empty()) let_go(pieces.size() - 1);
}

// Room is taken before a map of the file is written to, where its lack would be a signal.
BOOST_AUTO_TEST_CASE(without_room_nothing_is_allocated_and_what_is_there_stays) {
  const TemporaryDirectory folder;
  ChildProcess child([&](const ChildProcess::Line&) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{16 << 20, 16 << 20};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    ScratchMemory memory(folder.path());
    std::vector<Piece> pieces;
    constexpr size_t bytes = 1 << 20;
    try {
      for (unsigned char i = 0; i < 32; ++i) {
        pieces.push_back({static_cast<unsigned char*>(memory.allocate(bytes)), bytes, i});
        std::fill_n(pieces.back().at, bytes, i);
      }
      return 2;
    } catch (const events::StorageFull& full) {
      if (std::string(full.what()).find(folder.path().string()) == std::string::npos) return 3;
    }
    if (pieces.size() < 8) return 4;  // the rest is for small ones
    for (const Piece& piece : pieces) {
      if (!is_whole(piece)) return 5;
      memory.deallocate(piece.at, piece.bytes);
    }
    return 0;
  });
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_named) {
  const TemporaryDirectory folder;
  BOOST_CHECK_EXCEPTION(ScratchMemory(folder / "none"), events::Failure, [](const events::Failure& failure) {
    return failure.code() == events::Exit::failure && std::string(failure.what()).find("TMPDIR") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
