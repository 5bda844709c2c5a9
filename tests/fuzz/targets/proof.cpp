#include "bin/cli/proof_file.h"

#include <optional>
#include <span>
#include <variant>

#include "events/error.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

// What `read` gives; nothing where it says that the use is wrong.
template <class Read>
auto unless_refused(Read&& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const events::Failure& failure) {
    must(failure.code() == events::Exit::usage && *failure.what() != '\0', "what is no proof is told otherwise");
    return {};
  }
}

void check_head(const std::string& text) {
  const auto head = unless_refused([&] { return cli::parse_head(text); });
  if (head) must(cli::parse_head(cli::to_text(*head)) == *head, "a head is another one as it is written");
}

}  // namespace

// A proof is written as it was read, and says what is wrong with it, also with a record whose leaf hash is right.
void try_proof(Input input) {
  const std::string text(text_of(input));
  check_head(text);
  auto proof = unless_refused([&] { return cli::read_proof(text); });
  if (!proof) return;
  const std::string written = cli::to_json(*proof);
  must(cli::to_json(cli::read_proof(written)) == written, "a proof is another one as it is written");
  if (const auto fault = cli::fault_of(*proof)) must(!fault->empty(), "a fault has no sentence");
  auto* inclusion = std::get_if<cli::Inclusion>(&proof->claim);
  if (!inclusion || inclusion->record.empty()) return;
  inclusion->leaf = store::leaf_hash(std::as_bytes(std::span(inclusion->record)));
  if (const auto fault = cli::fault_of(*proof)) must(!fault->empty(), "a fault has no sentence");
}

}  // namespace catlog::tests
