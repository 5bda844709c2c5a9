#include "events/schema/upcast.h"

#include "events/schema/vocabulary.h"

namespace catlog::events {

std::unique_ptr<capnp::MessageBuilder> upcast(schema::Record::Reader stored) {
  std::unique_ptr<capnp::MessageBuilder> present;
  for (const Upcast& change : upcasts) {
    if (stored.getEvent().which() != change.from) continue;
    auto next = std::make_unique<capnp::MallocMessageBuilder>();
    next->setRoot(stored);
    change.write(stored, next->getRoot<schema::Record>().getEvent());
    stored = next->getRoot<schema::Record>().asReader();
    present = std::move(next);  // what it was made from goes last
  }
  return present;
}

}  // namespace catlog::events
