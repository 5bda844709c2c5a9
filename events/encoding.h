#pragma once

namespace catlog::events {

// The two forms of a message: a stream-framed single-segment message of Cap'n Proto, or a line of JSON.
enum class Encoding { capnp, json };

}  // namespace catlog::events
