#include "events/schema/vocabulary.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <capnp/message.h>
#include <fmt/format.h>

#include "bin/cli/endpoint.h"
#include "bin/cli/output.h"
#include "bin/cli/receipts.h"
#include "bin/cli/subcommand.h"
#include "bin/cli/trackers.h"
#include "commandhandler/import/magnet_link.h"
#include "commandhandler/import/release_name.h"
#include "commandhandler/import/torrent_file.h"
#include "events/client/client.h"
#include "events/text/blank.h"
#include "events/text/printable.h"
#include "store/files/durable_file.h"

namespace catlog::cli {
namespace {

namespace fs = std::filesystem;
namespace importing = commandhandler::importing;
using events::Exit;
using events::Failure;

// "tmdb:45745", "imdb:tt1727587", or the row's id.
void name_movie(const std::string& text, events::schema::MovieRef::Builder movie) {
  const auto number = [&](std::string_view digits) {
    int64_t value = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (end.ec != std::errc() || end.ptr != digits.data() + digits.size() || value < 1)
      throw Failure(Exit::usage, fmt::format("--movie {}: name it as tmdb:45745, imdb:tt1727587, or by its row's id",
                                             events::printable(text)));
    return value;
  };
  if (text.starts_with("tmdb:"))
    movie.setTmdbId(number(std::string_view(text).substr(5)));
  else if (text.starts_with("imdb:"))
    movie.setImdbId(text.substr(5));
  else
    movie.setId(number(text));
}

class Source : public Subcommand {
 public:
  explicit Source(Syntax parent) : Subcommand(parent.subcommand("source", "Torrents that movies are loaded from")) {
    syntax().needs_subcommand();
    syntax().footer("Example: catlog source add --movie tmdb:45745 --torrent sintel.torrent");
    add_.emplace(syntax().subcommand("add", "Add a magnet link or a .torrent file to a movie"));
    add_->option("--movie", movie_, "Of which movie: tmdb:45745, imdb:tt1727587, or its row's id").required();
    auto magnet = add_->option("--magnet", magnet_, "A magnet link");
    add_->option("--torrent", torrent_, "A .torrent file, which is kept in torrents/ of the data directory")
        .excludes(magnet);
    add_->option("--quality", quality_, "2160p, 1440p, 1080p, 720p, 480p or 3D (default: by the title)");
    add_->option("--type", type_, "bluray, web, hdtv, dvd, scr, tc, ts or cam (default: by the title)");
    add_->option("--language", language_, "Spoken in it, ISO 639-1; xx: not known").shows_default();
    add_->option("--title", title_, "What the release calls itself (default: by the link or the file)");
    add_->option("--size", size_, "In bytes, of a magnet link, which does not say it; 0: not known").shows_default();
    add_tracker_option(*add_, trackers_, "A tracker for a torrent that names none and is not private");
    add_->option("--endpoint", endpoint_, "Where the daemon listens (default: run/commands.ipc in the data directory)");
    wait_.add_option(*add_);
    add_->footer(
        "Prints the receipt; exit 1 when it is refused. A source that is known is changed by correctMovieSource.\n"
        "Example: catlog source add --movie tmdb:45745 --torrent Sintel.2010.1080p.BluRay.torrent --language en");
  }

  Exit run(const Settings& settings) override {
    check_trackers(trackers_);
    capnp::MallocMessageBuilder message;
    auto command = message.initRoot<events::schema::Command>();
    auto add = command.initAddMovieSource();
    name_movie(movie_, add.initMovie());
    const std::string bytes = torrent_.empty() ? std::string() : read_torrent_bytes();
    const auto torrent = torrent_.empty() ? std::nullopt : std::optional(torrent_in(bytes));
    describe(torrent, add.initFacts());
    const auto endpoint = wait_.endpoint(settings, "commands.ipc", endpoint_);
    events::Client client(endpoint,
                          {.timeout = wait_.limit(), .pack = events::usual_pack, .keys = wait_.keys(endpoint)});
    const auto made = torrent ? keep(settings, *torrent, bytes) : std::vector<fs::path>();
    const Answer answer = send_alone(client, command);
    std::error_code ignored;
    for (const auto& file : made)
      if (answer.is_refused) fs::remove(file, ignored);
    show_receipt(answer);
    return answer.is_refused ? Exit::refused : Exit::ok;
  }

