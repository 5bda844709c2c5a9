// Media lists and sync states.
#include "events/schema/vocabulary.h"

#include "commandhandler/rules/rules.h"

namespace catlog::commandhandler {
namespace {

using C = schema::Command;
using Reader = schema::Command::Reader;

// A list entry: which link it is, to what, and the events that add and remove it.
struct Entry {
  Stream list;
  Entity link;
  int64_t title;
  bool there;
};

OrRefusal<Entry> entry_of(Judge& judge, schema::OnListEntry::Reader command) {
  CATLOG_TRY(list, judge.find(command.getMediaList()));
  Entry entry{{Entity::MEDIA_LIST, list}, Entity::MEDIA_LIST_MOVIE, 0, false};
  if (command.hasMovie() == command.hasTvShow())
    return refuse(RefusalCode::INVALID, "", "name exactly one title: a movie or a tvShow");
  if (command.hasMovie()) {
    CATLOG_TRY(movie, judge.find(command.getMovie()));
    entry.title = movie;
  } else {
    CATLOG_TRY(show, judge.find(command.getTvShow()));
    entry.title = show;
    entry.link = Entity::MEDIA_LIST_TV_SHOW;
  }
  entry.there = judge.state().get(child_entry(entry.link, 0, list, entry.title)).has_value();
  CATLOG_PASS(judge.about(entry.list, Exists::yes));
  return entry;
}

OrRefusal<void> emit_entry(Judge& judge, const Entry& entry, Which movie, Which show) {
  if (entry.link == Entity::MEDIA_LIST_MOVIE) {
    CATLOG_PASS(judge.emit<schema::MovieId>(entry.list, movie, [&](auto& g) { g.setMovieId(entry.title); }));
  } else {
    CATLOG_PASS(judge.emit<schema::TvShowId>(entry.list, show, [&](auto& g) { g.setTvShowId(entry.title); }));
  }
  return {};
}

OrRefusal<void> create_media_list(Judge& judge, schema::CreateMediaList::Reader command) {
  Stream stream{Entity::MEDIA_LIST, judge.next_id(Entity::MEDIA_LIST)};
  CATLOG_PASS(judge.about(stream, Exists::no));
  CATLOG_PASS(
      judge.emit<schema::ListFacts>(Emit::always, stream, Which::MEDIA_LIST_CREATED, command.getFacts(), [](auto&) {}));
  return {};
}

OrRefusal<void> revise_media_list(Judge& judge, schema::ReviseMediaList::Reader command) {
  CATLOG_TRY(id, judge.find(command.getMediaList()));
  Stream stream{Entity::MEDIA_LIST, id};
  CATLOG_PASS(judge.about(stream, Exists::yes));
  CATLOG_PASS(judge.emit<schema::ListFacts>(Emit::if_changed, stream, Which::MEDIA_LIST_REVISED, command.getFacts(),
                                            [](auto&) {}));
  return {};
}

OrRefusal<void> remove_media_list(Judge& judge, schema::RemoveMediaList::Reader command) {
  CATLOG_TRY(id, judge.find(command.getMediaList()));
  CATLOG_PASS(judge.about({Entity::MEDIA_LIST, id}, Exists::yes));
  return judge.emit({Entity::MEDIA_LIST, id}, Which::MEDIA_LIST_REMOVED);
}

OrRefusal<void> list_title(Judge& judge, schema::OnListEntry::Reader command) {
  CATLOG_TRY(entry, entry_of(judge, command));
  if (entry.there) return {};
  return emit_entry(judge, entry, Which::MOVIE_LISTED, Which::TV_SHOW_LISTED);
}

OrRefusal<void> delist_title(Judge& judge, schema::OnListEntry::Reader command) {
  CATLOG_TRY(entry, entry_of(judge, command));
  if (!entry.there) return {};
  return emit_entry(judge, entry, Which::MOVIE_DELISTED, Which::TV_SHOW_DELISTED);
}

OrRefusal<void> record_sync(Judge& judge, schema::RecordSync::Reader command) {
  auto facts = command.getFacts();
  auto known = judge.by_key(Entity::SYNC_STATE, {std::string(facts.getKey().cStr())});
  Stream stream{Entity::SYNC_STATE, known ? *known : judge.next_id(Entity::SYNC_STATE)};
  CATLOG_PASS(judge.about(stream, known ? Exists::yes : Exists::no));
  CATLOG_PASS(judge.emit<schema::SyncFacts>(Emit::if_changed, stream, Which::SYNC_RECORDED, facts, [](auto&) {}));
  return {};
}

constexpr Rule lists[] = {
    rule<C::CREATE_MEDIA_LIST, &Reader::getCreateMediaList, create_media_list>(),
    rule<C::REVISE_MEDIA_LIST, &Reader::getReviseMediaList, revise_media_list>(),
    rule<C::REMOVE_MEDIA_LIST, &Reader::getRemoveMediaList, remove_media_list>(),
    rule<C::LIST_TITLE, &Reader::getListTitle, list_title>(),
    rule<C::DELIST_TITLE, &Reader::getDelistTitle, delist_title>(),
    rule<C::RECORD_SYNC, &Reader::getRecordSync, record_sync>(),
};

}  // namespace

std::span<const Rule> list_rules() { return lists; }

}  // namespace catlog::commandhandler
