// Downloads. README.md, "What a download may do", has the table.
#include "events/schema/vocabulary.h"

#include <algorithm>

#include <fmt/format.h>

#include "commandhandler/rules/rules.h"
#include "commandhandler/rules/torrents.h"
#include "events/text/blank.h"

namespace catlog::commandhandler {
namespace {

using C = schema::Command;
using Reader = schema::Command::Reader;

using schema::DownloadStatus;
using schema::TransferPhase;

// Whether a report changed where the files are: then figures of the main file are another one's.
enum class Files { same, other };

constexpr size_t max_reason_bytes = 1'024, max_path_bytes = 4'096;
// A player that reads in pieces says each time that it plays; one row in so long is enough to know what was used last.
constexpr int64_t between_touches_us = 600'000'000;

int64_t kept_number(const EncodedRow& storage, const char* column) {
  return kept_int(storage, Entity::STORAGE, column);
}
DownloadStatus status_of(const EncodedRow& storage) {
  return static_cast<DownloadStatus>(kept_number(storage, "status"));
}
bool is_rechecked(const EncodedRow& storage) {
  return kept_number(storage, "phase") == static_cast<int64_t>(TransferPhase::CHECKING);
}

OrRefusal<void> set_status(Judge& judge, schema::StorageRef::Reader ref, Which which, DownloadStatus to,
                           std::initializer_list<DownloadStatus> from, const char* otherwise) {
  CATLOG_TRY(id, find_storage(judge, ref));
  CATLOG_PASS(judge.about({Entity::STORAGE, id}, Exists::yes));
  auto row = judge.row(Entity::STORAGE, id);
  auto status = status_of(*row);
  if (status == to) return {};
  if (std::find(from.begin(), from.end(), status) == from.end())
    return refuse(RefusalCode::INVALID, "status", otherwise);
  CATLOG_PASS(
      judge.emit<schema::StorageStatus>({Entity::STORAGE, id}, which, [&](auto& group) { group.setStatus(to); }));
  return {};
}

OrRefusal<void> start_download(Judge& judge, schema::StartDownload::Reader command) {
  CATLOG_TRY(source_id, find_source(judge, command.getSource()));
  auto source = judge.row(Entity::MOVIE_SOURCE, source_id);
  auto info_hash = kept_text(*source, Entity::MOVIE_SOURCE, "infoHash");
  if (judge.by_key(Entity::STORAGE, {info_hash}))
    return refuse(RefusalCode::DUPLICATE, "source", "this source has a download already; resume that one");
  Stream stream{Entity::STORAGE, judge.next_id(Entity::STORAGE)};
  CATLOG_PASS(judge.about(stream, Exists::no));
  CATLOG_PASS(judge.emit<schema::StorageStart>(stream, Which::DOWNLOAD_STARTED, [&](auto& group) {
    group.setInfoHash(info_hash);
    group.setStatus(DownloadStatus::DOWNLOADING);
  }));
  return {};
}

// What a report may say next; pausing, resuming and failing are commands of their own. A check may find that what was
// whole is not.
bool may_report(DownloadStatus from, DownloadStatus to, const EncodedRow& storage) {
  if (from == to) return true;
  switch (from) {
    case DownloadStatus::DOWNLOADING:
      return to == DownloadStatus::COMPLETED || to == DownloadStatus::SEEDING || to == DownloadStatus::ERROR;
    case DownloadStatus::COMPLETED:
      return to == DownloadStatus::SEEDING || to == DownloadStatus::ERROR ||
             (to == DownloadStatus::DOWNLOADING && is_rechecked(storage));
    case DownloadStatus::SEEDING:
      return to == DownloadStatus::COMPLETED || to == DownloadStatus::ERROR ||
             (to == DownloadStatus::DOWNLOADING && is_rechecked(storage));
    default:
      return false;
  }
}

OrRefusal<void> check_report(const EncodedRow& storage, DownloadStatus from, DownloadStatus to, TransferPhase phase) {
  if (to > DownloadStatus::ERROR)
    return refuse(RefusalCode::INVALID, "status",
                  "status must be one of downloading, completed, seeding, paused, error");
  if (!may_report(from, to, storage))
    return refuse(
        RefusalCode::INVALID, "status",
        "this status cannot follow the present one; pause, resume, fail and recheck are commands of their own");
  if (phase == TransferPhase::CHECKING && !is_rechecked(storage))
    return refuse(RefusalCode::INVALID, "phase", "a check is asked for by recheckDownload, and then reported");
  return {};
}

// What is here stays here, as far as anybody knows, until a recheck says that it is looked at again. What older logs
// say was downloaded is what came, some of it twice: it may fall to what there is. `storage`: with its place as it is
// now.
OrRefusal<void> check_falls(const EncodedRow& storage, schema::Transfer::Reader now, Files files) {
  if (is_rechecked(storage)) return {};
  const int64_t whole = kept_number(storage, "totalSize"), came = kept_number(storage, "downloaded");
  auto falls = [](const char* what, auto before) {
    return refuse(
        RefusalCode::INVALID, what,
        fmt::format("{} was {} and does not fall; send recheckDownload first when less is here", what, before));
  };
  const int64_t downloaded = whole == events::absent_int ? came : std::min(came, whole);
  if (now.getDownloaded() != events::absent_int && now.getDownloaded() < downloaded)
    return falls("downloaded", downloaded);
  const int64_t readable = files == Files::same ? kept_number(storage, "readable") : events::absent_int;
  if (now.getReadable() != events::absent_int && now.getReadable() < readable) return falls("readable", readable);
  const auto progress = kept_real(storage, Entity::STORAGE, "downloadProgress");
  if (progress && now.getDownloadProgress() < *progress) return falls("downloadProgress", *progress);
  return {};
}

// No more is here than there is. `now`: as it is once this is recorded.
OrRefusal<void> check_sizes(const EncodedRow& now) {
  for (auto [part, whole] : {std::pair("downloaded", "totalSize"), std::pair("readable", "mainFileSize")})
    if (kept_number(now, whole) != events::absent_int && kept_number(now, part) > kept_number(now, whole))
      return refuse(RefusalCode::INVALID, part,
                    fmt::format("{} must be at most {}, which is {}", part, whole, kept_number(now, whole)));
  return {};
}

bool shows_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool stays_inside(std::string_view path) {
  while (true) {
    const auto part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    if (part.size() == path.size()) return true;
    path.remove_prefix(part.size() + 1);
  }
}

OrRefusal<void> check_place(schema::StoragePlace::Reader place) {
  for (auto [name, text] : {std::pair("directory", place.getDirectory()), std::pair("mainFile", place.getMainFile())})
    if (text.size() > max_path_bytes || shows_control({text.begin(), text.size()}))
      return refuse(
          RefusalCode::INVALID, name,
          fmt::format("{} must be a path of at most {} bytes without control characters", name, max_path_bytes));
  if (place.hasMainFile() && !stays_inside(place.getMainFile().cStr()))
    return refuse(RefusalCode::INVALID, "mainFile", "mainFile must be a relative path that stays in the directory");
  return {};
}

OrRefusal<void> report_transfer(Judge& judge, schema::ReportTransfer::Reader command) {
  CATLOG_TRY(id, find_storage(judge, command.getStorage()));
  Stream stream{Entity::STORAGE, id};
  CATLOG_PASS(judge.about(stream, Exists::yes));
  auto row = judge.row(Entity::STORAGE, id);
  auto from = status_of(*row);
  auto to = command.getStatus() == DownloadStatus::UNSET ? from : command.getStatus();
  CATLOG_PASS(check_report(*row, from, to, command.getTransfer().getPhase()));
  auto files = Files::same;
  if (command.hasPlace()) {
    CATLOG_PASS(check_place(command.getPlace()));
    const auto before = judge.effect().last;
    CATLOG_PASS(judge.emit<schema::StoragePlace>(Emit::if_changed, stream, Which::STORAGE_PLACED, command.getPlace(),
                                                 [](auto&) {}));
    if (judge.effect().last > before) files = Files::other;
  }
  CATLOG_PASS(check_falls(*judge.row(Entity::STORAGE, id), command.getTransfer(), files));
  // The recheck changed the phase beside the group: what ends it is told also where all else is as before.
  const bool ends_check = is_rechecked(*row) && command.getTransfer().getPhase() != TransferPhase::CHECKING;
  CATLOG_PASS(judge.emit<schema::Transfer>(ends_check ? Emit::always : Emit::if_changed, stream,
                                           Which::TRANSFER_REPORTED, command.getTransfer(), [&](auto& group) {
                                             if (group.getReadable() == events::absent_int && !is_rechecked(*row) &&
                                                 files == Files::same)
                                               group.setReadable(kept_number(*row, "readable"));
                                           }));
  CATLOG_PASS(check_sizes(*judge.row(Entity::STORAGE, id)));
  if (to == from) return {};
  CATLOG_PASS(judge.emit<schema::StorageStatus>(stream, Which::DOWNLOAD_STATUS_REPORTED, [&](auto& group) {
    group.setStatus(to);
    if (to == DownloadStatus::ERROR) group.setFailedAt(judge.now_us());
  }));
  return {};
}

OrRefusal<void> pause_download(Judge& judge, schema::OnStorage::Reader command) {
  return set_status(judge, command.getStorage(), Which::DOWNLOAD_PAUSED, DownloadStatus::PAUSED,
                    {DownloadStatus::DOWNLOADING, DownloadStatus::SEEDING},
                    "only a download that is downloading or seeding can be paused");
}

OrRefusal<void> resume_download(Judge& judge, schema::OnStorage::Reader command) {
  CATLOG_TRY(id, find_storage(judge, command.getStorage()));
  auto row = judge.row(Entity::STORAGE, id);
  const auto progress = kept_real(*row, Entity::STORAGE, "downloadProgress");
  auto to = progress && *progress >= 1 ? DownloadStatus::SEEDING : DownloadStatus::DOWNLOADING;
  return set_status(judge, command.getStorage(), Which::DOWNLOAD_RESUMED, to,
                    {DownloadStatus::PAUSED, DownloadStatus::ERROR},
                    "only a download that is paused or failed can be resumed");
}

OrRefusal<void> fail_download(Judge& judge, schema::FailDownload::Reader command) {
  CATLOG_TRY(id, find_storage(judge, command.getStorage()));
  CATLOG_PASS(judge.about({Entity::STORAGE, id}, Exists::yes));
  auto row = judge.row(Entity::STORAGE, id);
  const std::string reason = command.getReason().cStr();
  if (command.hasReason() && events::is_blank(reason))
    return refuse(RefusalCode::INVALID, "reason", "reason must show something; leave it out where there is none");
  if (reason.size() > max_reason_bytes)
    return refuse(RefusalCode::INVALID, "reason", fmt::format("reason must be at most {} bytes", max_reason_bytes));
  if (status_of(*row) == DownloadStatus::ERROR &&
      (reason.empty() || reason == kept_text(*row, Entity::STORAGE, "failure")))
    return {};
  CATLOG_PASS(judge.emit<schema::StorageStatus>({Entity::STORAGE, id}, Which::DOWNLOAD_FAILED, [&](auto& group) {
    group.setStatus(DownloadStatus::ERROR);
    group.setFailedAt(judge.now_us());
    if (!reason.empty()) group.setFailure(reason);
  }));
  return {};
}

OrRefusal<void> recheck_download(Judge& judge, schema::OnStorage::Reader command) {
  CATLOG_TRY(id, find_storage(judge, command.getStorage()));
  CATLOG_PASS(judge.about({Entity::STORAGE, id}, Exists::yes));
  if (is_rechecked(*judge.row(Entity::STORAGE, id))) return {};
  CATLOG_PASS(judge.emit<schema::StoragePhase>({Entity::STORAGE, id}, Which::RECHECK_STARTED,
                                               [](auto& group) { group.setPhase(TransferPhase::CHECKING); }));
  return {};
}

OrRefusal<void> touch_storage(Judge& judge, schema::OnStorage::Reader command) {
  CATLOG_TRY(id, find_storage(judge, command.getStorage()));
  CATLOG_PASS(judge.about({Entity::STORAGE, id}, Exists::yes));
  const int64_t last = kept_number(*judge.row(Entity::STORAGE, id), "lastAccess");
  if (last != events::absent_int && judge.now_us() < last + between_touches_us) return {};
  CATLOG_PASS(judge.emit<schema::StorageAccess>({Entity::STORAGE, id}, Which::STORAGE_TOUCHED,
                                                [&](auto& group) { group.setLastAccess(judge.now_us()); }));
  return {};
}

OrRefusal<void> remove_storage(Judge& judge, schema::RemoveStorage::Reader command) {
  CATLOG_TRY(id, find_storage(judge, command.getStorage()));
  CATLOG_PASS(judge.about({Entity::STORAGE, id}, Exists::yes));
  const int64_t with_data = command.getWithData() == events::absent_int ? 0 : command.getWithData();
  if (with_data != 0 && with_data != 1)
    return refuse(RefusalCode::INVALID, "withData", "withData must be true or false");
  return judge.emit({Entity::STORAGE, id}, with_data == 1 ? Which::STORAGE_DISCARDED : Which::STORAGE_REMOVED);
}

constexpr Rule downloads[] = {
    rule<C::START_DOWNLOAD, &Reader::getStartDownload, start_download>(),
    rule<C::REPORT_TRANSFER, &Reader::getReportTransfer, report_transfer>(),
    rule<C::PAUSE_DOWNLOAD, &Reader::getPauseDownload, pause_download>(),
    rule<C::RESUME_DOWNLOAD, &Reader::getResumeDownload, resume_download>(),
    rule<C::FAIL_DOWNLOAD, &Reader::getFailDownload, fail_download>(),
    rule<C::RECHECK_DOWNLOAD, &Reader::getRecheckDownload, recheck_download>(),
    rule<C::TOUCH_STORAGE, &Reader::getTouchStorage, touch_storage>(),
    rule<C::REMOVE_STORAGE, &Reader::getRemoveStorage, remove_storage>(),
};

}  // namespace

std::span<const Rule> storage_rules() { return downloads; }

}  // namespace catlog::commandhandler
