#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_storage_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

struct Downloads : Catalogue {
  // The status that a download has come to, in a storage of its own: its id.
  int64_t storage_in(const std::string& status) {
    int64_t number = next_source_++;
    accept(source_fields(number).as("addMovieSource"));
    auto id = accept(fmt::format("{{\"startDownload\":{{\"source\":{}}}}}", source_ref(number))).effect.subject_id;
    if (status == "completed" || status == "seeding") accept(report(id, status, 1));
    if (status == "paused") accept(on("pauseDownload", id));
    if (status == "error") accept(on("failDownload", id));
    return id;
  }
  static std::string on(const char* command, int64_t id) {
    return fmt::format("{{\"{}\":{{\"storage\":{{\"id\":{}}}}}}}", command, id);
  }
  static Fields transfer(int64_t id, double progress) {
    return transfer_fields(progress).with("storage", fmt::format("{{\"id\":{}}}", id));
  }
  static std::string report(int64_t id, const std::string& status, double progress) {
    return transfer(id, progress).with("status", json_text(status)).as("reportTransfer");
  }
  // What the last event of an accepted command made of the status; empty: nothing.
  std::string status_after(const events::Receipt& receipt) {
    const auto event = last_event(*this, receipt);
    if (event.starts_with("{\"storageRemoved\"")) return "gone";
    for (const auto& status : all_statuses)
      if (event.find("\"status\":\"" + status + "\"") != std::string::npos) return status;
    return {};
  }

  static inline const std::vector<std::string> all_statuses = {"downloading", "completed", "seeding", "paused",
                                                               "error"};

  int64_t last_source() const { return next_source_ - 1; }

