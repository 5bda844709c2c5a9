#include "events/schema/vocabulary.h"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "bin/cli/advice.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/quarantine_view.h"
#include "bin/cli/subcommand.h"
#include "events/schema/model.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "store/files/file_lock.h"
#include "store/records.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using events::Position;
using projector::Quarantine;
using projector::QuarantinedEvent;

// Who decides: the process's user, by name where it has one.
std::string user_name() {
  std::vector<char> buffer(4096);
  passwd entry{}, *found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found) return found->pw_name;
  return fmt::format("uid {}", ::getuid());
}

struct Named {
  std::string name;              // "movieDescribed of movies/42"
  Position first = 0, last = 0;  // of its command
  Position unknown = 0;          // the first event of the command that this version does not know; 0: none
};

std::string name_of(events::schema::Record::Reader record) {
  const auto which = static_cast<uint16_t>(record.getEvent().which());
  const auto kind = static_cast<size_t>(record.getStream());
  const events::EventType* type = events::model().event(which);
  return fmt::format("{} of {}/{}", type ? type->name : fmt::format("event {}", which),
                     kind < events::model().entities().size() ? events::model().entities()[kind].table : "?",
                     record.getStreamId());
}

Named name_of(const store::Log& log, Position position) {
  Named named;
  store::for_each_record(log, position, position, [&](events::schema::Record::Reader record) {
    named.name = name_of(record);
    named.first = position - std::min<Position>(position - 1, record.getIndex());
    named.last = named.first + record.getCount() - 1;
    return false;
  });
  store::for_each_record(log, named.first, named.last, [&](events::schema::Record::Reader record) {
    if (!events::model().event(static_cast<uint16_t>(record.getEvent().which()))) named.unknown = record.getPosition();
    return named.unknown == 0;
  });
  return named;
}

class QuarantineEvents : public Subcommand {
 public:
  explicit QuarantineEvents(Syntax parent)
      : Subcommand(parent.subcommand(
            "quarantine", "Leave events that cannot be applied out of the read model, by position; list them")) {
    auto positions = syntax().option("position", positions_, "Positions of the events to leave out");
    auto why = syntax().option("--why", why_, "The reason, shown wherever the events are missing").needs(positions);
    auto remove = syntax().option("--remove", removed_, "Take these positions off the list").excludes(positions);
    syntax().flag("--json", is_json_, "List as lines of JSON").excludes(positions).excludes(remove);
    positions.needs(why);
    syntax().footer(
        "Without a position: what is on the list. With an event go its whole command (a batch too) and whatever "
        "cannot\n"
        "be applied without it. The log keeps the events, and commands are judged as before.\n"
        "Example: catlog quarantine 4711 --why \"a title of blanks, by importer 1.2\"\n"
        "         catlog quarantine --remove 4711 && catlog rebuild");
  }

  Exit run(const Settings& settings) override {
    const store::Log log = open_log(settings);
    if (positions_.empty() && removed_.empty()) return list(settings, log);
    const store::FileLock lock(settings.data.lock("quarantine"), "a change of the quarantine list");
    Quarantine list = open_quarantine(settings, log);
    if (positions_.empty())
      remove_from(list);
    else
      add_to(list, log);
    list.save(settings.data.quarantine());
    for (const std::string& line : done_) tell("{}\n", line);
    tell_drift(settings, log);
    return Exit::ok;
  }

 private:
  Exit list(const Settings& settings, const store::Log& log) const {
    const QuarantineView view = look_at_quarantine(settings, log);
    if (!view.list_fault.empty()) throw Failure(Exit::damaged, view.list_fault);
    std::optional<projector::Database> read_model;
    if (view.projected) read_model.emplace(settings.data.current_read_model(), projector::Open::read);
    for (const QuarantinedEvent& event : view.list.events()) {
      const uint64_t with_it = read_model ? projector::count_left_out_with(*read_model, event.position) : 0;
      is_json_ ? show_json(to_json(log, event, with_it) + '\n') : show("{}\n", to_text(log, event, with_it));
    }
    for (const auto& sentence : projector::to_sentences(view.drift)) tell("{}\n", with_data(settings, sentence));
    if (view.standstill) tell("{}\n", projector::to_text(*view.standstill));
    return Exit::ok;
  }

  // `with_it`: how many events the read model leaves out because of it.
  static std::string to_text(const store::Log& log, const QuarantinedEvent& event, uint64_t with_it) {
    return fmt::format("{}  {}  {}  {}: {}{}", event.position, events::to_rfc3339(event.when_us), event.who,
                       name_of(log, event.position).name, event.why,
                       with_it == 0 ? "" : fmt::format("  (and {} events with it)", with_it));
  }

  static std::string to_json(const store::Log& log, const QuarantinedEvent& event, uint64_t with_it) {
    std::string line = fmt::format(R"({{"position":{},"leftOutWithIt":{},"when":"{}","who":)", event.position, with_it,
                                   events::to_rfc3339(event.when_us));
    events::write_json_text(event.who, line);
    line += ",\"event\":";
    events::write_json_text(name_of(log, event.position).name, line);
    line += ",\"why\":";
    events::write_json_text(event.why, line);
    return line + '}';
  }

  // All of them or none: nothing is written before the last one was looked at.
  void add_to(Quarantine& list, const store::Log& log) {
    const Position head = log.head();
    for (Position position : positions_) {
      if (position > head)
        throw Failure(Exit::usage, fmt::format("there is no event at position {}: the log ends at {}", position, head));
      const Named named = name_of(log, position);
      if (named.unknown != 0)
        throw Failure(Exit::usage, fmt::format("position {} holds an event that this version does not know, so nobody "
                                               "can say what it would leave out; run a newer catlog",
                                               named.unknown));
      QuarantinedEvent event{position, why_, events::now_us(), user_name()};
      if (const std::string objection = list.objection(event); !objection.empty())
        throw Failure(Exit::usage, objection);
      list.add(std::move(event));
      done_.push_back(fmt::format("quarantined position {}: {}", position, named.name));
      if (named.first != named.last)
        done_.push_back(
            fmt::format("with the other events of its command, positions {} to {}", named.first, named.last));
    }
  }

  void remove_from(Quarantine& list) {
    for (Position position : removed_) {
      if (!list.remove(position))
        throw Failure(Exit::usage,
                      fmt::format("position {} is not on the list; `catlog quarantine` shows it", position));
      done_.push_back(fmt::format("position {} is off the list", position));
    }
  }

  // What is to be done for the read model to agree.
  static void tell_drift(const Settings& settings, const store::Log& log) {
    const QuarantineView view = look_at_quarantine(settings, log);
    for (const auto& sentence : projector::to_sentences(view.drift)) tell("{}\n", with_data(settings, sentence));
    if (!store::FileLock::holder(settings.data.lock("projector")))
      tell("no projector runs: the list is taken when catlogd starts\n");
  }

  std::vector<Position> positions_, removed_;
  std::vector<std::string> done_;  // told when it is saved
  std::string why_;
  bool is_json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_quarantine(Syntax parent) { return std::make_unique<QuarantineEvents>(parent); }

}  // namespace catlog::cli
