#include "bin/torrent/reports.h"

#include <fmt/format.h>

#include "bin/version.h"
#include "events/text/datetime.h"

namespace catlog::torrent {

namespace {

std::string content_of(const Report& report) {
  const std::string storage = fmt::format(R"("storage":{{"id":{}}})", report.storage);
  switch (report.what) {
    case Report::What::failure:
      return fmt::format(R"("failDownload":{{{}}})", storage);
    case Report::What::resumption:
      return fmt::format(R"("resumeDownload":{{{}}})", storage);
    case Report::What::figures:
      break;
  }
  return fmt::format(
      R"("reportTransfer":{{{},{}"downloadProgress":{},"uploadProgress":{},"peers":{},"downloaded":{},"uploaded":{}}})",
      storage, report.status ? fmt::format(R"("status":"{}",)", word_of(*report.status)) : "", report.progress,
      report.upload_progress, report.peers, report.downloaded, report.uploaded);
}

std::string command(const std::string& id, const std::string& content) {
  return fmt::format(R"({{"id":"{}","actor":{{"userAgent":"catlog-torrent {}"}},{}}})", id, version, content);
}

}  // namespace

std::string command_of(const Report& report, const std::string& id) { return command(id, content_of(report)); }

std::string command_of(const scrape::Observation& seen, int64_t now_us, const std::string& id) {
  // The time of seeing never goes back: by the earliest one it stays what it is.
  const auto when = events::to_rfc3339(seen.swarm.is_empty() ? 0 : now_us);
  return command(id,
                 fmt::format(R"("observeSwarm":{{"source":{{"infoHash":"{}"}},"seeds":{},"peers":{},"lastSeen":"{}"}})",
                             seen.hash, seen.swarm.seeds, seen.swarm.peers, when));
}

}  // namespace catlog::torrent
