#include "events/bus/bell.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "events/bus/bus.h"
#include "events/error.h"

namespace catlog::events {

// The bells and listeners of this process at one endpoint: mostly one bell, or none.
struct BellPlace {
  std::atomic<int> bells = 0;
  std::mutex mutex;
  std::vector<BellListener*> listeners;  // guarded by it
};

namespace {

std::shared_ptr<BellPlace> place_at(const std::string& endpoint) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<BellPlace>> places;
  const std::lock_guard lock(mutex);
  std::erase_if(places, [](const auto& each) { return each.second.expired(); });
  auto place = places[endpoint].lock();
  if (!place) places[endpoint] = place = std::make_shared<BellPlace>();
  return place;
}

int new_event() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw Failure(Exit::failure, fmt::format("cannot make an eventfd: {}", std::strerror(errno)));
  return fd;
}

}  // namespace

Bell::Bell(zmq::context_t& context, const std::string& endpoint)
    : socket_(make_server(context, zmq::socket_type::pub, {})), place_(place_at(endpoint)) {
  socket_.set(zmq::sockopt::conflate, true);
  bind(socket_, endpoint);
  ++place_->bells;
}

Bell::~Bell() { --place_->bells; }

void Bell::ring() {
  {
    const std::lock_guard lock(place_->mutex);
    for (BellListener* listener : place_->listeners) listener->ring();
  }
  const std::lock_guard lock(mutex_);
  static_cast<void>(socket_.send(zmq::str_buffer("!"), zmq::send_flags::dontwait));
}

void Bell::look() {
  const std::lock_guard lock(mutex_);
  static_cast<void>(socket_.get(zmq::sockopt::events));
}

BellListener::BellListener(zmq::context_t& context, const std::string& endpoint)
    : context_(context), endpoint_(endpoint), place_(place_at(endpoint)), fd_(new_event()) {
  const std::lock_guard lock(place_->mutex);
  place_->listeners.push_back(this);
}

BellListener::~BellListener() {
  {
    const std::lock_guard lock(place_->mutex);
    std::erase(place_->listeners, this);
  }
  ::close(fd_);
}

void BellListener::ring() noexcept {
  const uint64_t one = 1;
  static_cast<void>(!::write(fd_, &one, sizeof one));
}

void BellListener::drain() {
  uint64_t rung = 0;
  static_cast<void>(!::read(fd_, &rung, sizeof rung));
  zmq::message_t frame;
  if (zmq::socket_t* socket = remote())
    while (socket->recv(frame, zmq::recv_flags::dontwait)) {
    }
}

// Which process has the bell changes hardly ever, and who has missed a ring meanwhile looks again by itself.
zmq::socket_t* BellListener::remote() {
  if (place_->bells.load(std::memory_order_relaxed) > 0) {
    remote_.reset();
  } else if (!remote_) {
    remote_.emplace(context_, zmq::socket_type::sub);
    remote_->set(zmq::sockopt::conflate, true);
    remote_->set(zmq::sockopt::subscribe, "");
    connect(*remote_, endpoint_);
  }
  return remote_ ? &*remote_ : nullptr;
}

}  // namespace catlog::events
