#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/position.h"
#include "events/text/uuid.h"
#include "events/tree_head.h"

namespace catlog::store::engine {

constexpr size_t max_part_bytes = size_t{1} << 20;  // of what is written by one request (etcd takes 1.5 MiB)
constexpr size_t max_body_bytes = size_t{1} << 28;  // of all records of a batch
constexpr size_t max_batch_records = size_t{1} << 20;

// Records that become part of the log together: one commit on each node.
struct Batch {
  uint64_t term = 0;               // in which it was proposed
  events::Uuid nonce;              // by which its proposer knows it again
  events::TreeHead before, after;  // the log without it, and with it
  std::string body;                // the records' lengths in words (32 bits each), then the records

  bool operator==(const Batch&) const = default;
};

// `records` are whole words. Throws std::invalid_argument when they are more than a batch may have.
Batch make_batch(uint64_t term, const events::TreeHead& before, const events::TreeHead& after,
                 std::span<const std::span<const std::byte>> records);
// The records, as they lie in the batch; or what is wrong with it.
std::expected<std::vector<std::span<const std::byte>>, std::string> records_of(const Batch& batch);

// The batch as one value, or what comes before its parts when its body is longer than max_part_bytes.
struct Encoded {
  std::string head;
  std::vector<std::string_view> parts;  // of batch.body; empty: it is in `head`
};
Encoded encode(const Batch& batch);
// How many parts it wants beside `head`, and the batch without those; or what is wrong with it.
struct Decoded {
  Batch batch;
  uint32_t parts = 0;
  uint64_t body_bytes = 0;
};
std::expected<Decoded, std::string> decode(std::string_view head);

}  // namespace catlog::store::engine
