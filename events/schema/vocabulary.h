#pragma once
// The generated vocabulary: 28,000 lines. A source that reads or writes its structs includes this, as the first header
// after its own, and is then compiled with the vocabulary precompiled (CMakeLists.txt); headers forward declare what
// they need (RecordReader of events/schema/record.h), so that nobody else sees it. `ops/check` refuses it where nothing
// of it is named.
#include "vocabulary.capnp.h"
