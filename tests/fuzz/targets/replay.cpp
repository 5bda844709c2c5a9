#include "projector/feed/replay.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "events/codec/json.h"
#include "tests/fuzz/targets/exchange.h"
#include "tests/fuzz/targets/target.h"
#include "tests/support/sample_events.h"

namespace catlog::tests {
namespace {

namespace schema = events::schema;

std::filesystem::path with_small_log(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory / "run");
  small_catalogue().append_to(directory / "log");
  return directory;
}

// A replay loop over a small log, and a peer that asks it.
class Replaying {
 public:
  std::vector<std::string> ask(const std::vector<std::string>& frames) {
    peer_.send(frames);
    return peer_.receive();
  }
  uint64_t head() const { return head_; }
  ~Replaying() {
    stop_.set();
    thread_.join();
  }

 private:
  events::DataDirectory data_{with_small_log(scratch() / "replay")};
  store::Log log_ = store::Log::open(data_.log(), store::Access::read);
  uint64_t head_ = log_.head();
  zmq::context_t context_;
  projector::ReplayLoop loop_{log_, data_, context_, [this] { return head_; }};
  Peer peer_{context_, events::endpoint_in(data_, "replay.ipc")};
  events::Stop stop_;
  std::thread thread_{[this] { loop_.run(stop_); }};
};

void check_answer(schema::ReplayAnswer::Reader answer, size_t changes, uint64_t head) {
  switch (answer.which()) {
    case schema::ReplayAnswer::CHUNK:
      must(answer.getChunk().getEvents() == changes, "a chunk holds another number of events than it says");
      must(answer.getChunk().getNext() >= 1, "a chunk leads nowhere");
      must(answer.getChunk().getAtHead() == (answer.getChunk().getNext() > head), "a chunk is not where it says");
      return;
    case schema::ReplayAnswer::STATUS:
      return must(answer.getStatus().getHead() == head && changes == 0, "the log has another head");
    case schema::ReplayAnswer::REFUSED:
      return must(answer.getRefused().size() > 0 && changes == 0, "a refusal has no sentence");
    case schema::ReplayAnswer::WAITED:
      return must(answer.getWaited().getIsThere() && changes == 0, "SQL has all of the log, and that is not said");
    default:
      throw Broken("a request has no answer");
  }
}

void check_frame(const std::string& frame, std::string_view encoding, size_t changes, uint64_t head) {
  if (encoding == "j") {
    capnp::MallocMessageBuilder message;
    auto answer = message.initRoot<schema::ReplayAnswer>();
    must(events::read_json(frame, answer, events::Fields::all).has_value(), "an answer is no JSON of ours");
    return check_answer(answer.asReader(), changes, head);
  }
  must(frame.size() % sizeof(capnp::word) == 0, "an answer is no message of Cap'n Proto");
  auto words = kj::heapArray<capnp::word>(frame.size() / sizeof(capnp::word));
  std::ranges::copy(frame, words.asChars().begin());
  capnp::FlatArrayMessageReader reader(words);
  check_answer(reader.getRoot<schema::ReplayAnswer>(), changes, head);
}

}  // namespace

// Each line is a frame. Whatever frames arrive there is one answer, with as many events as it says.
void try_replay(Input input) {
  static Replaying replaying;
  auto frames = replaying.ask(frames_of_lines(text_of(input)));
  must(!frames.empty(), "a request has no answer");
  // An empty frame in front of it comes back; a tag may be empty too, and then both are.
  const size_t begin = frames.size() % 3 == 1 ? 1 : 0;
  must(frames.size() >= begin + 3 && (frames.size() - begin) % 3 == 0, "an answer has a part of a change");
  must(frames[begin + 1] == "j" || frames[begin + 1] == "c", "an answer has no encoding");
  check_frame(frames[begin + 2], frames[begin + 1], (frames.size() - begin - 3) / 3, replaying.head());
}

}  // namespace catlog::tests
