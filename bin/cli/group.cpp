#include <algorithm>
#include <chrono>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <zmq.hpp>

#include "bin/cli/advice.h"
#include "bin/cli/endpoint.h"
#include "bin/cli/group_view.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "events/bus/connection.h"
#include "projector/groups/group_keeper.h"
#include "projector/groups/group_messages.h"
#include "store/files/file_lock.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using projector::GroupOrder;

// What the daemon's loop answers; this user must be its.
std::expected<void, std::string> ask_the_daemon(const std::string& endpoint, const GroupOrder& order) {
  constexpr std::chrono::seconds longest{10};
  zmq::context_t context;
  events::Connection connection(context, endpoint, 1);
  const auto until = std::chrono::steady_clock::now() + longest;
  while (std::chrono::steady_clock::now() < until) {
    const auto came = connection.wait(std::chrono::milliseconds(500));
    if (came == events::Connection::Came::connection) connection.send({"", "j", projector::write_group_order(order)});
    if (came != events::Connection::Came::answer) continue;
    const auto frames = connection.receive();
    return projector::read_order_answer(frames.size() == 3 ? frames[2].to_string_view() : std::string_view());
  }
  throw Failure(Exit::unreachable, fmt::format("nothing answers at {} for {} s", endpoint, longest.count()));
}

class Group : public Subcommand {
 public:
  explicit Group(Syntax parent)
      : Subcommand(parent.subcommand("group",
                                     "Named groups of subscribers: how far they are, what failed; operators' orders")) {
    syntax().needs_subcommand();
    syntax().footer("Example: catlog group list");
    list_.emplace(syntax().subcommand("list", "All of them, a line each"));
    list_->flag("--json", is_json_, "A line of JSON each");
    list_->footer("Example: catlog group list --json");
    show_.emplace(named("show", "What one has not dealt with, and what is set aside because it failed too often"));
    show_->flag("--json", is_json_, "One line of JSON");
    show_->footer("Example: catlog group show search-index");
    remove_.emplace(named("remove", "Forget one, and what it has dealt with"));
    remove_->footer("Members that still ask are told that there is none.\nExample: catlog group remove search-index");
    retry_.emplace(named("retry", "Hand out again what is set aside"));
    retry_->option("position", positions_, "Of such events (default: all of them)");
    retry_->footer("They come after what came later in their streams.\nExample: catlog group retry search-index 4711");
    reset_.emplace(named("reset", "Have one go on from a position, as if it were new"));
    reset_->option("--from", from_, "The first that it gets").at_least(1).shows_default();
    reset_->footer(
        "What is open or set aside is dropped. Also the way on when the log was restored to before what it has seen.\n"
        "Example: catlog group reset search-index --from 4711");
  }

  Exit run(const Settings& settings) override {
    if (list_->is_given()) return list(settings);
    if (!projector::is_group_name(name_)) throw Failure(Exit::usage, std::string(projector::group_name_rule));
    if (show_->is_given()) return show_one(settings);
    return carry_out(settings);
  }

 private:
  Syntax named(const std::string& word, const std::string& about) {
    Syntax made = syntax().subcommand(word, about);
    made.option("name", name_, "Of the group").required();
    return made;
  }

  Exit list(const Settings& settings) const {
    const store::Log log = open_log(settings);
    for (const auto& group : look_at_groups(settings, log))
      is_json_ ? show_json(to_json(group) + '\n') : show_lines(with_data(settings, to_text(group)));
    return Exit::ok;
  }

  Exit show_one(const Settings& settings) const {
    const store::Log log = open_log(settings);
    require_group(settings);
    const GroupView group = look_at_group(settings, log, name_);
    if (is_json_)
      show_json(to_json_with_events(group) + '\n');
    else
      show_lines(with_data(settings, to_text(group)) + events_to_text(group));
    return Exit::ok;
  }

  void require_group(const Settings& settings) const {
    const auto names = projector::group_names(settings.data.groups());
    if (std::ranges::find(names, name_) == names.end())
      throw Failure(Exit::usage, fmt::format("there is no group {}; `catlog group list` names them", name_));
  }

  Exit carry_out(const Settings& settings) {
    GroupOrder order;
    order.kind = remove_->is_given()  ? GroupOrder::Kind::remove
                 : retry_->is_given() ? GroupOrder::Kind::retry
                                      : GroupOrder::Kind::reset;
    order.name = name_;
    order.positions.assign(positions_.begin(), positions_.end());
    order.from = from_;
    const store::Log log = open_log(settings);
    require_group(settings);
    const auto lock = settings.data.lock("groups");
    const auto done = store::FileLock::holder(lock)
                          ? ask_the_daemon(Wait().endpoint(settings, "groups-operator.ipc"), order)
                          : carry_out_here(settings, log, order);
    if (!done) throw Failure(Exit::refused, done.error());
    tell("{}\n", order.kind == GroupOrder::Kind::remove
                     ? fmt::format("there is no group {} any more", name_)
                     : with_data(settings, to_text(look_at_group(settings, log, name_))));
    return Exit::ok;
  }

  // No loop runs: nobody else writes them meanwhile.
  static std::expected<void, std::string> carry_out_here(const Settings& settings, const store::Log& log,
                                                         const GroupOrder& order) {
    const store::FileLock lock(settings.data.lock("groups"), "a change of a group");
    projector::GroupKeeper keeper(log, settings.data.groups(), {});
    if (const auto done = keeper.carry_out(order, {}); !done) return std::unexpected(done.error().message);
    return {};
  }

  std::optional<Syntax> list_, show_, remove_, retry_, reset_;
  std::string name_;
  std::vector<uint64_t> positions_;
  uint64_t from_ = 1;
  bool is_json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_group(Syntax parent) { return std::make_unique<Group>(parent); }

}  // namespace catlog::cli
