#include "tests/support/refusals.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {
namespace {

using events::Receipt;

constexpr size_t shortest_message = 10;

// Whether a JSON pointer leads to something, or to what is missing in something.
bool leads_somewhere(const std::string& pointer, const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (pointer.empty()) return true;
  return !parser.parse(json).get(document) && !document.at_pointer(pointer.substr(0, pointer.rfind('/'))).error();
}

void check_one(const Refused& refused, const Receipt& receipt, std::vector<std::string>& into) {
  auto complain = [&](const std::string& what) { into.push_back(fmt::format("{}: {}", refused.json, what)); };
  if (auto was = outcome(receipt); was != refused.outcome)
    complain(fmt::format("'{}' instead of '{}' ({})", was, refused.outcome, receipt.refusal.message));
  if (receipt.refusal.message.size() < shortest_message) complain("the message says nothing");
  if (receipt.id.empty()) complain("the receipt has no id");
  if (!leads_somewhere(receipt.refusal.field, refused.json)) complain(receipt.refusal.field + " is nowhere in it");
  auto json = events::encode(receipt, events::Encoding::json);
  auto binary = events::encode(receipt, events::Encoding::capnp);
  for (const auto& text : {json, binary})
    if (text.find(secret_mark) != std::string::npos) complain("the receipt repeats a secret");
  if (json.find("\"refused\"") == std::string::npos) complain("the receipt does not say refused: " + json);
}

}  // namespace

std::vector<std::string> complaints(WriteSide& side, const std::vector<Refused>& all) {
  std::vector<std::string> found;
  TemporaryDirectory directory;
  projector::build_file(side.log(), {}, directory / "before.sqlite", projector::whole_log);
  auto head = side.log().head();
  for (const auto& refused : all) {
    check_one(refused, side.send(refused.json), found);
    if (side.log().head() == head) continue;
    found.push_back(refused.json + ": the log has grown");
    head = side.log().head();
  }
  projector::build_file(side.log(), {}, directory / "after.sqlite", projector::whole_log);
  projector::Database before(directory / "before.sqlite", projector::Open::read);
  projector::Database after(directory / "after.sqlite", projector::Open::read);
  if (auto difference = projector::first_difference(before, after))
    found.push_back("the tables have changed: " + projector::to_text(*difference, "before", "after"));
  return found;
}

std::vector<Refused> each_invalid(const Fields& fields, const std::string& command,
                                  const std::vector<WrongField>& wrong) {
  std::vector<Refused> all;
  for (const auto& [name, raw] : wrong)
    all.push_back({(raw.empty() ? fields.without(name) : fields.with(name, raw)).as(command), "invalid " + name});
  return all;
}

}  // namespace catlog::tests
