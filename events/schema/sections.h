#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <capnp/any.h>

#include "events/position.h"
#include "events/schema/model.h"

namespace catlog::events {

// The bits of a number, as they would be if its default lay there as 0: a struct's sections end where its sender's
// schema did, or its last value that is not 0.
template <class Bits>
Bits bits_in(const Column& column, capnp::Data::Reader data) {
  Bits bits = 0;
  if (column.offset + sizeof bits <= data.size()) std::memcpy(&bits, data.begin() + column.offset, sizeof bits);
  return static_cast<Bits>(bits ^ static_cast<Bits>(column.default_bits));
}

// A struct's data and pointers, for whoever reads several of its columns: to find these costs as much as to read one.
// It says what the functions of model.h say of one column, which are made of it.
//
// Lifetime: the struct's. Threads: as a const value.
class Sections {
 public:
  explicit Sections(capnp::AnyStruct::Reader from)
      : data_(from.getDataSection()), pointers_(from.getPointerSection()) {}

  bool is_absent(const Column& column) const {
    switch (column.kind) {
      case Kind::integer:
      case Kind::flag:
      case Kind::datetime:
        return integer(column) == absent_int;
      case Kind::real: {
        const double value = real(column);
        return value != value;
      }
      case Kind::enumeration:
        return enumerant(column) == 0;
      default:
        return column.offset >= pointers_.size() || pointers_[column.offset].isNull();
    }
  }
  bool is_default(const Column& column) const { return bits_in<uint64_t>(column, data_) == column.default_bits; }
  int64_t integer(const Column& column) const { return static_cast<int64_t>(bits_in<uint64_t>(column, data_)); }
  double real(const Column& column) const { return std::bit_cast<double>(bits_in<uint64_t>(column, data_)); }
  uint16_t enumerant(const Column& column) const { return bits_in<uint16_t>(column, data_); }
  std::string_view text(const Column& column) const {
    if (column.offset >= pointers_.size()) return {};
    const auto text = pointers_[column.offset].getAs<capnp::Text>();
    return {text.begin(), text.size()};
  }

  capnp::Data::Reader data() const { return data_; }
  capnp::List<capnp::AnyPointer>::Reader pointers() const { return pointers_; }

 private:
  capnp::Data::Reader data_;
  capnp::List<capnp::AnyPointer>::Reader pointers_;
};

}  // namespace catlog::events
