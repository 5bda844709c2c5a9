#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include "tests/support/data_directory.h"
#include "tests/support/schema_text.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(schema_test)

// What was written with a recorded schema must be read for ever. README.md of this folder says how schema.txt grows,
// and how it is changed on purpose before version 1.0.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

const fs::path schema_folder = fs::path(CATLOG_SOURCE) / "events" / "schema";

// Lines of the schema, as they stand there.
const std::string row_id = "struct RowId { id @0 :Int64 = D.nullInt $D.says(\"Row id of what is gone\"); }";
const std::string admin = "  admin @3 $D.says(\"Everything\");\n}";
const std::string popularity =
    " :Float64 = nan $D.least(0) $D.kept $D.says(\"How much it is looked at now, as TMDB counts it\");\n  ";
const std::string rating =
    "rating @1 :Float64 = nan $D.least(0) $D.kept $D.says(\"The mean of its votes; at TMDB 0 to 10\");\n";

SchemaText recorded() { return read_schema_text(fs::path(CATLOG_SOURCE) / "tests" / "golden" / "schema.txt"); }

// Today's schema with one place written in another way.
SchemaText altered(const std::string& from, const std::string& to) {
  TemporaryDirectory folder;
  bool found = false;
  for (const char* name : {"declaration.capnp", "vocabulary.capnp"}) {
    std::string text = read_text(schema_folder / name);
    if (const auto at = text.find(from); at != std::string::npos) {
      text.replace(at, from.size(), to);
      found = true;
    }
    std::ofstream(folder / name) << text;
  }
  BOOST_REQUIRE_MESSAGE(found, from);
  return describe_schema(folder.path());
}

// The one reason why this change is refused.
std::string refused(const std::string& from, const std::string& to) {
  const auto reasons = refused_changes(describe_schema(schema_folder), altered(from, to));
  BOOST_TEST(reasons.size() == 1u, from << " -> " << to << ": " << reasons.size());
  return reasons.empty() ? "nothing" : reasons.front();
}

bool is_allowed(const std::string& from, const std::string& to) {
  const auto reasons = refused_changes(describe_schema(schema_folder), altered(from, to));
  for (const auto& reason : reasons) BOOST_TEST_MESSAGE(reason);
  return reasons.empty();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_present_schema_reads_what_the_recorded_one_wrote) {
  const auto present = describe_schema(schema_folder);
  BOOST_TEST(recorded().size() > 300u);
  for (const auto& reason : refused_changes(recorded(), present)) BOOST_ERROR(reason);
  const auto added = not_recorded(recorded(), present);
  BOOST_TEST(added.empty(), "record these lines in tests/golden/schema.txt:\n" << added);
}

BOOST_AUTO_TEST_CASE(the_compiled_schema_is_that_of_the_files) {
  const auto present = describe_schema(schema_folder);
  for (capnp::StructSchema root :
       {capnp::Schema::from<events::schema::Record>(), capnp::Schema::from<events::schema::Command>(),
        capnp::Schema::from<events::schema::Receipt>(), capnp::Schema::from<events::schema::ChangeHeader>(),
        capnp::Schema::from<events::schema::Head>(), capnp::Schema::from<events::schema::ReplayRequest>(),
        capnp::Schema::from<events::schema::ReplayAnswer>(), capnp::Schema::from<events::schema::GroupRequest>(),
        capnp::Schema::from<events::schema::GroupAnswer>()})
    for (const auto& [what, facts] : describe_schema(root)) {
      const auto found = present.find(what);
      BOOST_TEST((found != present.end() && found->second == facts), what << ": " << facts);
    }
}

BOOST_AUTO_TEST_CASE(a_change_that_old_bytes_do_not_survive_is_refused) {
  BOOST_TEST(refused("rating @1 :Float64 = nan", "score @1 :Float64 = nan") ==
             "field Ratings.rating was renamed to field Ratings.score");
  BOOST_TEST(refused(row_id, "struct RowId {}") == "field RowId.id was removed");
  BOOST_TEST(refused("rating @1 :Float64 = nan", "rating @1 :Float64 = 0") ==
             "field Ratings.rating changed: default=(float64=nan) became default=(float64=0)");
  BOOST_TEST(refused("rating @1 :Float64 = nan $D.least(0)", "rating @1 :Text").starts_with("field Ratings.rating "));
  BOOST_TEST(refused(admin, "}") == "enumerant Role.admin was removed");
  BOOST_TEST(refused("$D.spelled(\"LOGOUT\")", "$D.spelled(\"BYE\")") ==
             "enumerant AuditAction.logout changed: spelled=(text=\"LOGOUT\") became spelled=(text=\"BYE\")");
  BOOST_TEST(refused("isPublic @2 :Int64 = D.nullInt $D.flag", "isPublic @2 :Int64 = D.nullInt") ==
             "field ListFacts.isPublic changed: flag=(void=void) became nothing");
  BOOST_TEST(refused("lastSync @1 :Int64 = D.nullInt $D.absent(refused) $D.format(datetime)",
                     "lastSync @1 :Int64 = D.nullInt $D.absent(refused)") ==
             "field SyncFacts.lastSync changed: format=(enum=7) became nothing");
  const std::string tagline = "tagline @4 :Text",
                    rest = " $D.says(\"Its tagline in this language\");\n}\n\nstruct NameT";
  BOOST_TEST(refused(tagline + rest, tagline + " $D.absent(null)" + rest) ==
             "field TitleTranslation.tagline changed: nothing became absent=(enum=2)");
  BOOST_TEST(refused("movieRemoved @24 :Void $D.does(op = remove, entity = movie)",
                     "movieRemoved @24 :Void $D.does(op = remove, entity = genre)")
                 .find("entity=movie") != std::string::npos);
  BOOST_TEST(refused("(entity = season, table = \"seasons\"", "(entity = season, table = \"series\"") ==
             "entity season changed: table=\"seasons\" became table=\"series\"");
}

BOOST_AUTO_TEST_CASE(exchanged_ordinals_are_refused) {
  const auto reasons =
      refused_changes(describe_schema(schema_folder),
                      altered("popularity @0" + popularity + "rating @1", "popularity @1" + popularity + "rating @0"));
  BOOST_REQUIRE(reasons.size() == 2u);
  BOOST_TEST(reasons[0].starts_with("field Ratings.popularity changed: offset=0 ordinal=0 became"), reasons[0]);
}

BOOST_AUTO_TEST_CASE(what_is_added_is_allowed_unless_it_is_required) {
  BOOST_TEST(is_allowed(rating, rating + "  votes @2 :Int64 = D.nullInt;\n"));
  BOOST_TEST(is_allowed(admin, "  owner @4;\n" + admin));
  const std::string last = "auditLogPurged @73 :Void $D.does(op = remove, entity = auditLog)";
  BOOST_TEST(is_allowed(last, "auditLogArchived @80 :Void $D.does(op = remove, entity = auditLog);\n    " + last));
  BOOST_TEST(is_allowed("struct RowId {", "struct Unheard { of @0 :Int64; }\nstruct RowId {"));
  BOOST_TEST(refused(rating, rating + "  votes @2 :Int64 = D.nullInt $D.absent(refused);\n") ==
             "field Ratings.votes is new and required: what was written before it has none");
}

BOOST_AUTO_TEST_SUITE_END()
