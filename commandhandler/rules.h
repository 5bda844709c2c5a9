#pragma once
#include "commandhandler/judge.h"
#include "events/vocabulary.h"

namespace catlog::commandhandler {

// Judges the content of one command of any kind but `batch`; the rules of DESIGN's section on the vocabulary. Says
// about() what it is, and emits what happens: nothing when the command changes nothing.
OrRefusal<void> judge_content(Judge& judge, schema::Command::Reader command);

// The rules by subject, one function a command; each is called by judge_content only.
namespace rules {
OrRefusal<void> put_movie(Judge&, schema::PutMovie::Reader);
OrRefusal<void> rate_movie(Judge&, schema::RateMovie::Reader);
OrRefusal<void> assign_movie_genres(Judge&, schema::AssignMovieGenres::Reader);
OrRefusal<void> remove_movie(Judge&, schema::RemoveMovie::Reader);
OrRefusal<void> put_movie_translation(Judge&, schema::PutMovieTranslation::Reader);
OrRefusal<void> remove_movie_translation(Judge&, schema::RemoveMovieTranslation::Reader);
OrRefusal<void> put_tv_show(Judge&, schema::PutTvShow::Reader);
OrRefusal<void> rate_tv_show(Judge&, schema::RateTvShow::Reader);
OrRefusal<void> assign_tv_show_genres(Judge&, schema::AssignTvShowGenres::Reader);
OrRefusal<void> remove_tv_show(Judge&, schema::RemoveTvShow::Reader);
OrRefusal<void> put_tv_show_translation(Judge&, schema::PutTvShowTranslation::Reader);
OrRefusal<void> remove_tv_show_translation(Judge&, schema::RemoveTvShowTranslation::Reader);
OrRefusal<void> put_season(Judge&, schema::PutSeason::Reader);
OrRefusal<void> remove_season(Judge&, schema::RemoveSeason::Reader);
OrRefusal<void> put_episode(Judge&, schema::PutEpisode::Reader);
OrRefusal<void> remove_episode(Judge&, schema::RemoveEpisode::Reader);
OrRefusal<void> put_genre(Judge&, schema::PutGenre::Reader);
OrRefusal<void> remove_genre(Judge&, schema::RemoveGenre::Reader);
OrRefusal<void> put_genre_translation(Judge&, schema::PutGenreTranslation::Reader);
OrRefusal<void> remove_genre_translation(Judge&, schema::RemoveGenreTranslation::Reader);

OrRefusal<void> add_movie_source(Judge&, schema::AddMovieSource::Reader);
OrRefusal<void> observe_swarm(Judge&, schema::ObserveSwarm::Reader);
OrRefusal<void> rescore_sources(Judge&, schema::RescoreSources::Reader);
OrRefusal<void> remove_movie_source(Judge&, schema::RemoveMovieSource::Reader);
OrRefusal<void> start_download(Judge&, schema::StartDownload::Reader);
OrRefusal<void> report_transfer(Judge&, schema::ReportTransfer::Reader);
OrRefusal<void> pause_download(Judge&, schema::OnStorage::Reader);
OrRefusal<void> resume_download(Judge&, schema::OnStorage::Reader);
OrRefusal<void> fail_download(Judge&, schema::OnStorage::Reader);
OrRefusal<void> remove_storage(Judge&, schema::OnStorage::Reader);

OrRefusal<void> register_user(Judge&, schema::RegisterUser::Reader);
OrRefusal<void> change_password(Judge&, schema::ChangePassword::Reader);
OrRefusal<void> assign_role(Judge&, schema::AssignRole::Reader);
OrRefusal<void> activate_user(Judge&, schema::OnUser::Reader);
OrRefusal<void> deactivate_user(Judge&, schema::OnUser::Reader);
OrRefusal<void> remove_user(Judge&, schema::OnUser::Reader);
OrRefusal<void> issue_refresh_token(Judge&, schema::IssueRefreshToken::Reader);
OrRefusal<void> revoke_refresh_token(Judge&, schema::RevokeRefreshToken::Reader);
OrRefusal<void> expire_refresh_tokens(Judge&, schema::ExpireRefreshTokens::Reader);
OrRefusal<void> link_trakt(Judge&, schema::LinkTrakt::Reader);
OrRefusal<void> refresh_trakt(Judge&, schema::RefreshTrakt::Reader);
OrRefusal<void> unlink_trakt(Judge&, schema::OnUser::Reader);

OrRefusal<void> create_media_list(Judge&, schema::CreateMediaList::Reader);
OrRefusal<void> revise_media_list(Judge&, schema::ReviseMediaList::Reader);
OrRefusal<void> remove_media_list(Judge&, schema::RemoveMediaList::Reader);
OrRefusal<void> list_title(Judge&, schema::OnListEntry::Reader);
OrRefusal<void> delist_title(Judge&, schema::OnListEntry::Reader);
OrRefusal<void> record_sync(Judge&, schema::RecordSync::Reader);
OrRefusal<void> record_audit(Judge&, schema::RecordAudit::Reader);
OrRefusal<void> purge_audit_logs(Judge&, schema::PurgeAuditLogs::Reader);
}  // namespace rules

}  // namespace catlog::commandhandler
