#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <regex>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <sqlite3.h>

#include "tests/support/bus_peers.h"
#include "tests/support/child_process.h"
#include "tests/support/data_directory.h"
#include "tests/support/free_ports.h"
#include "tests/support/http_peer.h"
#include "tests/support/notify_socket.h"
#include "tests/support/reader_process.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(watching_test)

using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds longest_wait{60};
const fs::path source = CATLOG_SOURCE;

// Where a catlogd answers, as its log says.
std::string address_of(const Daemon& daemon) {
  const std::string said = daemon.err();
  std::smatch found;
  if (!std::regex_search(said, found, std::regex("answered at ([^ \n\"]+)"))) throw std::runtime_error(said);
  return found[1];
}

struct Watched {
  explicit Watched(const std::vector<std::string>& arguments = {"--http-endpoint", "tcp://127.0.0.1:0"})
      : daemon(data.start(arguments)), address(address_of(daemon)) {}
  std::string ask(const std::string& path, int status = 200) const {
    const auto answer = HttpPeer(address).get(path);
    BOOST_TEST(answer.status == status, path << ": " << answer.body);
    return answer.body;
  }
  // What /ready says, once all loops have gone round.
  std::string ready() const {
    const auto until = std::chrono::steady_clock::now() + longest_wait;
    while (HttpPeer(address).get("/ready").status != 200 && std::chrono::steady_clock::now() < until) continue;
    return ask("/ready");
  }
  // The value of a line of /metrics, which begins with this; below 0: there is none.
  double metric(const std::string& name) const {
    const std::string text = "\n" + ask("/metrics");
    const size_t at = text.find("\n" + name + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  // Whether it comes to this value.
  bool comes_to(const std::string& name, double value) const {
    const auto until = std::chrono::steady_clock::now() + longest_wait;
    while (metric(name) != value && std::chrono::steady_clock::now() < until) continue;
    return metric(name) == value;
  }
  DataDirectory data{CATLOG_BIN};
  Daemon daemon;
  std::string address;
};

// Names of metrics in a text, without what Prometheus puts behind those of histograms.
std::set<std::string> names_in(const std::string& text) {
  static const std::regex name("\\b(catlog|process)_[a-z_]+"), part("_(bucket|sum|count)$");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at)
    names.insert(std::regex_replace(at->str(), part, ""));
  return names;
}

// A program of Debian's package prometheus: installed, or where `ops/install --prometheus` put it; empty: there is
// none.
std::string program(const std::string& name) {
  for (const fs::path& folder : {source / "build/prometheus/usr/bin", fs::path("/usr/bin"), fs::path("/usr/local/bin")})
    if (::access((folder / name).c_str(), X_OK) == 0) return (folder / name).string();
  BOOST_TEST_MESSAGE("not tried: there is no " + name + " (ops/install --prometheus, or Debian's package prometheus)");
  return "";
}

// Becomes a program that dies with the test; what it says is lost.
int become(const std::vector<std::string>& argv) {
  std::vector<char*> arguments;
  for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nowhere = ::open("/dev/null", O_RDWR);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  return 127;
}

// Makes a group, of which there are metrics from then on.
void join_group(const DataDirectory& data) {
  zmq::context_t context;
  auto member = catlog::events::connect_socket(context, zmq::socket_type::dealer,
                                               catlog::events::endpoint_in(data.path(), "groups.ipc"));
  send(member, {"tag", "j", R"({"join":{"name":"index","member":"one"}})"});
  BOOST_TEST_REQUIRE(receive(member).size() == 3u);
}

}  // namespace

