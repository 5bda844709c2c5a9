#include <fstream>
#include <iterator>

#include "tests/fuzz/targets/target.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {

std::span<const Target> targets() {
  static constexpr Target all[] = {{"session_frame", try_session_frame, 512},
                                   {"request", try_request, 1'024},
                                   {"pack_frame", try_pack_frame, 2'048},
                                   {"command_json", try_command_json, 4'096, prepare_judging},
                                   {"command_capnp", try_command_capnp, 4'096, prepare_judging},
                                   {"replay", try_replay, 1'024},
                                   {"topics", try_topics, 512},
                                   {"magnet", try_magnet, 512},
                                   {"tmdb", try_tmdb, 4'096, prepare_judging},
                                   {"yts", try_yts, 4'096, prepare_judging},
                                   {"proof", try_proof, 2'048},
                                   {"manifest", try_manifest, 4'096},
                                   {"quarantine", try_quarantine, 2'048},
                                   {"group", try_group, 2'048},
                                   {"configuration", try_configuration, 512},
                                   {"moment", try_moment, 64}};
  return all;
}

const std::filesystem::path& scratch() {
  static const TemporaryDirectory directory;
  return directory.path();
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace catlog::tests
