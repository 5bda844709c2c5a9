#include "tests/support/runbook.h"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "tests/support/data_directory.h"

namespace catlog::tests {

namespace fs = std::filesystem;

namespace {

constexpr const char* fence = "```";

// "**Damage (5).** First .." and "## Exit codes" begin chapters; empty: the line begins none.
std::string chapter_begun_by(const std::string& line) {
  static const std::regex bold(R"(\*\*(.*?)[.]?\*\*.*)"), heading(R"(#+ (.*))"), exit_code(R"( \(\d\)[.]?$)");
  std::smatch found;
  if (!std::regex_match(line, found, bold) && !std::regex_match(line, found, heading)) return {};
  return std::regex_replace(found[1].str(), exit_code, "");
}

void replace_all(std::string& text, std::string_view from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Starts and stops one catlogd, as a manager of services would; it returns when that is ready, respectively gone.
constexpr const char* systemctl = R"(#!/bin/bash
gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2> /dev/null; }
place=$(dirname "$0")
pid=$(cat "$place/pid" 2> /dev/null)
case "$1 $2" in
  "start catlogd")
    rm -f "$place/out"
    mkfifo "$place/out"
    catlogd --data "$CATLOG_DATA" < /dev/null > "$place/out" 2>> "$place/log" &
    echo $! > "$place/pid"
    read -r line < "$place/out"
    [ "$line" = "catlogd ready" ] || { tail -n 3 "$place/log" >&2; exit 1; }
    ;;
  "stop catlogd")
    [ -n "$pid" ] && ! gone "$pid" || exit 0
    kill -TERM "$pid"
    until gone "$pid"; do sleep 0.01; done
    ;;
  "await catlogd") until gone "$pid"; do sleep 0.01; done ;;
  *) echo "systemctl of the test knows no $*" >&2; exit 1 ;;
esac
)";

}  // namespace

Runbook read_runbook(const fs::path& file) {
  Runbook runbook;
  std::ifstream lines(file);
  std::string line, chapter, block;
  size_t margin = 0;
  bool is_in_block = false;
  while (std::getline(lines, line)) {
    const size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos && line.compare(begin, 3, fence) == 0) {
      const std::string language = line.substr(begin + 3);
      if (language != (is_in_block ? "" : "sh")) throw std::runtime_error("a block that is no sh: " + line);
      if (is_in_block) runbook[chapter].push_back(std::exchange(block, {}));
      is_in_block = !is_in_block;
      margin = begin;
    } else if (is_in_block) {
      block += line.substr(std::min(margin, line.size())) + '\n';
    } else if (const auto begun = chapter_begun_by(line); !begun.empty()) {
      chapter = begun;
    }
  }
  if (is_in_block) throw std::runtime_error("a block without an end in " + chapter);
  return runbook;
}

Operator::Operator(Runbook runbook, fs::path programs) : runbook_(std::move(runbook)), programs_(std::move(programs)) {
  for (const char* folder : {"bin", "backups", "elsewhere", "published"}) fs::create_directory(scratch_ / folder);
  std::ofstream(scratch_ / "bin/systemctl") << systemctl;
  fs::permissions(scratch_ / "bin/systemctl", fs::perms::owner_all);
  for (const auto& [chapter, blocks] : runbook_) followed_[chapter].resize(blocks.size());
}

Operator::~Operator() {
  if (const auto process = daemon_process(); !process.empty()) ::kill(std::stoi(process), SIGKILL);
}

std::string Operator::daemon_process() const {
  std::ifstream file(scratch_ / "bin/pid");
  std::string process;
  file >> process;
  return process;
}

// All of it, for it runs as whoever runs the tests, and removes folders.
std::string Operator::with_names_of_ours(std::string commands) const {
  const std::string scratch = scratch_.path().string();
  replace_all(commands, "install -d -o catlog -g catlog-audit", "install -d");
  replace_all(commands, "chown -R catlog:", fmt::format("chown -R {}", ::getuid()));
  replace_all(commands, "/var/lib/catlog", scratch + "/catlog");
  replace_all(commands, "/var/backups", scratch + "/backups");
  replace_all(commands, "/elsewhere", scratch + "/elsewhere");
  replace_all(commands, "/srv/catlog", scratch + "/published");
  replace_all(commands, "movies 42", "movies 1");
  replace_all(commands, "movies/42", "movies/1");
  static const std::regex absolute(R"((?:^|[\s"'=])(/[^\s"']*))");
  for (std::sregex_iterator at(commands.begin(), commands.end(), absolute), end; at != end; ++at)
    if (!(*at)[1].str().starts_with(scratch + "/"))
      throw std::runtime_error("a name in the runbook that leads out of the test: " + (*at)[1].str());
  return commands;
}

Ran Operator::type(const std::string& commands) {
  std::vector<std::string> argv{"/usr/bin/env", "-C", scratch_.path().string(),
                                fmt::format("PATH={}:{}:{}", (scratch_ / "bin").string(),
                                            fs::absolute(programs_).string(), "/usr/sbin:/usr/bin:/sbin:/bin")};
  for (const auto& [name, value] : variables_) argv.push_back(fmt::format("{}={}", name, value));
  const std::string beginning = with_names_of_ours(runbook_.at("Runbook").at(0));
  for (const auto& word :
       {std::string("bash"), std::string("-euo"), std::string("pipefail"), std::string("-c"), beginning + commands})
    argv.push_back(word);
  return run(argv);
}

std::string Operator::must(const std::string& commands, int exit_code) {
  const Ran ran = type(commands);
  if (ran.exit_code != exit_code)
    throw std::runtime_error(
        fmt::format("ended with {}, not {}:\n{}\n{}{}", ran.exit_code, exit_code, commands, ran.out, ran.err));
  return ran.out;
}

std::string Operator::follow(const std::string& chapter, size_t block, int exit_code) {
  followed_.at(chapter).at(block) = true;
  return must(with_names_of_ours(runbook_.at(chapter).at(block)), exit_code);
}

void Operator::begin_catalogue() {
  fs::create_directories(data());
  std::ofstream(data() / "begin-new-log").close();
  must("systemctl start catlogd");
  must(
      R"(echo '{"putMovie":{"tmdbId":1,"title":"Sintel","overview":"","releaseDate":"2010-09-27","poster":"","backdrop":""}}' | catlog send -)");
  must(R"(echo '{"rateMovie":{"movie":{"tmdbId":1},"popularity":4,"rating":7}}' | catlog send -)");
  check_catalogue_works();
}

void Operator::check_catalogue_works() {
  must(fmt::format(R"(echo '{{"putGenre":{{"tmdbId":{},"name":"Genre"}}}}' | catlog send - | grep -q '"accepted"')",
                   ++sent_));
  const Row status = read_row(must("catlog status --json"));
  must("catlog sql 'SELECT 1' --wait-for " + status.at("head"));
}

void Operator::wait_for_end() { must("systemctl await catlogd"); }

std::vector<std::string> Operator::not_followed(const std::string& chapter) const {
  std::vector<std::string> blocks;
  const auto& followed = followed_.at(chapter);
  for (size_t block = 0; block < followed.size(); ++block)
    if (!followed[block]) blocks.push_back(fmt::format("{}, block {}", chapter, block + 1));
  return blocks;
}

}  // namespace catlog::tests
