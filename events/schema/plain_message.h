#pragma once
#include <capnp/common.h>
#include <kj/common.h>

namespace catlog::events {

// Whether a message of one segment is plain: its pointers lead to structs and lists that lie within it, not deep down,
// and all that they lead to is together no longer than it is, so that nothing is reached over and over. Such a one may
// be read by capnp::readMessageUnchecked, which then meets no other, as long as no byte of it changes. It costs a few
// instructions for each pointer.
//
// Of one that is not plain nothing is said: Cap'n Proto's own reader tells whether something is wrong with it.
bool is_plain(kj::ArrayPtr<const capnp::word> segment);

}  // namespace catlog::events
