// The daemon: wires the loops together and runs each in a thread of its own.
#include <signal.h>

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>

#include <fmt/format.h>

#include "bin/daemon/catlogd_beginning.h"
#include "bin/daemon/cluster.h"
#include "bin/daemon/doors.h"
#include "bin/daemon/housekeeping_metrics.h"
#include "bin/daemon/late_state.h"
#include "bin/daemon/loop_metrics.h"
#include "bin/daemon/loop_options.h"
#include "bin/daemon/loops.h"
#include "bin/daemon/options.h"
#include "bin/daemon/rights.h"
#include "bin/daemon/watch.h"
#include "bin/daemon/watching.h"
#include "bin/housekeeping/housekeeping_loop.h"
#include "bin/service/daemon_log.h"
#include "bin/service/program.h"
#include "commandhandler/handler.h"
#include "commandhandler/state/known_keys.h"
#include "commandhandler/state/state_loop.h"
#include "events/bus/bus.h"
#include "events/bus/connections.h"
#include "events/data_directory.h"
#include "events/error.h"
#include "events/path.h"
#include "projector/feed/replay.h"
#include "projector/groups/groups_loop.h"
#include "projector/projected_position.h"
#include "projector/projector_loop.h"
#include "store/files/durable_file.h"
#include "store/files/file_lock.h"

namespace {

using catlog::Options;
using catlog::events::Exit;
using catlog::events::Failure;
using catlog::events::Stop;
using catlog::store::Access;
namespace commandhandler = catlog::commandhandler;
namespace daemon_log = catlog::daemon_log;
namespace projector = catlog::projector;
namespace store = catlog::store;

store::StateStore open_state(const std::filesystem::path& directory, const std::string& log_id, Access access) {
  if (access == Access::read && !std::filesystem::exists(directory))
    store::StateStore::open(directory, log_id, Access::write);
  try {
    return store::StateStore::open(directory, log_id, access);
  } catch (const Failure& failure) {
    // The state loop mends it, and may only be about to start: not a code that the service manager takes for final.
    if (access == Access::read && failure.code() == Exit::damaged) throw Failure(Exit::failure, failure.what());
    throw;
  }
}

// Those that judge by the state, and those that only tell by it what events refer to.
constexpr std::array judging_loops{"handler", "state"};
constexpr std::array telling_loops{"projector", "replay", "groups"};

// What is open of a data directory, and what this process's options want of it.
struct Opened {
  store::Log log;
  std::unique_ptr<catlog::ClusterNode> node;  // of a cluster
  std::optional<store::StateStore> states;
  catlog::events::KnownKeys late = {};  // where those who only tell cannot use the state yet
};

// Roles that are processes start in any order, on an empty directory too: who comes first makes what all of them open.
Opened open_all(const catlog::events::DataDirectory& data, const Options& options, const catlog::Rights& rights,
                zmq::context_t& context) {
  const store::FileLock opening(data.lock("opening"), "a start", store::FileLock::IfHeld::wait);
  const bool is_new = catlog::must_begin_log(data);
  rights.set_folders(data);
  if (is_new) store::Log::open(data.log(), Access::write);
  Opened opened{catlog::open_log(data, options.runs("handler") ? Access::write : Access::read), {}, {}, {}};
  catlog::remove_begin_sign(data.root);
  if (is_new) daemon_log::warn("there was no log in " + data.root.string() + ": a new one is begun");
  // It may give an empty log its id, by which the state is held against it.
  if (options.cluster.is_on())
    opened.node = std::make_unique<catlog::ClusterNode>(options.cluster, opened.log, context, data);
  else if (std::error_code none; options.runs("state"))
    std::filesystem::remove(data.cluster_status(), none);  // of an earlier life
  const auto runs = [&](const char* loop) { return options.runs(loop); };
  const bool judges = std::ranges::any_of(judging_loops, runs);
  if (judges || std::ranges::any_of(telling_loops, runs)) try {
      opened.states.emplace(
          open_state(data.state(), opened.log.id(), options.runs("state") ? Access::write : Access::read));
    } catch (const Failure& failure) {
      if (judges) throw;
      daemon_log::warn(fmt::format(
          "{}; going on without the decision state: until it is built again, what an event names by row id may be told "
          "without its natural key",
          failure.what()));
      opened.late = catlog::late_keys(data.state(), opened.log.id());
    }
  return opened;
}

catlog::events::KnownKeys known_keys(const Opened& opened) {
  return opened.states ? commandhandler::known_keys(*opened.states) : opened.late;
}

// Whoever only reads a state that was made anew would know nothing that came since.
void check_state(const Opened& opened) {
  if (opened.states && !opened.states->is_in_place())
    throw Failure(Exit::failure, "the decision state was cut, removed or made anew while catlogd used it: start again");
}

// The loops that this process runs. The bells' listeners connect to sockets that may be bound later: the order does not
// matter.
struct OwnLoops {
  OwnLoops(Opened& opened, zmq::context_t& context, const catlog::events::DataDirectory& data, const Options& options,
           catlog::Doors& doors) {
    auto& [log, cluster_node, states, late] = opened;
    if (options.runs("state")) state_loop.emplace(log, *states, context, data);
    if (options.runs("state") && options.runs("handler")) state_loop->catch_up();
    if (options.runs("projector"))
      projector_loop.emplace(log, data, context, catlog::projector_options(options, doors, known_keys(opened)));
    if (options.runs("replay"))
      replay_loop.emplace(log, data, context, projected(data), doors.replay(), known_keys(opened),
                          cluster_node ? std::optional(cluster_node->others()) : std::nullopt);
    using LogEnds = catlog::projector::GroupsLoop::LogEnds;
    if (options.runs("groups"))
      groups_loop.emplace(log, data, context, doors.groups(), known_keys(opened),
                          cluster_node ? LogEnds::others_may_be_ahead : LogEnds::here);
    auto handler_options = catlog::handler_options(data, options, doors);
    if (state_loop) handler_options.handover = &state_loop->handover();
    if (cluster_node) {
      node = cluster_node.get();
      node->open(handler_options, *states, doors.gate());
    } else if (options.runs("handler")) {
      handler.emplace(log, *states, context, handler_options);
    }
  }
  catlog::Running running() const {
    return {state_loop ? &*state_loop : nullptr,
            handler ? &handler->front()
            : node  ? &node->front()
                    : nullptr,
            projector_loop ? &*projector_loop : nullptr, replay_loop ? &*replay_loop : nullptr,
            groups_loop ? &*groups_loop : nullptr};
  }
  void start(catlog::Loops& loops) {
    if (state_loop) loops.start("state", *state_loop);
    if (handler) loops.start("handler", *handler);
    if (node) loops.start("handler", *node);
    if (node && node->node_loop()) loops.start("nodes", *node->node_loop());
    if (node && node->copy_loop()) loops.start("copies", *node->copy_loop());
    // Meanwhile commands are answered: opening the read model may have to bring in a large WAL.
    if (projector_loop) projector_loop->prepare();
    if (projector_loop) loops.start("projector", *projector_loop);
    if (replay_loop) loops.start("replay", *replay_loop);
    if (groups_loop) loops.start("groups", *groups_loop);
  }

