#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "projector/query/reports.h"
#include "projector/sqlite/sqlite.h"
#include "tests/support/commands.h"
#include "tests/support/data_directory.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(sql_test)

// SQL that somebody typed, as a process: what it may take, and whom it may hold up.
namespace {

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using projector::Database;
using projector::Open;

// Rows of a number and so many bytes.
std::string many_rows(int count, int bytes) {
  return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT " + std::to_string(count) +
         ") SELECT i, hex(randomblob(" + std::to_string(bytes / 2) + ")) AS x FROM n";
}

// On the disk, in files without a name that programs of ours have open.
uint64_t unnamed_bytes_of_children() {
  uint64_t bytes = 0;
  std::error_code gone;
  for (const auto& task : fs::directory_iterator("/proc/self/task", gone)) {
    std::ifstream children(task.path() / "children");
    for (std::string pid; children >> pid;)
      for (fs::directory_iterator each("/proc/" + pid + "/fd", gone), end; !gone && each != end; each.increment(gone)) {
        struct stat found {};
        if (::stat(each->path().c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 0 &&
            !has(fs::read_symlink(each->path(), gone).string(), "/memfd:"))
          bytes += static_cast<uint64_t>(found.st_blocks) * 512;
      }
  }
  return bytes;
}

// The most that was seen while it ran.
template <class Work>
uint64_t most_disk_while(Work&& work) {
  uint64_t most = 0;
  const auto ran = std::async(std::launch::async, work);
  while (ran.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready)
    most = std::max(most, unnamed_bytes_of_children());
  return most;
}

struct House {
  DataDirectory data{CATLOG_BIN};
  House() {
    small_catalogue().append_to(data / "log");
    data.out_of({"rebuild"});
  }
  void refused(const std::string& sql, const std::string& sentence, const std::string& timeout_s = "200") const {
    const Ran ran = data.catlog({"sql", "--timeout-s", timeout_s, sql});
    BOOST_TEST(ran.exit_code == 1, sql << ": " << ran.err);
    BOOST_TEST(has(ran.err, sentence), sql << ": " << ran.err);
  }
};

struct ClosePipe {
  void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sql, House)

BOOST_AUTO_TEST_CASE(a_statement_ends_within_its_limits) {
  const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ";
  // Between two instructions it is interrupted, of which the longest here makes a value of some milliseconds at most: a
  // small part of the fifth of the limit after which the process ends.
  refused(numbers + "count(*) FROM n", "took longer than 2000 ms", "2");
  refused(numbers + "max(x) FROM (SELECT hex(randomblob(100000)) AS x FROM n)", "took longer than 2000 ms", "2");
  // One instruction of SQLite's, which nothing interrupts.
  refused("SELECT length(printf('%.*c', 2000000000, 'x'))", "its time was over", "1");
  // Values that are too long are none, however many are to be sorted.
  const Ran long_values = data.catlog(
      {"sql", "--timeout-s", "200",
       "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM t LIMIT 400) SELECT max(length(y)) FROM (SELECT "
       "hex(randomblob(30000000)) y FROM t ORDER BY y)"});
  BOOST_TEST(long_values.exit_code == 2);
  BOOST_TEST(has(long_values.err, "too big"), long_values.err);
  std::string columns;  // each within its limit
  for (int column = 0; column < 30; ++column)
    columns += column ? ", hex(randomblob(7000000))" : "hex(randomblob(7000000))";
  refused("SELECT " + columns, "more memory");
  // One call each, which nothing interrupts either.
  for (const char* pattern : {"LIKE '%", "GLOB '*"})
    refused(std::string("SELECT hex(zeroblob(8000000)) ") + pattern + "' || hex(zeroblob(24000)) || '1'",
            "its time was over", "1");
  const auto disk = most_disk_while([&] {
    refused("SELECT count(*) FROM (" + many_rows(200'000, 10'000) + " ORDER BY x LIMIT -1 OFFSET 1)",
            "more temporary space");
  });
  BOOST_TEST(disk > 0u);  // it was seen
  BOOST_TEST(disk <= uint64_t{1} << 30);
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  BOOST_TEST(children.ru_maxrss < 512 * 1024);  // KiB
}

BOOST_AUTO_TEST_CASE(a_reader_that_does_not_read_holds_up_nobody) {
  constexpr int rows = 30'000;
  const std::string command = std::string(CATLOG_BIN) + "/catlog sql --format csv --data " + data.path().string() +
                              " \"" + many_rows(rows, 1'000) + "\" 2> /dev/null";
  const std::unique_ptr<std::FILE, ClosePipe> output(::popen(command.c_str(), "r"));
  BOOST_TEST_REQUIRE(output.get());
  BOOST_TEST_REQUIRE(std::fgetc(output.get()) == 'i');  // it has begun; no more of it is read
  Database writer(data / "readmodel" / "current.sqlite", Open::write);
  writer.wait_for_locks(100);
  const auto deadline = std::chrono::steady_clock::now() + longest_run;
  bool is_free = false;
  while (!is_free && std::chrono::steady_clock::now() < deadline) try {
      writer.run("BEGIN EXCLUSIVE");
      is_free = true;
    } catch (const projector::Busy&) {
    }
  BOOST_TEST(is_free);
  writer.roll_back();
  int lines = 0;
  for (int c = 0; (c = std::fgetc(output.get())) != EOF;) lines += c == '\n';
  BOOST_TEST(lines == rows + 1);
}

BOOST_AUTO_TEST_CASE(an_answer_says_where_it_is_from) {
  const std::string head = std::to_string(data.head());
  for (const std::vector<std::string>& asked : {std::vector<std::string>{"sql", "SELECT 1"},
                                                {"report", "top-movies"},
                                                {"report", "changes"},
                                                {"report", "top-movies", "--format", "markdown"},
                                                {"report", "top-movies", "--format", "csv"},
                                                {"report", "top-movies", "--format", "json"},
                                                {"report", "top-movies", "--format", "jsonl"},
                                                {"report", "top-movies", "--as-of", head},
                                                {"report", "top-movies", "--chart"},
                                                {"report", "top-movies", "--html", "-"}}) {
    const Ran ran = data.catlog(asked);
    BOOST_TEST(ran.exit_code == 0, ran.err);
    BOOST_TEST(has(ran.err, "as of position " + head + ", 0 behind the log's head " + head), ran.err);
  }
}

BOOST_AUTO_TEST_CASE(a_report_can_be_copied_and_asked_of_another_time) {
  for (const projector::Report& report : projector::reports()) BOOST_TEST_CONTEXT(report.name) {
      const std::string name(report.name), sql = data.out_of({"report", name, "--sql"});
      const std::string rows = data.out_of({"report", name, "--format", "csv"});
      if (name != "expiring-tokens" && name != "weak-sources")  // whose present is a moment later
        BOOST_TEST(data.out_of({"sql", sql, "--format", "csv"}) == rows);
      BOOST_TEST(has(sql, "`catlog sql` has") == projector::reads_log(report));
      if (projector::reads_log(report)) continue;
      const Ran pasted = run({"/usr/bin/sqlite3", "-readonly", "-batch", "-header", "-csv", "-nullvalue", "",
                              data / "readmodel/current.sqlite"},
                             sql);
      BOOST_TEST(pasted.exit_code == 0, pasted.err);
      BOOST_TEST(pasted.err == "");
      const auto lines = std::ranges::count(rows, '\n');
      BOOST_TEST(std::ranges::count(pasted.out, '\n') == (lines == 1 ? 0 : lines), pasted.out);
    }
  const Ran weak = data.catlog({"report", "weak-sources", "--sql", "--param", "days=3"});
  BOOST_TEST(has(weak.err, "days is 3"), weak.err);
  BOOST_TEST(has(weak.out, "3 /* days */"), weak.out);
  BOOST_TEST(data.catlog({"report", "weak-sources", "--param", "weeks=3"}).exit_code == 2);
  for (const char* to_come : {"99999999", "2100-01-01"}) {
    const Ran none = data.catlog({"report", "changes", "--format", "csv", "--param", std::string("since=") + to_come});
    BOOST_TEST(none.exit_code == 0, none.err);
    BOOST_TEST(has(none.err, std::string(to_come) + " is still to come"), none.err);
  }
  const auto rows_of = [&](const std::string& as_of) {
    return read_lines(data.out_of({"report", "catalogue", "--format", "jsonl", "--as-of", as_of})).at(0).at("rows");
  };
  BOOST_TEST(rows_of("0") == "0");
  BOOST_TEST(rows_of(std::to_string(data.head())) == "2");
}

BOOST_AUTO_TEST_CASE(an_answer_about_a_moment_is_of_that_moment) {
  const std::string head = std::to_string(data.head());
  const auto now = [&](const std::string& as_of) {
    return data.out_of({"sql", "SELECT :now AS now", "--format", "csv", "--as-of", as_of});
  };
  const std::string last = data.out_of({"sql", "SELECT max(recordedAt) AS now FROM log_events", "--format", "csv"});
  BOOST_TEST(now(head) == last);
  BOOST_TEST(now("2025-03-01") == "now\r\n2025-03-01 00:00:00.000\r\n");
  BOOST_TEST(data.out_of({"sql", "SELECT abs(julianday(:now) - julianday('now')) < 1 AS n", "--format", "csv"}) ==
             "n\r\n1\r\n");
  BOOST_TEST(data.out_of({"sql", "SELECT :now AS n", "--param", "now=7", "--format", "csv"}) == "n\r\n7\r\n");
  // The source is weak or not by the moment.
  const std::string seen =
      data.out_of({"sql", "SELECT substr(lastSeen, 1, 10) AS d FROM movie_sources LIMIT 1", "--format", "csv"})
          .substr(3, 10);
  const auto unseen = [&](const std::string& moment) {
    return has(data.out_of({"report", "weak-sources", "--format", "csv", "--param", "now=" + moment}), "unseen");
  };
  BOOST_TEST(!unseen(seen));
  BOOST_TEST(unseen("2030-01-01"));
  BOOST_TEST(has(data.out_of({"report", "weak-sources", "--format", "csv"}), "unseen"));
  BOOST_TEST(!has(data.out_of({"report", "weak-sources", "--format", "csv", "--as-of", head}), "unseen"));
}

BOOST_AUTO_TEST_CASE(a_wrong_parameter_of_a_report_is_wrong_use) {
  for (const std::vector<std::string>& given : {std::vector<std::string>{"weak-sources", "days=x"},
                                                {"weak-sources", "days=-5"},
                                                {"weak-sources", "rows=x"},
                                                {"weak-sources", "now=soon"},
                                                {"changes", "since=soon"}}) {
    const Ran ran = data.catlog({"report", given.at(0), "--param", given.at(1)});
    BOOST_TEST(ran.exit_code == 2, given.at(1) << ": " << ran.err);
    BOOST_TEST(ran.out == "");
  }
}

BOOST_AUTO_TEST_CASE(a_plan_is_not_written_as_rows) {
  BOOST_TEST(data.catlog({"sql", "--plan", "SELECT 1", "--format", "json"}).exit_code == 2);
  const Ran scan = data.catlog({"sql", "--plan", "SELECT title FROM movies ORDER BY rating DESC LIMIT 5"});
  BOOST_TEST(!has(scan.err, "would help"), scan.err);
  BOOST_TEST(has(scan.err, "in the order of the index idx_movie_rating"), scan.err);
  BOOST_TEST(has(data.catlog({"sql", "--plan", "SELECT * FROM log_events WHERE userId = 1"}).err,
                 "is read from the log's first event on"));
}

BOOST_AUTO_TEST_CASE(a_page_takes_the_place_of_a_page_only) {
  const TemporaryDirectory folder;
  const std::string file = folder / "page.html";
  const auto page = [&](const std::string& into, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"report", "catalogue", "--html", into});
    return data.catlog(more);
  };
  std::ofstream(file) << "mine";
  const Ran refused = page(file);
  BOOST_TEST(refused.exit_code == 2);
  BOOST_TEST(has(refused.err, "no page of a report"), refused.err);
  BOOST_TEST(read_text(file) == "mine");
  BOOST_TEST(page(file, {"--force"}).exit_code == 0);
  BOOST_TEST(has(read_text(file), "<h1>catalogue</h1>"));
  BOOST_TEST(page(file).exit_code == 0);  // its own
  for (const std::string& place :
       {std::string(data / "page.html"), std::string(data / "readmodel/page.html"), folder.path().string()})
    BOOST_TEST(page(place, {"--force"}).exit_code == 2, place);
  BOOST_TEST(!std::filesystem::exists(data / "readmodel/page.html"));
  BOOST_TEST(data.catlog({"report", "catalogue", "--force"}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(a_report_is_drawn_and_made_a_page) {
  const Ran chart = data.catlog({"report", "catalogue", "--chart"});
  BOOST_TEST(chart.exit_code == 0, chart.err);
  BOOST_TEST(chart.out.starts_with("rows by table\nmovies "), chart.out);
  BOOST_TEST(has(chart.out, " ###"), chart.out);
  for (const char c : chart.out) BOOST_TEST_REQUIRE(static_cast<unsigned char>(c) < 0x80, chart.out);  // in a pipe
  BOOST_TEST(has(chart.err, "as of position"), chart.err);
  BOOST_TEST(has(data.out_of({"report", "growth", "--chart", "--column", "users"}), "users by month"));
  BOOST_TEST(data.catlog({"report", "audit", "--chart"}).exit_code == 2);
  BOOST_TEST(data.catlog({"report", "growth", "--chart", "--column", "none"}).exit_code == 2);
  const Ran text = data.catlog({"report", "top-movies", "--chart", "--column", "title"});
  BOOST_TEST(text.exit_code == 2);
  BOOST_TEST(has(text.err, "no numbers in title"), text.err);
  BOOST_TEST(data.catlog({"report", "growth", "--column", "users"}).exit_code == 2);
  BOOST_TEST(data.catlog({"report", "catalogue", "--chart", "--html", "-"}).exit_code == 2);

  const std::string head = std::to_string(data.head());
  const std::string page = data.out_of({"report", "catalogue", "--html", "-"});
  BOOST_TEST(has(page, "<dd>" + head + ", 0 behind the log&#39;s head " + head + "</dd>"), page);
  BOOST_TEST(has(page, "<svg"), page);
  BOOST_TEST(has(page, "<td dir=\"auto\">movies</td><td class=\"n\">2</td>"), page);
  const TemporaryDirectory folder;
  const std::string file = folder / "page.html";
  data.out_of({"report", "audit", "--html", file});
  BOOST_TEST(has(read_text(file), "<h1>audit</h1>"));
  data.out_of({"report", "top-movies", "--html", file, "--as-of", head});  // in its place
  BOOST_TEST(has(read_text(file), "<h1>top-movies</h1>"));
  BOOST_TEST(data.catlog({"report", "audit", "--html", folder / "none/page.html"}).exit_code == 4);
}

// By a parser that knows nothing of us: well-formed, nothing fetched or run, and each text as it was.
BOOST_AUTO_TEST_CASE(a_page_can_be_taken_apart_and_fetches_nothing) {
  constexpr const char* takes_apart = R"(
import sys, xml.etree.ElementTree as tree
page = tree.fromstring(sys.stdin.read())
for element in page.iter():
    assert element.tag in ("html head meta title style body h1 p dl dt dd svg g text rect path table thead tbody tr th "
                           "td").split(), element.tag
    for name, value in element.attrib.items():
        assert not name.startswith("on") and name not in ("src", "href", "style"), name
        assert "url(" not in value and "://" not in value, value
assert "url(" not in page.find("head/style").text and "@import" not in page.find("head/style").text
print("plot" if page.find("body/svg") is not None else "no plot")
print("\n".join(cell.text or "" for cell in page.iter("td"))))";
  const auto apart = [&](const std::string& report) {
    const Ran ran =
        run({"/usr/bin/python3", "-X", "utf8", "-c", takes_apart}, data.out_of({"report", report, "--html", "-"}));
    BOOST_TEST(ran.exit_code == 0, report << ": " << ran.err);
    return ran.out;
  };
  const std::string marks = R"(</title><script src="https://example.org/x.js">1</script> & "two" 'three' ]]> &amp;)";
  const std::string hostile = marks + "\xEF\xBF\xBE\xEF\xBF\xBF";  // U+FFFE and U+FFFF
  {
    Daemon daemon = data.start();
    data.catlog({"send"}, movie_fields(4711).with("title", json_text(hostile)).as("putMovie") + "\n");
    BOOST_TEST_REQUIRE(daemon.terminate() == 0);
  }
  for (const projector::Report& report : projector::reports()) apart(std::string(report.name));
  const std::string movies = apart("top-movies");
  BOOST_TEST(movies.starts_with("plot\n"), movies);
  BOOST_TEST(has(movies, "\n" + marks + "\xEF\xBF\xBD\xEF\xBF\xBD\n"), movies);
}

BOOST_AUTO_TEST_CASE(a_query_is_asked_as_it_is_needed) {
  const std::string by_id = "SELECT title FROM movies WHERE tmdbId = :id -- by what it is known by";
  BOOST_TEST(data.out_of({"sql", "--param", "id=1001", by_id, "--format", "jsonl"}) == "{\"title\":\"The Matrix\"}\n");
  BOOST_TEST(data.catlog({"sql", by_id}).exit_code == 2);
  BOOST_TEST(data.catlog({"sql", by_id, "--param", "603"}).exit_code == 2);
  BOOST_TEST(data.out_of({"sql", "SELECT NULL AS a, '' AS b", "--format", "csv", "--null", "\\N"}) ==
             "a,b\r\n\\N,\r\n");
  BOOST_TEST(data.out_of({"sql", "SELECT NULL AS a, '' AS b", "--format", "csv", "--null", ""}) == "a,b\r\n,\"\"\r\n");
  BOOST_TEST(data.out_of({"sql", "SELECT typeof(:a) AS a, typeof(:b) AS b", "--param", "a=1.50", "--text", "b=1.50",
                          "--format", "csv"}) == "a,b\r\nreal,text\r\n");
  const Ran many = data.catlog({"sql", "SELECT 1 AS a UNION ALL SELECT 2", "--max-rows", "1", "--format", "jsonl"});
  BOOST_TEST(many.exit_code == 1);
  BOOST_TEST(has(many.err, "more than 1 rows"), many.err);
  BOOST_TEST(many.out == "{\"a\":1}\n");  // those that there are come
  const Ran plan = data.catlog({"sql", "--plan", "SELECT title FROM movies WHERE runtime > 7"});
  BOOST_TEST(has(plan.out, "SCAN movies"), plan.out);
  BOOST_TEST(has(plan.err, "movies is read from end to end"), plan.err);
  BOOST_TEST(has(plan.err, "an index on movies(runtime) would help"), plan.err);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
