#pragma once

namespace catlog::store {

enum class Access { read, write };

}  // namespace catlog::store
