#include "events/schema/vocabulary.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <capnp/message.h>
#include <fmt/format.h>

#include "bin/cli/endpoint.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "events/client/client.h"
#include "events/descriptor.h"
#include "events/text/printable.h"
#include "projector/query/query.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::cli {
namespace {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

constexpr std::chrono::milliseconds look_again{200};
constexpr std::chrono::milliseconds longest_catching_up{10'000};
constexpr unsigned longest_timeout_s = 86'400;
constexpr size_t max_port_digits = 5, secret_digits = 64;

// A source, and its download where there is one.
struct Chosen {
  std::string hash, title;
  int64_t size = 0;
  bool has_download = false;
  std::string status, failure, phase, directory, main_file;
  int64_t main_size = 0, readable = 0;
};

bool is_hash(const std::string& text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

// The column that `what` names a row by, and its value there.
std::pair<std::string_view, std::string> named(const std::string& what) {
  constexpr std::pair<std::string_view, std::string_view> starts[] = {{"tmdb:", "m.tmdbId"},
                                                                      {"imdb:", "m.imdbId"},
                                                                      {"movies/", "m.id"},
                                                                      {"movie_sources/", "s.id"},
                                                                      {"storage/", "d.id"}};
  for (const auto& [start, column] : starts)
    if (what.starts_with(start) && what.size() > start.size()) return {column, what.substr(start.size())};
  if (is_hash(what)) {
    std::string lower = what;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return {"s.infoHash", lower};
  }
  throw Failure(Exit::usage,
                fmt::format("{} names nothing: write it as tmdb:603, imdb:tt0133093, a source's info hash, "
                            "movies/42, movie_sources/7 or storage/5",
                            events::printable(what)));
}

// With %XX for what a URL's path does not take.
std::string in_url(std::string_view path) {
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::string_view("-._~/").find(c) != std::string_view::npos)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", byte);
  }
  return encoded;
}

// "http://127.0.0.1:PORT/SECRET" or "http://[::1]:PORT/SECRET", and nothing else that could lead elsewhere.
bool is_address(std::string_view text) {
  const auto skip = [&](std::string_view start) {
    const bool is_so = text.starts_with(start);
    if (is_so) text.remove_prefix(start.size());
    return is_so;
  };
  if (!skip("http://127.0.0.1:") && !skip("http://[::1]:")) return false;
  const auto port = text.substr(0, text.find('/'));
  if (port.empty() || port.size() > max_port_digits || port.find_first_not_of("0123456789") != port.npos) return false;
  text.remove_prefix(port.size());
  return skip("/") && text.size() == secret_digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

// Whether somebody listens at "http://127.0.0.1:4711/…" or "http://[::1]:4711/…".
bool is_answered(const std::string& address) {
  const size_t slash = address.find('/', std::string_view("http://").size());
  const size_t colon = address.rfind(':', slash);
  uint16_t port = 0;
  std::from_chars(address.data() + colon + 1, address.data() + std::min(slash, address.size()), port);
  const bool is_v6 = address.find('[') < slash;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v4.sin_port = htons(port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  v6.sin6_port = htons(port);
  const events::Descriptor socket(::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* general = is_v6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
  return ::connect(socket.get(), general, is_v6 ? sizeof v6 : sizeof v4) == 0;
}

class Play : public Subcommand {
 public:
  explicit Play(Syntax parent)
      : Subcommand(parent.subcommand("play", "Play a download of this machine, while it loads too")) {
    syntax()
        .option("what", what_,
                "tmdb:603 or imdb:tt0133093 (its download, or its best source), a source's info hash, movies/42, "
                "movie_sources/7, storage/5")
        .required();
    syntax().flag("--start", is_to_start_, "Start the download where there is none, or resume one that is paused");
    syntax().option("--file", file_, "Another file of the torrent than the main one, such as subs/en.srt");
    syntax()
        .option("--with", program_, "The player; it gets the address as its argument")
        .or_variable("CATLOG_PLAYER")
        .shows_default();
    syntax().flag("--print-url", is_to_print_, "Print the address in place of starting a player");
    syntax()
        .option("--timeout-s", timeout_s_, "The longest to wait until it is known which files it has, in seconds")
        .between(1, longest_timeout_s)
        .shows_default();
    syntax().option("--endpoint", endpoint_,
                    "Where the daemon listens (default: run/commands.ipc in the data directory)");
    wait_.add_option(syntax());
    syntax().footer(
        "The download is catlog-torrent's, on this machine; whoever may read its directory may play it. The address "
        "is\n"
        "secret, and another one after each start of the bridge. Exit 6 when nobody can be found who has the film.\n"
        "Example: catlog play tmdb:45745 --start");
  }

  Exit run(const Settings& settings) override {
    if (is_to_print_) outlive_readers();
    require_read_model(settings);
    require_own_read_model(settings);
    const auto endpoint = wait_.endpoint(settings, "commands.ipc", endpoint_);
    events::Client client(endpoint,
                          {.timeout = wait_.limit(), .pack = events::usual_pack, .keys = wait_.keys(endpoint)});
    catch_up(settings);
    Chosen chosen = look(settings, what_);
    begin(settings, client, chosen);
    send(client, [&](auto command) { command.initTouchStorage().initStorage().setInfoHash(chosen.hash); });
    wait_until_placed(settings, chosen);
    const auto path = fs::path(chosen.directory) / (file_.empty() ? chosen.main_file : file_);
    const std::string url = address(chosen) + "/" + chosen.hash + (file_.empty() ? "" : "/" + in_url(file_));
    tell("{}{}\n", path.string(), readable_in(chosen));
    if (!is_to_print_) start_player(url);
    show("{}\n", url);
    return Exit::ok;
  }

 private:
  // A download that was asked for just before is in the log before it is in the tables. A projector that stands still
  // keeps nobody from a film that the tables have, nor do rights that end at them.
  void catch_up(const Settings& settings) const {
    events::Position head = 0;
    try {
      head = open_log(settings).head();
    } catch (const Failure&) {
      return;
    }
    try {
      projector::wait_for_position(settings.data.current_read_model(), head, {.wait = longest_catching_up});
    } catch (const Failure& failure) {
      tell("the tables may be older than the log: {}\n", failure.what());
    }
  }

  Chosen look(const Settings& settings, const std::string& what) const {
    const auto [column, value] = named(what);
    const projector::Database database(settings.data.current_read_model(), projector::Open::read);
    projector::Statement rows(
        database,
        projector::Sql::generated(fmt::format(
            "SELECT s.infoHash, s.title, s.size, d.id, d.status, d.failure, d.phase, d.directory, d.mainFile, "
            "d.mainFileSize, d.readable FROM movie_sources s JOIN movies m ON m.id = s.movieId LEFT JOIN storage d ON "
            "d.infoHash = s.infoHash WHERE {} = ?1 ORDER BY d.id IS NULL, d.status NOT IN ('completed', 'seeding'), "
            "d.status <> 'downloading', d.downloadProgress DESC, s.seeds = 0, s.score DESC, s.id LIMIT 1",
            column)));
    rows.bind(1, std::string_view(value));
    if (!rows.step())
      throw Failure(Exit::refused,
                    fmt::format("{}: there is no such thing, or no source of it", events::printable(what)));
    Chosen chosen;
    chosen.hash = rows.text(0);
    chosen.title = rows.text(1);
    chosen.size = rows.integer(2);
    chosen.has_download = !rows.is_null(3);
    const auto text = [&](int at) { return rows.is_null(at) ? std::string() : std::string(rows.text(at)); };
    const auto number = [&](int at) { return rows.is_null(at) ? 0 : rows.integer(at); };
    chosen.status = text(4);
    chosen.failure = text(5);
    chosen.phase = text(6);
    chosen.directory = text(7);
    chosen.main_file = text(8);
    chosen.main_size = number(9);
    chosen.readable = number(10);
    return chosen;
  }

  // Sends a command whose kind and content `fill` sets. Throws Failure(refused) with the refusal's sentence. The
  // position of its last event; 0: there was nothing to do.
  static events::Position send(events::Client& client,
                               const std::function<void(events::schema::Command::Builder)>& fill) {
    capnp::MallocMessageBuilder message;
    auto command = message.initRoot<events::schema::Command>();
    fill(command);
    events::Position position = 0;
    std::string refusal;
    client.send(command, [&](events::schema::Receipt::Reader receipt) {
      if (receipt.isAccepted()) position = receipt.getAccepted().getLastPosition();
      if (receipt.isRefused()) refusal = receipt.getRefused().getMessage().cStr();
    });
    client.finish();
    if (!refusal.empty()) throw Failure(Exit::refused, refusal);
    return position;
  }

  void begin(const Settings& settings, events::Client& client, Chosen& chosen) const {
    if (chosen.status == "error")
      throw Failure(Exit::refused, fmt::format("its download has failed: {}. resumeDownload tries again",
                                               events::printable(chosen.failure)));
    const bool is_paused = chosen.status == "paused";
    if (chosen.has_download && !is_paused) return;
    if (!is_to_start_ && is_paused) throw Failure(Exit::refused, "its download is paused; --start resumes it");
    if (!is_to_start_)
      throw Failure(Exit::refused, fmt::format("it is not downloaded; --start begins with {}, {} bytes",
                                               events::printable(chosen.title), chosen.size));
    const auto position = send(client, [&](auto command) {
      if (is_paused)
        command.initResumeDownload().initStorage().setInfoHash(chosen.hash);
      else
        command.initStartDownload().initSource().setInfoHash(chosen.hash);
    });
    tell("{} {}\n", is_paused ? "resumed:" : "started:", chosen.title);
    projector::wait_for_position(settings.data.current_read_model(), position,
                                 {.run = std::chrono::seconds(timeout_s_), .wait = std::chrono::seconds(timeout_s_)});
    chosen.has_download = true;
  }

  // Which files a torrent has is known when somebody was found who has it.
  void wait_until_placed(const Settings& settings, Chosen& chosen) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s_);
    const std::string hash = chosen.hash;
    for (bool is_told = false; chosen.directory.empty() || chosen.main_file.empty();) {
      if (!std::exchange(is_told, true)) tell("waiting for somebody who has it, up to {} s\n", timeout_s_);
      if (std::chrono::steady_clock::now() > until)
        throw Failure(
            Exit::unreachable,
            fmt::format("after {} s it is not known yet which files {} has{}: nobody who has it was found, or "
                        "no catlog-torrent runs",
                        timeout_s_, events::printable(chosen.title),
                        chosen.phase.empty() ? "" : " (" + chosen.phase + ")"));
      std::this_thread::sleep_for(look_again);
      chosen = look(settings, hash);  // of several downloads of a movie this one
      if (!chosen.has_download) throw Failure(Exit::refused, "its download was removed meanwhile");
      if (chosen.status == "error")
        throw Failure(Exit::refused, fmt::format("its download has failed: {}", events::printable(chosen.failure)));
    }
  }

  static std::string readable_in(const Chosen& chosen) {
    if (chosen.main_size == 0) return "";
    return fmt::format(" ({} % readable from its beginning)", chosen.readable * 100 / chosen.main_size);
  }

  // What the bridge wrote into its directory, which is three above that of the files (bin/torrent/README.md).
  static std::string address(const Chosen& chosen) {
    const auto file = fs::path(chosen.directory).parent_path().parent_path().parent_path() / "play";
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    if (!is_address(line) || !is_answered(line))
      throw Failure(
          Exit::unreachable,
          fmt::format("{} holds no address where somebody answers: catlog-torrent does not run there, or with "
                      "--play-endpoint none, or you are none of those who may read its directory",
                      events::printable(file.string())));
    return line;
  }

  // In place of this process.
  void start_player(std::string url) const {
    std::string program = program_;
    char* const arguments[] = {program.data(), url.data(), nullptr};
    ::execvp(program.c_str(), arguments);
    throw Failure(
        Exit::failure,
        fmt::format("{} cannot be started ({}): name another one by --with, or take the address of --print-url",
                    events::printable(program_), std::strerror(errno)));
  }

  std::string what_, file_, program_ = "mpv", endpoint_;
  bool is_to_start_ = false, is_to_print_ = false;
  unsigned timeout_s_ = 60;
  Wait wait_;
};

}  // namespace

std::unique_ptr<Subcommand> make_play(Syntax parent) { return std::make_unique<Play>(parent); }

}  // namespace catlog::cli