BOOST_AUTO_TEST_CASE(metrics_tell_what_happened) {
  Watched watched;
  BOOST_TEST(watched.metric("catlog_log_head_position") == 0);
  for (const auto& file : demo_files(source)) watched.data.catlog({"send", file.string()});
  watched.data.catlog({"send", "-"}, R"({"id":"01950000-0000-7000-8000-000000000001","putGenre":{"tmdbId":16}})");
  const auto head = static_cast<double>(watched.data.head());
  BOOST_TEST(head > 0);
  BOOST_TEST(watched.comes_to("catlog_read_model_position", head));
  BOOST_TEST(watched.metric("catlog_log_head_position") == head);
  BOOST_TEST(watched.metric("catlog_read_model_lag_events") == 0);
  BOOST_TEST(watched.metric("catlog_events_committed_total") == head);
  BOOST_TEST(watched.metric("catlog_events_applied_total") == head);
  BOOST_TEST(watched.metric(R"(catlog_commands_total{kind="putMovie",outcome="accepted"})") > 0);
  BOOST_TEST(watched.metric(R"(catlog_commands_total{kind="putGenre",outcome="refused"})") == 1);
  BOOST_TEST(watched.metric("catlog_commit_duration_seconds_count") > 0);
  BOOST_TEST(watched.metric("catlog_apply_duration_seconds_count") > 0);
  BOOST_TEST(watched.metric("catlog_log_size_bytes") > 0);
  BOOST_TEST(watched.metric("catlog_read_model_size_bytes") > 0);
  BOOST_TEST(watched.metric("catlog_disk_free_bytes") > 0);
  BOOST_TEST(watched.metric("catlog_build_info{version=\"0.1.0\"}") == 1);
  BOOST_TEST(watched.comes_to("catlog_state_position", head));
  for (const char* loop : {"handler", "state", "projector", "replay", "groups"})
    BOOST_TEST(watched.metric(fmt::format("catlog_loop_stands{{loop=\"{}\"}}", loop)) == 0, loop);
  join_group(watched.data);
  BOOST_TEST(watched.comes_to(R"(catlog_group_members{group="index"})", 1));
  BOOST_TEST(watched.metric(R"(catlog_group_lag_events{group="index"})") == head);
  BOOST_TEST(watched.metric("catlog_groups") == 1);
  BOOST_TEST(watched.daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(a_reader_in_the_way_is_named) {
  Watched watched;
  ReaderProcess reader(watched.data / "readmodel/current.sqlite");
  const auto files = demo_files(source);
  watched.data.catlog({"send", files.at(0).string()});
  BOOST_TEST(watched.comes_to("catlog_read_model_lag_events", 0));
  BOOST_TEST(watched.comes_to("catlog_read_model_oldest_reader_process", 0));
  const auto before = static_cast<double>(std::time(nullptr));
  reader.begin();
  watched.data.catlog({"send", files.at(1).string()});  // what it does not see
  BOOST_TEST(watched.comes_to("catlog_read_model_oldest_reader_process", reader.pid()));
  BOOST_TEST(watched.metric("catlog_read_model_readers_in_the_way") == 1);
  BOOST_TEST(watched.metric("catlog_read_model_oldest_reader_timestamp_seconds") >= before);
  reader.end();
  BOOST_TEST(watched.comes_to("catlog_read_model_oldest_reader_process", 0));
  BOOST_TEST(watched.comes_to("catlog_read_model_oldest_reader_timestamp_seconds", 0));
}

BOOST_AUTO_TEST_CASE(a_scrape_waits_for_no_loop) {
  Watched watched({"--http-endpoint", "tcp://127.0.0.1:0", "--ready-lag-events", "0"});
  sqlite3* writer = nullptr;
  const auto file = watched.data / "readmodel/current.sqlite";
  BOOST_REQUIRE(::sqlite3_open(file.c_str(), &writer) == SQLITE_OK);
  BOOST_REQUIRE(::sqlite3_exec(writer, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  watched.data.catlog({"send", demo_files(source).front().string()});
  const auto head = static_cast<double>(watched.data.head());
  BOOST_TEST(watched.comes_to("catlog_projector_waits", 1));
  BOOST_TEST(watched.metric("catlog_log_head_position") == head);
  BOOST_TEST(watched.metric("catlog_read_model_lag_events") == head);
  BOOST_TEST(has(watched.ask("/ready", 503), "events behind the log"));
  BOOST_TEST(has(watched.ask("/health"), R"("healthy":true)"));
  BOOST_REQUIRE(::sqlite3_exec(writer, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  ::sqlite3_close(writer);
  BOOST_TEST(watched.comes_to("catlog_read_model_lag_events", 0));
  BOOST_TEST(watched.comes_to("catlog_projector_waits", 0));
  watched.ready();
}

BOOST_AUTO_TEST_CASE(every_name_in_rules_and_dashboard_is_shown) {
  constexpr const char* of_several_machines = "catlog_cluster_";  // system.cluster looks for these
  const Watched watched;
  join_group(watched.data);
  BOOST_TEST(watched.comes_to("catlog_groups", 1));
  const auto shown = names_in(watched.ask("/metrics"));
  for (const char* file : {"ops/alerts.yml", "ops/alerts_test.yml", "ops/grafana-dashboard.json", "ops/RUNBOOK.md"})
    for (const auto& name : names_in(read_text(source / file)))
      if (!name.starts_with(of_several_machines))
        BOOST_TEST(shown.contains(name), file << " names " << name << ", which /metrics does not show");
  for (const auto& name : shown)
    BOOST_TEST(std::regex_match(name, std::regex("(catlog|process)_[a-z]+(_[a-z]+)*")), name);
}

BOOST_AUTO_TEST_CASE(health_and_ready_are_asked_by_name_of_this_machine_only) {
  const Watched watched;
  const auto health = read_row(watched.ask("/health"));
  BOOST_TEST(health.at("healthy") == "true");
  BOOST_TEST(has(health.at("loops"), "projector"));
  BOOST_TEST(watched.ready() == "{\"ready\":true,\"because\":[]}\n");
  watched.ask("/nothing", 404);
  for (const char* path : {"/metrics", "/health", "/ready"})
    BOOST_TEST(HttpPeer(watched.address).get(path, "catalogue.example").status == 421, path);
}

BOOST_AUTO_TEST_CASE(a_loop_that_runs_by_itself_answers_for_itself) {
  const Watched watched({"--only", "handler", "--http-endpoint", "tcp://127.0.0.1:0", "--ready-lag-events", "0"});
  BOOST_TEST(watched.metric("catlog_log_head_position") == 0);
  BOOST_TEST(watched.metric("catlog_read_model_position") == -1);
  watched.ready();
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_a_file_goes_with_the_daemon) {
  const DataDirectory data{CATLOG_BIN};
  const auto file = data / "http.sock";
  Daemon daemon = data.start({"--http-endpoint", "unix:" + file.string()});
  BOOST_TEST(HttpPeer("unix:" + file.string()).get("/health").status == 200);
  BOOST_CHECK((fs::status(file).permissions() & fs::perms::others_all) == fs::perms::none);
  BOOST_TEST(daemon.terminate() == 0);
  BOOST_TEST(!fs::exists(file));
  for (const char* wrong : {"tcp://0.0.0.0:9464", "tcp://127.0.0.1", "9464"}) {
    const auto ran = data.daemon({"--http-endpoint", wrong});
    BOOST_TEST(ran.exit_code == 2, ran.err);
    BOOST_TEST(has(ran.err, "must be tcp://127.0.0.1:PORT"), ran.err);
  }
}

// The test is systemd: it has the socket, and a watchdog that waits for two seconds.
BOOST_AUTO_TEST_CASE(systemd_is_told_and_its_watchdog_fed) {
  const DataDirectory data{CATLOG_BIN};
  for (const std::string& name : {(data / "notify").string(), fmt::format("@catlog-test-{}", ::getpid())}) {
    const NotifySocket systemd(name);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "2000000", 1);
    Daemon daemon = data.start();
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    std::string said = systemd.hear();
    BOOST_TEST(said == "READY=1\n");
    int fed = 0;
    while (fed < 2 && !said.empty()) {
      said = systemd.hear();
      if (said == "WATCHDOG=1\n") ++fed;
      BOOST_TEST((said == "WATCHDOG=1\n" || said.starts_with("STATUS=log at position ")), said);
    }
    BOOST_TEST(fed == 2);
    BOOST_TEST(daemon.terminate() == 0);
    while (!said.empty() && !said.starts_with("STOPPING=1\n")) said = systemd.hear();
    BOOST_TEST(said == "STOPPING=1\nSTATUS=stopping\n");
  }
}

BOOST_AUTO_TEST_CASE(log_lines_are_text_or_json_of_a_level_and_more) {
  const DataDirectory data{CATLOG_BIN};
  Daemon daemon = data.start({"--log-format", "json"});
  BOOST_TEST(daemon.terminate() == 0);
  std::set<std::string> threads;
  for (const auto& line : read_lines(daemon.err())) {
    BOOST_TEST(line.size() == 4u);
    BOOST_TEST(line.at("time").starts_with("\"20"));
    BOOST_TEST((line.at("level") == "\"info\"" || line.at("level") == "\"warning\""));
    BOOST_TEST(line.at("message").size() > 2u);
    threads.insert(line.at("thread"));
  }
  BOOST_TEST(threads.contains("\"projector\""));
  Daemon quiet = data.start({"--log-level", "warning"});
  BOOST_TEST(quiet.terminate() == 0);
  BOOST_TEST(quiet.err() == "");
  BOOST_TEST(data.daemon({"--log-level", "all"}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(the_rules_hold_by_promtool) {
  const auto promtool = program("promtool");
  if (promtool.empty()) return;
  const auto checked = run({promtool, "check", "rules", (source / "ops/alerts.yml").string()});
  BOOST_TEST(checked.exit_code == 0, checked.out << checked.err);
  const auto tested = run({promtool, "test", "rules", (source / "ops/alerts_test.yml").string()});
  BOOST_TEST(tested.exit_code == 0, tested.out << tested.err);
}

BOOST_AUTO_TEST_CASE(promtool_finds_nothing_to_say_about_the_metrics) {
  const auto promtool = program("promtool");
  if (promtool.empty()) return;
  const Watched watched;
  const auto checked = run({promtool, "check", "metrics"}, watched.ask("/metrics"));
  BOOST_TEST(checked.exit_code == 0, checked.out << checked.err);
}

BOOST_AUTO_TEST_CASE(a_real_prometheus_scrapes_a_real_daemon) {
  const auto prometheus = program("prometheus");
  if (prometheus.empty()) return;
  Watched watched;
  watched.data.catlog({"send", demo_files(source).front().string()});
  const auto head = watched.data.head();
  const TemporaryDirectory folder;
  const auto config = folder / "prometheus.yml";
  std::ofstream(config) << fmt::format(
      "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{}]\n"
      "scrape_configs: [{{job_name: catlog, static_configs: [{{targets: ['{}']}}]}}]\n",
      (source / "ops/alerts.yml").string(), watched.address.substr(std::string("http://").size()));
  const std::string address = fmt::format("{}:{}", own_address(), free_ports(1).front());
  const std::vector<std::string> argv{prometheus, "--config.file=" + config.string(),
                                      "--storage.tsdb.path=" + (folder / "tsdb").string(),
                                      "--web.listen-address=" + address};
  const ChildProcess scraping([&](const auto&) { return become(argv); });
  const auto until = std::chrono::steady_clock::now() + longest_wait;
  std::string answer;
  while (!has(answer, fmt::format("\"{}\"]", head)) && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // it tells nobody when it is there
    try {
      answer = HttpPeer("http://" + address).get("/api/v1/query?query=catlog_log_head_position").body;
    } catch (const std::runtime_error&) {
      continue;  // it has not begun to listen
    }
  }
  BOOST_TEST(has(answer, fmt::format("\"{}\"]", head)), answer);
  const auto up = HttpPeer("http://" + address).get("/api/v1/query?query=up").body;
  BOOST_TEST(has(up, "\"1\"]"), up);
}

BOOST_AUTO_TEST_SUITE_END()
