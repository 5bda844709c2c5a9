#include "commandhandler/rules.h"

#include "events/vocabulary.h"

namespace catlog::commandhandler {

OrRefusal<void> judge_content(Judge& judge, schema::Command::Reader command) {
  using C = schema::Command;
  switch (command.which()) {
    case C::PUT_MOVIE:
      return rules::put_movie(judge, command.getPutMovie());
    case C::RATE_MOVIE:
      return rules::rate_movie(judge, command.getRateMovie());
    case C::ASSIGN_MOVIE_GENRES:
      return rules::assign_movie_genres(judge, command.getAssignMovieGenres());
    case C::REMOVE_MOVIE:
      return rules::remove_movie(judge, command.getRemoveMovie());
    case C::PUT_MOVIE_TRANSLATION:
      return rules::put_movie_translation(judge, command.getPutMovieTranslation());
    case C::REMOVE_MOVIE_TRANSLATION:
      return rules::remove_movie_translation(judge, command.getRemoveMovieTranslation());
    case C::PUT_TV_SHOW:
      return rules::put_tv_show(judge, command.getPutTvShow());
    case C::RATE_TV_SHOW:
      return rules::rate_tv_show(judge, command.getRateTvShow());
    case C::ASSIGN_TV_SHOW_GENRES:
      return rules::assign_tv_show_genres(judge, command.getAssignTvShowGenres());
    case C::REMOVE_TV_SHOW:
      return rules::remove_tv_show(judge, command.getRemoveTvShow());
    case C::PUT_TV_SHOW_TRANSLATION:
      return rules::put_tv_show_translation(judge, command.getPutTvShowTranslation());
    case C::REMOVE_TV_SHOW_TRANSLATION:
      return rules::remove_tv_show_translation(judge, command.getRemoveTvShowTranslation());
    case C::PUT_SEASON:
      return rules::put_season(judge, command.getPutSeason());
    case C::REMOVE_SEASON:
      return rules::remove_season(judge, command.getRemoveSeason());
    case C::PUT_EPISODE:
      return rules::put_episode(judge, command.getPutEpisode());
    case C::REMOVE_EPISODE:
      return rules::remove_episode(judge, command.getRemoveEpisode());
    case C::PUT_GENRE:
      return rules::put_genre(judge, command.getPutGenre());
    case C::REMOVE_GENRE:
      return rules::remove_genre(judge, command.getRemoveGenre());
    case C::PUT_GENRE_TRANSLATION:
      return rules::put_genre_translation(judge, command.getPutGenreTranslation());
    case C::REMOVE_GENRE_TRANSLATION:
      return rules::remove_genre_translation(judge, command.getRemoveGenreTranslation());
    case C::ADD_MOVIE_SOURCE:
      return rules::add_movie_source(judge, command.getAddMovieSource());
    case C::OBSERVE_SWARM:
      return rules::observe_swarm(judge, command.getObserveSwarm());
    case C::RESCORE_SOURCES:
      return rules::rescore_sources(judge, command.getRescoreSources());
    case C::REMOVE_MOVIE_SOURCE:
      return rules::remove_movie_source(judge, command.getRemoveMovieSource());
    case C::START_DOWNLOAD:
      return rules::start_download(judge, command.getStartDownload());
    case C::REPORT_TRANSFER:
      return rules::report_transfer(judge, command.getReportTransfer());
    case C::PAUSE_DOWNLOAD:
      return rules::pause_download(judge, command.getPauseDownload());
    case C::RESUME_DOWNLOAD:
      return rules::resume_download(judge, command.getResumeDownload());
    case C::FAIL_DOWNLOAD:
      return rules::fail_download(judge, command.getFailDownload());
    case C::REMOVE_STORAGE:
      return rules::remove_storage(judge, command.getRemoveStorage());
    case C::REGISTER_USER:
      return rules::register_user(judge, command.getRegisterUser());
    case C::CHANGE_PASSWORD:
      return rules::change_password(judge, command.getChangePassword());
    case C::ASSIGN_ROLE:
      return rules::assign_role(judge, command.getAssignRole());
    case C::ACTIVATE_USER:
      return rules::activate_user(judge, command.getActivateUser());
    case C::DEACTIVATE_USER:
      return rules::deactivate_user(judge, command.getDeactivateUser());
    case C::REMOVE_USER:
      return rules::remove_user(judge, command.getRemoveUser());
    case C::ISSUE_REFRESH_TOKEN:
      return rules::issue_refresh_token(judge, command.getIssueRefreshToken());
    case C::REVOKE_REFRESH_TOKEN:
      return rules::revoke_refresh_token(judge, command.getRevokeRefreshToken());
    case C::EXPIRE_REFRESH_TOKENS:
      return rules::expire_refresh_tokens(judge, command.getExpireRefreshTokens());
    case C::LINK_TRAKT:
      return rules::link_trakt(judge, command.getLinkTrakt());
    case C::REFRESH_TRAKT:
      return rules::refresh_trakt(judge, command.getRefreshTrakt());
    case C::UNLINK_TRAKT:
      return rules::unlink_trakt(judge, command.getUnlinkTrakt());
    case C::CREATE_MEDIA_LIST:
      return rules::create_media_list(judge, command.getCreateMediaList());
    case C::REVISE_MEDIA_LIST:
      return rules::revise_media_list(judge, command.getReviseMediaList());
    case C::REMOVE_MEDIA_LIST:
      return rules::remove_media_list(judge, command.getRemoveMediaList());
    case C::LIST_TITLE:
      return rules::list_title(judge, command.getListTitle());
    case C::DELIST_TITLE:
      return rules::delist_title(judge, command.getDelistTitle());
    case C::RECORD_SYNC:
      return rules::record_sync(judge, command.getRecordSync());
    case C::RECORD_AUDIT:
      return rules::record_audit(judge, command.getRecordAudit());
    case C::PURGE_AUDIT_LOGS:
      return rules::purge_audit_logs(judge, command.getPurgeAuditLogs());
    case C::BATCH:
      return refuse(RefusalCode::INVALID, "batch", "batches do not nest; put its commands into one batch");
    case C::UNSET:
      break;
  }
  return refuse(RefusalCode::MALFORMED, "", "there is no command in this message; see `catlog describe`");
}

}  // namespace catlog::commandhandler
