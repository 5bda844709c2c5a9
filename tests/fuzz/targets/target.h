#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace catlog::tests {

using Input = std::span<const uint8_t>;

inline std::string_view text_of(Input input) { return {reinterpret_cast<const char*>(input.data()), input.size()}; }

// What must hold of every input does not hold of this one.
class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};
inline void must(bool holds, const char* otherwise) {
  if (!holds) throw Broken(otherwise);
}

// A kind of bytes that come from outside. Its corpus is tests/fuzz/corpus/KIND; README.md of tests says what is tried
// and what must hold.
struct Target {
  std::string_view kind;
  // Takes any bytes. Throws Broken, or whatever else nobody expects. What it leaves behind does not change what it does
  // next. Threads: one.
  void (*try_input)(Input);
  size_t max_bytes;  // of an input: longer ones find nothing else
  // Makes what its inputs share; without it the first input does, and takes the time.
  void (*prepare)() = nullptr;
};
std::span<const Target> targets();

void try_session_frame(Input input);
void try_request(Input input);
void try_pack_frame(Input input);
void try_command_json(Input input);
void try_command_capnp(Input input);
void try_replay(Input input);
void try_topics(Input input);
void try_magnet(Input input);
void try_tmdb(Input input);
void try_yts(Input input);
void try_proof(Input input);
void try_manifest(Input input);
void try_quarantine(Input input);
void try_group(Input input);
void try_configuration(Input input);
void try_moment(Input input);

// What targets share.

void prepare_judging();  // makes the catalogue of judging.h
// A folder of this process that goes with it.
const std::filesystem::path& scratch();
void write_file(const std::filesystem::path& file, std::string_view text);
std::string read_file(const std::filesystem::path& file);

}  // namespace catlog::tests
