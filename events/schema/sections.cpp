#include "events/schema/sections.h"

namespace catlog::events {

bool is_absent_in(const Column& column, capnp::AnyStruct::Reader group) { return Sections(group).is_absent(column); }

int64_t integer_in(const Column& column, capnp::AnyStruct::Reader group) {
  return static_cast<int64_t>(bits_in<uint64_t>(column, group.getDataSection()));
}

double real_in(const Column& column, capnp::AnyStruct::Reader group) {
  return std::bit_cast<double>(bits_in<uint64_t>(column, group.getDataSection()));
}

uint16_t enumerant_in(const Column& column, capnp::AnyStruct::Reader group) {
  return bits_in<uint16_t>(column, group.getDataSection());
}

std::string_view text_in(const Column& column, capnp::AnyStruct::Reader group) { return Sections(group).text(column); }

capnp::List<int64_t>::Reader integers_in(const Column& column, capnp::AnyStruct::Reader group) {
  auto pointers = group.getPointerSection();
  if (column.offset >= pointers.size()) return {};
  return pointers[column.offset].getAs<capnp::List<int64_t>>();
}

}  // namespace catlog::events