 private:
  int64_t next_source_ = 100;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(downloads, Downloads)

BOOST_AUTO_TEST_CASE(a_transfer_whose_columns_are_wrong_is_invalid) {
  storage_in("downloading");
  check_refused(*this, each_invalid(transfer_fields().with("storage", "{\"id\":1}"), "reportTransfer",
                                    {{"downloadProgress", ""},
                                     {"downloadProgress", "null"},
                                     {"downloadProgress", "1.01"},
                                     {"downloadProgress", "-0.01"},
                                     {"uploadProgress", ""},
                                     {"uploadProgress", "2"},
                                     {"uploadProgress", "-1"},
                                     {"peers", "-1"},
                                     {"downloaded", "-1"},
                                     {"uploaded", "-1"},
                                     {"readable", "-1"},
                                     {"phase", "\"checking\""},
                                     {"phase", "\"resting\""},
                                     {"directory", "\" \""},
                                     {"mainFile", "\"/etc/passwd\""},
                                     {"mainFile", "\"a/../../b\""},
                                     {"mainFile", "\"a//b\""},
                                     {"mainFile", "\"./a\""},
                                     {"mainFile", "\"a/\""},
                                     {"mainFile", "\"a\\nb\""},
                                     {"mainFile", json_text(std::string(4'097, 'a'))},
                                     {"mainFileSize", "-1"},
                                     {"totalSize", "-1"},
                                     {"status", "\"finished\""},
                                     {"status", "\"DOWNLOADING\""},
                                     {"status", "\"unset\""},
                                     {"status", "\"\""},
                                     {"storage", "{}"}}));
  check_refused(*this, {{transfer_fields().with("storage", "{\"id\":99}").as("reportTransfer"), "notFound storage"},
                        {on("pauseDownload", 99), "notFound storage"},
                        {on("resumeDownload", 99), "notFound storage"},
                        {on("failDownload", 99), "notFound storage"},
                        {on("removeStorage", 99), "notFound storage"}});
}

// Each status, as it is and while a recheck stands, with each command: what becomes of it. README.md of commandhandler
// shows the same table.
BOOST_AUTO_TEST_CASE(every_command_in_every_status_does_what_the_table_says) {
  const auto reporting = [](const char* to) { return [to](int64_t id) { return report(id, to, 1); }; };
  const auto plain = [](const char* command) { return [command](int64_t id) { return on(command, id); }; };
  const std::vector<std::pair<std::string, std::function<std::string(int64_t)>>> commands = {
      {"startDownload", [&](int64_t) { return "{\"startDownload\":{\"source\":" + source_ref(last_source()) + "}}"; }},
      {"reportTransfer", [](int64_t id) { return transfer(id, 1).as("reportTransfer"); }},
      {"… downloading", reporting("downloading")},
      {"… completed", reporting("completed")},
      {"… seeding", reporting("seeding")},
      {"… paused", reporting("paused")},
      {"… error", reporting("error")},
      {"pauseDownload", plain("pauseDownload")},
      {"resumeDownload", plain("resumeDownload")},
      {"failDownload", plain("failDownload")},
      {"recheckDownload", plain("recheckDownload")},
      {"touchStorage", plain("touchStorage")},
      {"removeStorage", plain("removeStorage")}};
  std::ostringstream table;
  table << "| command |";
  for (const auto& from : all_statuses) table << ' ' << from << " | ✓ |";
  table << "\n|---|" << [] {
    std::string rules;
    for (int i = 0; i < 10; ++i) rules += "---|";
    return rules;
  }() << '\n';
  for (const auto& [name, command] : commands) {
    table << "| " << name << " |";
    for (const auto& from : all_statuses)
      for (const bool rechecked : {false, true}) {
        const auto id = storage_in(from);
        if (rechecked) accept(on("recheckDownload", id));
        const auto receipt = send(command(id));
        const auto cell = [&]() -> std::string {
          if (receipt.verdict == events::Receipt::Verdict::refused) return "–";
          if (receipt.verdict == events::Receipt::Verdict::unchanged) return "=";
          const auto after = status_after(receipt);
          return after.empty() || after == from ? "recorded" : after;
        };
        table << ' ' << cell() << " |";
      }
    table << '\n';
  }
  std::ostringstream document;
  document << std::ifstream(CATLOG_SOURCE "/commandhandler/README.md").rdbuf();
  BOOST_TEST(document.str().find(table.str()) != std::string::npos,
             "commandhandler/README.md shows another table than this:\n"
                 << table.str());
}

BOOST_AUTO_TEST_CASE(a_whole_download_resumes_as_seeding) {
  auto status_after_resuming = [&](double progress) {
    auto id = storage_in("downloading");
    accept(report(id, "downloading", progress));
    accept(on("pauseDownload", id));
    auto receipt = accept(on("resumeDownload", id));
    auto snapshot = log().snapshot();
    events::RecordView view(snapshot.read(receipt.effect.last));
    return view.root().getEvent().getDownloadResumed().getStatus();
  };
  BOOST_CHECK(status_after_resuming(0.99) == events::schema::DownloadStatus::DOWNLOADING);
  BOOST_CHECK(status_after_resuming(1) == events::schema::DownloadStatus::SEEDING);
}

BOOST_AUTO_TEST_CASE(what_is_here_does_not_fall_but_by_a_recheck) {
  const auto id = storage_in("downloading");
  const auto here = [&](double progress, int64_t downloaded, int64_t readable) {
    return transfer(id, progress)
        .with("downloaded", std::to_string(downloaded))
        .with("readable", std::to_string(readable))
        .with("phase", "\"downloading\"");
  };
  accept(here(0.5, 500, 50).as("reportTransfer"));
  check_refused(*this, {{here(0.5, 499, 50).as("reportTransfer"), "invalid downloaded"},
                        {here(0.5, 500, 49).as("reportTransfer"), "invalid readable"},
                        {here(0.49, 500, 50).as("reportTransfer"), "invalid downloadProgress"}});
  BOOST_TEST(recorded(*this, on("recheckDownload", id)) == "recheckStarted");
  BOOST_TEST(outcome(send(on("recheckDownload", id))) == "unchanged");
  BOOST_TEST(recorded(*this, here(0.1, 100, 0).with("phase", "\"checking\"").as("reportTransfer")) ==
             "transferReported");
  BOOST_TEST(recorded(*this, here(0.2, 200, 10).as("reportTransfer")) == "transferReported");
  check_refused(*this, {{here(0.1, 100, 0).as("reportTransfer"), "invalid downloaded"},
                        {here(0.2, 200, 10).with("phase", "\"checking\"").as("reportTransfer"), "invalid phase"}});
  // A check that finds all as it was is told, too.
  accept(on("recheckDownload", id));
  BOOST_TEST(recorded(*this, here(0.2, 200, 10).as("reportTransfer")) == "transferReported");
  BOOST_TEST(outcome(send(here(0.2, 200, 10).as("reportTransfer"))) == "unchanged");
}

BOOST_AUTO_TEST_CASE(no_more_is_here_than_there_is) {
  const auto id = storage_in("downloading");
  const auto whole = transfer(id, 0.5)
                         .with("directory", "\"/srv/files/1\"")
                         .with("mainFile", "\"a b/c.mkv\"")
                         .with("mainFileSize", "90")
                         .with("totalSize", "100");
  check_refused(*this, {{whole.with("downloaded", "101").as("reportTransfer"), "invalid downloaded"},
                        {whole.with("readable", "91").as("reportTransfer"), "invalid readable"}});
  BOOST_TEST(recorded(*this, whole.with("downloaded", "100").with("readable", "90").as("reportTransfer")) ==
             "storagePlaced transferReported");
  BOOST_TEST(
      recorded(*this, whole.with("downloaded", "100").with("readable", "90").with("peers", "3").as("reportTransfer")) ==
      "transferReported");
  check_refused(*this, {{transfer(id, 0.5).with("downloaded", "101").as("reportTransfer"), "invalid downloaded"}});
}

BOOST_AUTO_TEST_CASE(bytes_that_came_twice_fall_to_what_there_is) {
  const auto id = storage_in("downloading");
  accept(transfer(id, 0.5).with("downloaded", "150").as("reportTransfer"));  // as older releases counted
  const auto whole = transfer(id, 1).with("directory", "\"/srv/files/1\"").with("totalSize", "100");
  check_refused(*this, {{whole.with("downloaded", "99").as("reportTransfer"), "invalid downloaded"}});
  BOOST_TEST(recorded(*this, whole.with("downloaded", "100").with("status", "\"completed\"").as("reportTransfer")) ==
             "storagePlaced transferReported downloadStatusReported");
}

BOOST_AUTO_TEST_CASE(what_can_be_read_is_of_one_place) {
  const auto id = storage_in("downloading");
  const auto placed = [&](const char* file) {
    return transfer(id, 0.5).with("directory", "\"/srv/files/1\"").with("mainFile", file).with("mainFileSize", "90");
  };
  accept(placed("\"a.mkv\"").with("readable", "80").as("reportTransfer"));
  check_refused(*this, {{placed("\"a.mkv\"").with("readable", "70").as("reportTransfer"), "invalid readable"}});
  BOOST_TEST(recorded(*this, placed("\"b.mkv\"").with("readable", "70").as("reportTransfer")) ==
             "storagePlaced transferReported");
  BOOST_TEST(recorded(*this, placed("\"c.mkv\"").as("reportTransfer")) == "storagePlaced transferReported");
  BOOST_TEST(outcome(send(placed("\"c.mkv\"").with("readable", "1").as("reportTransfer"))) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_failure_says_why_until_the_status_is_another) {
  const auto id = storage_in("downloading");
  const auto fail = [&](const std::string& reason) {
    return Fields{{"storage", fmt::format("{{\"id\":{}}}", id)}, {"reason", json_text(reason)}}.as("failDownload");
  };
  check_refused(*this, {{fail(std::string(1'025, 'a')), "invalid reason"}, {fail(" "), "invalid reason"}});
  BOOST_TEST(recorded(*this, fail("the disk is full")) == "downloadFailed");
  BOOST_TEST(outcome(send(fail("the disk is full"))) == "unchanged");
  BOOST_TEST(outcome(send(on("failDownload", id))) == "unchanged");
  const auto gone = last_event(*this, accept(fail("the disk is gone")));
  BOOST_TEST(gone.find("\"failure\":\"the disk is gone\",\"failedAt\":\"2026-") != std::string::npos, gone);
  BOOST_TEST(last_event(*this, accept(on("resumeDownload", id))) == R"({"downloadResumed":{"status":"downloading"}})");
}

BOOST_AUTO_TEST_CASE(a_download_is_touched_once_in_ten_minutes) {
  const auto id = storage_in("seeding");
  BOOST_TEST(recorded(*this, on("touchStorage", id)) == "storageTouched");
  BOOST_TEST(outcome(send(on("touchStorage", id))) == "unchanged");
}

BOOST_AUTO_TEST_CASE(removing_says_what_becomes_of_the_files) {
  const auto remove = [](int64_t id, const char* with_data) {
    return Fields{{"storage", fmt::format("{{\"id\":{}}}", id)}, {"withData", with_data}}.as("removeStorage");
  };
  BOOST_TEST(recorded(*this, remove(storage_in("seeding"), "false")) == "storageRemoved");
  BOOST_TEST(recorded(*this, remove(storage_in("seeding"), "true")) == "storageDiscarded");
}

BOOST_AUTO_TEST_CASE(a_repeated_report_changes_nothing) {
  auto id = storage_in("downloading");
  BOOST_TEST(recorded(*this, report(id, "downloading", 0.5)) == "transferReported");
  BOOST_TEST(outcome(send(report(id, "downloading", 0.5))) == "unchanged");
  auto without_status = transfer_fields(0.5).with("storage", fmt::format("{{\"id\":{}}}", id));
  BOOST_TEST(outcome(send(without_status.as("reportTransfer"))) == "unchanged");
  BOOST_TEST(recorded(*this, report(id, "completed", 0.5)) == "downloadStatusReported");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