 private:
  std::string read_torrent_bytes() const {
    std::error_code unknown;
    const auto found = fs::status(torrent_, unknown).type();
    if (found != fs::file_type::regular)
      throw Failure(Exit::usage, fmt::format("{}: {}; --torrent wants a .torrent file", events::printable(torrent_),
                                             found == fs::file_type::directory   ? "that is a folder"
                                             : found == fs::file_type::not_found ? "there is no such file"
                                                                                 : "that is no file that can be read"));
    std::ifstream file(torrent_, std::ios::binary);
    std::string bytes(importing::max_torrent_file_bytes + 1, 0);  // one more: that it is too long is told then
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (file.bad() || file.gcount() <= 0)
      throw Failure(Exit::usage, fmt::format("{}: cannot be read, or is empty", events::printable(torrent_)));
    bytes.resize(static_cast<size_t>(file.gcount()));
    return bytes;
  }

  importing::TorrentFile torrent_in(const std::string& bytes) const {
    auto torrent = importing::read_torrent_file(bytes);
    if (!torrent) throw Failure(Exit::usage, fmt::format("{} {}", events::printable(torrent_), torrent.error()));
    return std::move(*torrent);
  }

  // The source's facts: as they are given, else as the torrent, the link or the title says.
  void describe(const std::optional<importing::TorrentFile>& torrent,
                events::schema::SourceFacts::Builder facts) const {
    if (!torrent && magnet_.empty()) throw Failure(Exit::usage, "give --magnet or --torrent");
    auto link = torrent ? torrent->magnet() : magnet_;
    const bool is_private = torrent && torrent->is_private;
    if (!is_private && !importing::names_tracker(link)) link = importing::with_trackers(link, trackers_);
    facts.setMagnetUri(link);
    const auto title = !title_.empty() ? title_ : torrent ? torrent->name : importing::value_in(magnet_, "dn");
    if (events::is_blank(title)) throw Failure(Exit::usage, "the link has no name (dn): give --title");
    facts.setTitle(title);
    const auto release = importing::read_release_name(title);
    facts.setQuality(said("--quality", quality_, release.quality, title));
    facts.setType(said("--type", type_, release.type, title));
    facts.setLanguage(language_);
    facts.setSize(torrent ? torrent->size : static_cast<int64_t>(size_));
    if (torrent) tell("{}\n", events::printable(summary_of(*torrent)));
  }

  static std::string said(const char* option, const std::string& given, const std::string& read,
                          const std::string& title) {
    if (!given.empty() || !read.empty()) return given.empty() ? read : given;
    throw Failure(Exit::usage, fmt::format("{}: it does not say this; give {}", events::printable(title), option));
  }

  static std::string summary_of(const importing::TorrentFile& torrent) {
    const importing::TorrentFile::File* largest = nullptr;
    for (const auto& file : torrent.files)
      if (!largest || file.size > largest->size) largest = &file;
    return fmt::format("{}: {} files, {} bytes{}; the largest is {}", torrent.name, torrent.files.size(), torrent.size,
                       torrent.is_private ? ", private" : "", largest ? largest->path : "none");
  }

  // Before the source is there, so that whoever hears of it finds the file. One that is there already stays. Those that
  // it made.
  static std::vector<fs::path> keep(const Settings& settings, const importing::TorrentFile& torrent,
                                    const std::string& bytes) {
    if (!fs::is_directory(settings.data.root)) {
      tell("note: {} is not there, so the torrent file is not kept; only its link is\n",
           events::printable(settings.data.root.string()));
      return {};
    }
    std::vector<fs::path> made;
    store::make_directories(settings.data.torrents());
    for (const auto& hash : {torrent.v1, torrent.v2}) {  // the source may be known by either
      const auto file = settings.data.torrents() / (hash + ".torrent");
      if (hash.empty() || store::has_own_file(file)) continue;
      store::write_durably(file, bytes, store::shared_file);
      made.push_back(file);
    }
    return made;
  }

  std::optional<Syntax> add_;
  std::string movie_, magnet_, torrent_, quality_, type_, language_ = "xx", title_, endpoint_;
  std::vector<std::string> trackers_;
  uint64_t size_ = 0;
  Wait wait_;
};

}  // namespace

std::unique_ptr<Subcommand> make_source(Syntax parent) { return std::make_unique<Source>(parent); }

}  // namespace catlog::cli
