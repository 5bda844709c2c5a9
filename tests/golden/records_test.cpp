#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include <capnp/serialize.h>
#include <fmt/format.h>

#include "commandhandler/state/apply.h"
#include "commandhandler/state/state.h"
#include "events/codec/message.h"
#include "events/schema/shape.h"
#include "events/text/datetime.h"
#include "projector/history/explain.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/read_models.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(records_test)

// A record of every version of every event, which must be read for ever as it is read today. README.md of this folder
// says how a new one is added; one that is there is never changed.

using namespace catlog;
using namespace catlog::tests;
using events::schema::Record;

namespace {

struct Golden {
  std::string json;                // with its secrets
  std::vector<capnp::word> words;  // as the log holds it
  store::Bytes bytes() const { return std::as_bytes(std::span(words)); }
  // As it was written, before any upcast.
  std::string stored_json() const {
    capnp::FlatArrayMessageReader reader({words.data(), words.size()});
    return events::write_json(reader.getRoot<Record>(), events::Secrets::shown);
  }
};

std::string hex_of_json(const std::string& json) {
  capnp::MallocMessageBuilder message;
  auto record = message.initRoot<Record>();
  const auto read = events::read_json(json, record, events::Fields::all);
  if (!read) return fmt::format("(not readable: {} {})", read.error().field, read.error().message);
  const auto bytes = events::encode(record.asReader(), events::Encoding::capnp, events::Secrets::shown);
  return events::hex({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

// Two lines each: JSON, then the bytes in hex.
std::vector<Golden> corpus() {
  std::vector<Golden> records;
  std::ifstream file(CATLOG_SOURCE "/tests/golden/records.txt");
  for (std::string json, hex; std::getline(file, json) && std::getline(file, hex);) {
    const auto bytes = events::unhex(hex);
    BOOST_REQUIRE_MESSAGE(bytes && bytes->size() % sizeof(capnp::word) == 0 && !bytes->empty(),
                          "put the bytes of this record in the place of '" << hex.substr(0, 20) << "':\n"
                                                                           << json << '\n'
                                                                           << hex_of_json(json));
    Golden& golden = records.emplace_back(Golden{json, std::vector<capnp::word>(bytes->size() / sizeof(capnp::word))});
    std::memcpy(golden.words.data(), bytes->data(), bytes->size());
  }
  return records;
}

const events::EventType& type_of(Record::Reader record) {
  const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
  BOOST_REQUIRE(type);
  return *type;
}

capnp::DynamicStruct::Reader group_of(Record::Reader record, const events::EventType& type) {
  if (type.columns.empty()) return {};
  return capnp::DynamicStruct::Reader(record.getEvent()).get(type.field).as<capnp::DynamicStruct>();
}

int64_t row_id(Record::Reader record, const events::EventType& type) {
  return type.has_row_id ? group_of(record, type).get("id").as<int64_t>() : record.getStreamId();
}

// The rows that the event is about, as the read model holds them after it.
std::string rows_after(const projector::Database& database, Record::Reader record) {
  const auto& type = type_of(record);
  const auto& entity = events::model().entity(type.entity);
  std::string columns;
  for (const auto& column : projector::columns_of_table(type.entity))
    columns += fmt::format("{}'{}',{}", columns.empty() ? "" : ",", column, column);
  const std::string where = fmt::format("{} = {}", entity.is_link ? entity.owner : "id",
                                        entity.is_link ? record.getStreamId() : row_id(record, type));
  return one_value(database, fmt::format("SELECT coalesce(group_concat(row), 'none') FROM "
                                         "(SELECT json_object({}) AS row FROM {} WHERE {} ORDER BY 1)",
                                         columns, entity.table, where));
}

std::vector<std::string> recorded_rows() {
  std::vector<std::string> rows;
  std::ifstream file(CATLOG_SOURCE "/tests/golden/rows.txt");
  for (std::string line; std::getline(file, line);) rows.push_back(line);
  return rows;
}

// A value of the decision state as the read model writes it.
std::string text_of(const commandhandler::Value& value, const events::Column* column) {
  if (std::holds_alternative<std::monostate>(value)) return "";
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* real = std::get_if<double>(&value)) return projector::to_text(*real);
  const int64_t integer = std::get<int64_t>(value);
  if (column && column->kind == events::Kind::enumeration)
    return std::string(
        events::spelling(column->field.getType().asEnum().getEnumerants()[static_cast<unsigned>(integer)]));
  if (!column || column->kind != events::Kind::datetime) return std::to_string(integer);
  return events::to_sql_datetime(integer);
}

const events::Column* column_named(events::Entity entity, const std::string& name) {
  for (const auto& event : events::model().events())
    if (event.entity == entity)
      for (const auto& column : event.columns)
        if (column.name == name) return &column;
  return nullptr;
}

// Every column that rules read is in the state what it is in the read model.
void check_state(const commandhandler::State& state, const projector::Database& database, Record::Reader record) {
  const auto& type = type_of(record);
  const auto& entity = events::model().entity(type.entity);
  if (entity.is_link) return;
  const int64_t id = row_id(record, type);
  const auto row = state.row(type.entity, id);
  const bool is_alive = row && row->alive;
  const std::string table_row = fmt::format("FROM {} WHERE id = {}", entity.table, id);
  BOOST_TEST(one_value(database, "SELECT count(*) " + table_row) == std::string(is_alive ? "1" : "0"));
  if (!is_alive) return;
  for (const auto& name : entity.kept) {
    const auto& value = commandhandler::kept(*row, type.entity, name);
    if (std::holds_alternative<std::monostate>(value)) continue;  // the read model has the column's default
    const auto* column = column_named(type.entity, name);
    const std::string sql = one_value(database, fmt::format("SELECT {} {}", name, table_row));
    if (std::holds_alternative<double>(value))
      BOOST_TEST(std::stod(sql) == std::get<double>(value), entity.table << '.' << name);
    else
      BOOST_TEST(sql == text_of(value, column), entity.table << '.' << name);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_record_still_says_what_it_said) {
  events::Position position = 0;
  for (const Golden& golden : corpus()) {
    BOOST_TEST(golden.stored_json() == golden.json);
    BOOST_TEST(events::RecordView(golden.bytes()).root().getPosition() == ++position);
  }
}

BOOST_AUTO_TEST_CASE(every_event_and_each_of_its_columns_is_recorded) {
  std::set<std::string> columns, header;
  for (const Golden& golden : corpus()) {
    capnp::FlatArrayMessageReader reader({golden.words.data(), golden.words.size()});
    const auto record = reader.getRoot<Record>();
    const auto& type = type_of(record);
    columns.insert(type.name);
    const auto group = group_of(record, type);
    for (const auto& column : type.columns)
      if (!events::is_absent(column, group)) columns.insert(type.name + "." + column.name);
    const capnp::DynamicStruct::Reader whole(record);
    for (auto field : whole.getSchema().getFields())
      if (!field.getType().isStruct() || field.getProto().isGroup() || whole.has(field))
        header.insert(field.getProto().getName().cStr());
  }
  for (const auto& type : events::model().events()) {
    BOOST_TEST(columns.contains(type.name), "tests/golden/records.txt has no " << type.name);
    for (const auto& column : type.columns)
      BOOST_TEST(columns.contains(type.name + "." + column.name),
                 "tests/golden/records.txt has no " << type.name << " with a " << column.name);
  }
  for (auto field : capnp::Schema::from<Record>().getFields())
    BOOST_TEST(header.contains(field.getProto().getName().cStr()), field.getProto().getName().cStr());
}

BOOST_AUTO_TEST_CASE(every_record_is_folded_and_projected_into_the_recorded_rows) {
  TemporaryDirectory directory;
  projector::ReadModel model(directory / "model.sqlite", test_log_id, UINT64_MAX, projector::Writing::live);
  commandhandler::Layer layer;
  commandhandler::State state({&layer}, nullptr);
  const auto rows = recorded_rows();
  std::string present;
  for (const Golden& golden : corpus()) {
    const events::RecordView view(golden.bytes());
    const auto record = view.root();
    commandhandler::apply(state, record);
    if (record.getIndex() == 0) model.begin();
    model.apply(record);
    if (record.getIndex() + 1 == record.getCount()) model.commit();
    check_state(state, model.database(), record);
    const auto line =
        fmt::format("{} {} {}", record.getPosition(), type_of(record).name, rows_after(model.database(), record));
    const size_t at = record.getPosition() - 1;
    BOOST_TEST(at < rows.size());
    if (at < rows.size()) BOOST_TEST(rows[at] == line);
    present += line + "\n";
  }
  BOOST_TEST(rows.size() == corpus().size(), "tests/golden/rows.txt would be:\n" << present);
}

// In one go, by the way of a rebuild, and with the Merkle tree over exactly these bytes.
BOOST_AUTO_TEST_CASE(the_records_are_a_log) {
  TemporaryDirectory directory;
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  const auto records = corpus();
  std::vector<store::Bytes> bytes;
  for (const Golden& golden : records) bytes.push_back(golden.bytes());
  log.append(0, bytes);
  const store::LogSnapshot snapshot = log.snapshot();
  for (events::Position at = 1; at <= log.head(); ++at)
    BOOST_TEST(std::ranges::equal(snapshot.read(at), records[at - 1].bytes()));
  BOOST_TEST(projector::build_file(log, {}, directory / "folded.sqlite", projector::whole_log) == log.head());
}

BOOST_AUTO_TEST_SUITE_END()
