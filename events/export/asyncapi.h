#pragma once
#include <string>
#include <string_view>

namespace catlog::events {

// An AsyncAPI 3.0 document of the daemon's endpoints, seen by a client: what it sends, what comes, in which frames.
std::string asyncapi(std::string_view version);

}  // namespace catlog::events
