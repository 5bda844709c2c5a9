#include "bin/torrent/reports.h"

#include <fmt/format.h>

#include "bin/version.h"

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

}  // namespace

std::string command_of(const Report& report, const std::string& id) {
  return fmt::format(R"({{"id":"{}","actor":{{"userAgent":"catlog-torrent {}"}},{}}})", id, version,
                     content_of(report));
}

}  // namespace catlog::torrent
