#include "events/schema/record.h"

#include "events/schema/vocabulary.h"

#include <cstdint>
#include <cstring>

#include "events/schema/model.h"
#include "events/schema/plain_message.h"
#include "events/schema/upcast.h"

namespace catlog::events {
namespace {

constexpr int record_nesting = 64;

kj::ArrayPtr<const capnp::word> segment_of(std::span<const std::byte> bytes) {
  uint32_t header[2] = {1, 0};
  if (bytes.size() >= sizeof header) std::memcpy(header, bytes.data(), sizeof header);
  KJ_REQUIRE(reinterpret_cast<uintptr_t>(bytes.data()) % sizeof(capnp::word) == 0 &&
                 bytes.size() % sizeof(capnp::word) == 0 && header[0] == 0 &&
                 (header[1] + uint64_t{1}) * sizeof(capnp::word) == bytes.size(),
             "a record's frame is broken");
  return {reinterpret_cast<const capnp::word*>(bytes.data()) + 1, header[1]};
}

}  // namespace

RecordView::RecordView(std::span<const std::byte> bytes) : segment_(segment_of(bytes)) {
  if (is_plain(segment_)) {
    root_ = capnp::readMessageUnchecked<schema::Record>(segment_.begin());
  } else {
    const capnp::ReaderOptions limits{segment_.size() * 64 + 1024, record_nesting};
    root_ = reader_.emplace(kj::arrayPtr(&segment_, 1), limits).getRoot<schema::Record>();
  }
  if (upcasts.empty()) return;
  present_ = upcast(root_);
  if (present_) root_ = present_->getRoot<schema::Record>().asReader();
}

capnp::AnyStruct::Reader columns_in(const EventType& type, const RecordReader& record) {
  auto pointers = capnp::AnyStruct::Reader(record).getPointerSection();
  return type.pointer < pointers.size() ? pointers[type.pointer].getAs<capnp::AnyStruct>() : capnp::AnyStruct::Reader();
}

// The union is a group: its members lie in the record's own sections.
void set_columns(const EventType& type, schema::Record::Builder record, capnp::AnyStruct::Reader columns) {
  static const size_t discriminant_at = sizeof(uint16_t) * capnp::Schema::from<schema::Record>()
                                                               .getFieldByName("event")
                                                               .getType()
                                                               .asStruct()
                                                               .getProto()
                                                               .getStruct()
                                                               .getDiscriminantOffset();
  capnp::AnyStruct::Builder any(kj::mv(record));
  std::memcpy(any.getDataSection().begin() + discriminant_at, &type.which, sizeof type.which);
  any.getPointerSection()[type.pointer].setAs<capnp::AnyStruct>(columns);
}

}  // namespace catlog::events
