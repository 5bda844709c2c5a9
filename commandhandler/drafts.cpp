#include "commandhandler/drafts.h"

#include <cstring>

#include "events/error.h"

namespace catlog::commandhandler {
namespace {

// The count is known when a message's last event is; it is written into the finished words. The root struct is the
// first object of a message: frame word, root pointer, then its data section.
void write_count(kj::Array<capnp::word>& record, uint32_t value) {
  static const auto field = capnp::Schema::from<events::schema::Record>().getFieldByName("count");
  size_t offset = 2 * sizeof(capnp::word) + field.getProto().getSlot().getOffset() * sizeof value;
  std::memcpy(record.asBytes().begin() + offset, &value, sizeof value);
}

}  // namespace

void Drafts::add(kj::Array<capnp::word> record) {
  size_bytes_ += record.asBytes().size();
  records_.push_back(kj::mv(record));
}

void Drafts::roll_back(size_t from) {
  for (size_t i = from; i < records_.size(); ++i) size_bytes_ -= records_[i].asBytes().size();
  records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(from), records_.end());
}

void Drafts::set_count(size_t from) {
  auto count = static_cast<uint32_t>(records_.size() - from);
  for (size_t i = from; i < records_.size(); ++i) write_count(records_[i], count);
}

std::span<const store::Bytes> Drafts::bytes() {
  views_.clear();
  for (const auto& record : records_) views_.push_back(std::as_bytes(std::span(record.begin(), record.size())));
  return views_;
}

}  // namespace catlog::commandhandler