  // Up to which position SQL has the log; the projector may be another process.
  std::function<catlog::events::Position()> projected(const catlog::events::DataDirectory& data) const {
    if (!projector_loop) return [data] { return projector::projected_position(data); };
    return [&counters = projector_loop->counters()] { return counters.position.read(); };
  }

  std::optional<commandhandler::StateLoop> state_loop;
  std::optional<commandhandler::Handler> handler;
  catlog::ClusterNode* node = nullptr;  // in the handler's place
  std::optional<projector::ProjectorLoop> projector_loop;
  std::optional<projector::ReplayLoop> replay_loop;
  std::optional<projector::GroupsLoop> groups_loop;
};

void run(Options& options) {
  check(options);
  const catlog::Rights rights(options.groups);
  catlog::events::raise_descriptor_limit();
  const sigset_t signals = catlog::block_signals();

  const catlog::events::DataDirectory data(catlog::events::without_dots(std::filesystem::absolute(options.data)));
  // Whoever is refused has made nothing.
  catlog::check_endpoints(options, data);
  if (options.is_existing) catlog::prepare_data_directory(data.root, catlog::IfMissing::refuse);
  catlog::check_node(options, data);
  catlog::prepare_data_directory(data.root, options.is_existing ? catlog::IfMissing::refuse : catlog::IfMissing::make);
  store::make_directories(data.run());
  Stop stop;
  zmq::context_t context;
  Opened opened = open_all(data, options, rights, context);
  const store::Log& log = opened.log;
  if (opened.states && !opened.states->emptied_because().empty())
    daemon_log::warn("the decision state could not be used and is built again from the log: " +
                     opened.states->emptied_because());

  // Whoever connects is answered from the first moment on, however long the loops take to begin.
  catlog::Doors doors(context, data, options);
  catlog::Loops gate_loop(stop);
  gate_loop.start("gate", doors.gate());
  OwnLoops own(opened, context, data, options, doors);
  std::optional<catlog::housekeeping::HousekeepingLoop> housekeeping_loop;
  if (options.runs("housekeeping"))
    housekeeping_loop.emplace(log, data, options.housekeeping, stop, catlog::housekeeping_tells());
  for (const auto& socket : catlog::own_sockets(data, options)) rights.set_socket(socket);
  catlog::Watch watch(options, data, log, opened.states ? &*opened.states : nullptr, own.running());
  daemon_log::info(fmt::format("log {} at position {}, data in {}", log.id(), log.head(), data.root.string()));
  if (housekeeping_loop) {
    watch.metrics().add([&tasks = housekeeping_loop->counters()](auto& families) { catlog::show(families, tasks); });
    watch.pulse().add("housekeeping", housekeeping_loop->heartbeat());
  }
  if (opened.node && opened.node->node_loop()) {
    watch.pulse().add("nodes", opened.node->node_loop()->heartbeat());
    watch.pulse().add("copies", opened.node->copy_loop()->heartbeat());
  }
  if (own.node)
    watch.metrics().add([&counters = own.node->counters()](auto& families) { catlog::show(families, counters); });
  watch.metrics().add([&gate = doors.gate()](auto& families) { catlog::show(families, gate); });
  watch.pulse().add("gate", doors.gate().counters().heartbeat);
  watch.serve(rights);

  catlog::Loops loops(stop);
  own.start(loops);
  if (housekeeping_loop) loops.start("housekeeping", *housekeeping_loop);
  const catlog::FilesInPlace files(log, data, options);  // from here on nobody may take one away unnoticed
  std::cout << "catlogd ready" << std::endl;
  watch.ready();
  catlog::ConnectionWatch connections;
  catlog::FreeMemory memory;
  catlog::wait_for_end(signals, stop, [&] {
    files.check();
    if (!options.runs("handler")) check_state(opened);  // that one does
    connections.tell();
    memory.give_back();
    doors.look();
    if (own.node) own.node->write_status(data.cluster_status());
    watch.check();
  });
  watch.stopping();
  loops.join();
  gate_loop.join();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const auto read = [&] {
    catlog::projector::begin_process();
    return catlog::read_options(argc, argv, options);
  };
  return catlog::run_program("catlogd", read, [&] { run(options); });
}
