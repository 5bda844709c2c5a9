#include "store/record_chain.h"

#include "events/schema/record.h"

#include <fmt/format.h>
#include <kj/exception.h>

#include <utility>

namespace catlog::store {

std::expected<RecordHeader, std::string> read_header(Bytes record) {
  try {
    const events::RecordView view(record);
    const auto root = view.root();
    return RecordHeader{root.getPosition(), root.getRecordedAt(), root.getIndex(), root.getCount()};
  } catch (const kj::Exception& broken) {
    return std::unexpected(fmt::format("it is no record: {}", broken.getDescription().cStr()));
  }
}

RecordChain::RecordChain(Frontier start) : frontier_(std::move(start)) {}

std::expected<RecordHeader, std::string> RecordChain::add(Bytes record) {
  auto header = read_header(record);
  if (!header) return header;
  if (header->position != position() + 1)
    return std::unexpected(fmt::format("it says that it is position {}", header->position));
  if (header->index != next_index_ || header->index >= header->count || (next_index_ != 0 && header->count != count_))
    return std::unexpected(fmt::format("it says that it is event {} of {} of its command, and event {} was expected",
                                       header->index, header->count, next_index_));
  count_ = header->count;
  next_index_ = header->index + 1 == header->count ? 0 : header->index + 1;
  frontier_.add(leaf_hash(record));
  return header;
}

}  // namespace catlog::store
