#include "store/log.h"
#include "store/merkle.h"

namespace catlog::store {

Growth Log::grow(const Frontier& edge, std::span<const Bytes> records) {
  Growth growth{edge, {}};
  growth.nodes.reserve(2 * records.size());
  for (const Bytes record : records)
    growth.after.add(leaf_hash(record), [&growth](const Digest& node) { growth.nodes.push_back(node); });
  return growth;
}

}  // namespace catlog::store
