#include "events/schema/record.h"

#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <set>

#include <capnp/dynamic.h>

#include "events/codec/message.h"
#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "projector/rebuild/verify.h"
#include "tests/support/in_memory.h"
#include "tests/support/random_commands.h"
#include "tests/support/random_events.h"
#include "tests/support/read_models.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(left_out_test)

// Whatever is put on the list, nobody has to name what comes of it.

using namespace catlog;
using namespace catlog::tests;
using events::Position;
using projector::Database;
using projector::Open;
using projector::Quarantine;
using projector::ReadModel;
using projector::Strategy;
using projector::Writing;

namespace {

constexpr size_t max_commands = 120;

const OfSuite<InMemory> in_memory;
const OfSuite<FewCases> few_cases;

Quarantine list_of(const store::Log& log, const std::set<Position>& positions) {
  Quarantine list(log.id());
  for (Position position : positions) list.add({position, "bad", 0, "root"});
  return list;
}

std::set<Position> any_positions(const store::Log& log) {
  std::set<Position> positions;
  for (int left = *rc::gen::inRange(1, 5); left > 0 && log.head() > 0; --left)
    positions.insert(*rc::gen::inRange<Position>(1, log.head() + 1));
  return positions;
}

void require_same(const std::filesystem::path& left, const std::filesystem::path& right) {
  if (auto difference = projector::first_difference(Database(left, Open::read), Database(right, Open::read)))
    RC_FAIL(projector::to_text(*difference, left.filename().string(), right.filename().string()));
}

// The live projection in transactions of a few commands, opened anew now and then.
void project(const std::filesystem::path& file, const store::Log& log, const Quarantine& list, Position up_to) {
  for (;;) {
    ReadModel model(file, log.id(), log.head(), Writing::live, list);
    const Position before = model.position();
    projector::catch_up(model, log, std::min(up_to, before + *rc::gen::inRange<Position>(20, 400)));
    if (model.position() == before) projector::catch_up(model, log, up_to);
    const bool is_done = model.position() == before || model.position() == up_to;
    model.close();
    if (is_done) return;
  }
}

void require_every_way_the_same(const store::Log& log, const Quarantine& list) {
  TemporaryDirectory directory;
  project(directory / "live", log, list, log.head());
  RC_ASSERT(projector::read_checkpoint(Database(directory / "live", Open::read)).position == log.head());
  for (auto strategy : {Strategy::fold, Strategy::ordered}) {
    const auto rebuilt = directory / (strategy == Strategy::fold ? "fold" : "ordered");
    projector::build_file(log, list, rebuilt, projector::whole_log, {}, strategy);
    require_same(directory / "live", rebuilt);
  }
  const Position then = *rc::gen::inRange<Position>(0, log.head() + 1);
  projector::build_file(log, list, directory / "then", then);
  project(directory / "live then", log, list,
          projector::read_checkpoint(Database(directory / "then", Open::read)).position);
  require_same(directory / "live then", directory / "then");
}

// A generation that leaves these out is verified, and rebuilt without a list is as if there had been none.
void require_back_when_off_the_list(const store::Log& log, const Quarantine& list) {
  TemporaryDirectory directory;
  const auto folder = directory / "readmodel";
  std::filesystem::create_directories(directory / "run");
  projector::rebuild(log, list, folder, directory / "run");
  for (auto depth : {projector::Depth::digests, projector::Depth::deep}) {
    const auto result = projector::verify_read_model(log, list, folder, directory.path(), depth);
    for (const auto& finding : result.findings) RC_LOG(finding);
    RC_ASSERT(result.findings.empty());
    RC_ASSERT(!result.standstill);
    RC_ASSERT(result.checked == log.head());
  }
  const auto back = projector::rebuild(log, Quarantine(log.id()), folder, directory / "run");
  projector::build_file(log, Quarantine(log.id()), directory / "never", projector::whole_log);
  require_same(back.generation, directory / "never");
}

// The record with a value that the schema refuses; empty when it has no place for one.
std::string unappliable_of(store::Bytes bytes) {
  capnp::MallocMessageBuilder message;
  message.setRoot(events::RecordView(bytes).root());
  auto record = message.getRoot<events::schema::Record>();
  const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
  if (type->columns.empty()) return {};
  auto group = capnp::DynamicStruct::Builder(record.getEvent()).get(type->field).as<capnp::DynamicStruct>();
  for (const events::Column& column : type->columns) {
    if (column.assigned && column.name != "score") continue;
    if (column.kind == events::Kind::integer && column.least)
      group.set(column.field, int64_t{-7});
    else if (column.kind == events::Kind::real && column.least)
      group.set(column.field, -1.0);
    else if (column.format == events::Format::NON_BLANK && !column.secret)
      group.set(column.field, capnp::DynamicValue::Reader(capnp::Text::Reader("")));
    else
      continue;
    return events::encode(record.asReader(), events::Encoding::capnp, events::Secrets::shown);
  }
  return {};
}

// A copy of the log in which the event at `position` cannot be applied.
store::Log copy_with_unappliable(const std::filesystem::path& directory, const store::Log& from, Position position,
                                 const std::string& unappliable) {
  store::Log log = store::Log::open(directory, store::Access::write);
  std::vector<std::string> records;
  from.snapshot().scan(1, [&](Position at, store::Bytes bytes) {
    records.emplace_back(at == position ? unappliable
                                        : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    const events::RecordView record(std::as_bytes(std::span(records.back())));
    if (record.root().getIndex() + 1 == record.root().getCount()) {
      std::vector<store::Bytes> command;
      for (const std::string& each : records) command.push_back(std::as_bytes(std::span(each)));
      log.append(log.head(), command);
      records.clear();
    }
    return true;
  });
  return log;
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_events_on_the_list_are_left_out_alike_by_every_way_to_the_rows) {
  BOOST_TEST(rc::check("random events", [](uint64_t seed) {
    TemporaryDirectory directory;
    store::Log log = store::Log::open(directory / "log", store::Access::write);
    random_script(seed, *rc::gen::inRange<size_t>(1, max_commands)).append_to(log);
    const Quarantine list = list_of(log, any_positions(log));
    require_every_way_the_same(log, list);
    require_back_when_off_the_list(log, list);
  }));
}

BOOST_AUTO_TEST_CASE(what_the_write_side_made_is_left_out_alike_by_every_way_to_the_rows) {
  BOOST_TEST(rc::check("random commands", [](uint64_t seed) {
    WriteSide write_side;
    RandomCommands commands(seed);
    for (size_t i = *rc::gen::inRange<size_t>(1, max_commands); i > 0; --i) write_side.send(commands.next());
    if (write_side.log().head() == 0) RC_DISCARD("nothing was accepted");
    const Quarantine list = list_of(write_side.log(), any_positions(write_side.log()));
    require_every_way_the_same(write_side.log(), list);
    require_back_when_off_the_list(write_side.log(), list);
  }));
}

BOOST_AUTO_TEST_CASE(an_unappliable_event_is_passed_by_naming_it_once) {
  BOOST_TEST(rc::check("random unappliable events", [](uint64_t seed) {
    TemporaryDirectory directory;
    store::Log sound = store::Log::open(directory / "sound", store::Access::write);
    random_script(seed, *rc::gen::inRange<size_t>(1, max_commands)).append_to(sound);
    const Position at = *rc::gen::inRange<Position>(1, sound.head() + 1);
    const std::string unappliable = unappliable_of(sound.snapshot().read(at));
    RC_PRE(!unappliable.empty());
    const store::Log log = copy_with_unappliable(directory / "log", sound, at, unappliable);
    try {
      project(directory / "stands", log, Quarantine(log.id()), log.head());
      RC_FAIL("it can be applied");
    } catch (const projector::Unappliable& stop) {
      RC_ASSERT(stop.position() == at);
    }
    require_every_way_the_same(log, list_of(log, {at}));
  }));
}

BOOST_AUTO_TEST_SUITE_END()
