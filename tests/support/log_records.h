#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "store/log.h"

namespace catlog::tests {

// Bytes that stand for records: the store looks at their length only.
using FakeRecords = std::vector<std::string>;

inline std::string fake_record(size_t words, uint64_t seed) {
  std::string record(words * 8, '\0');
  for (char& c : record) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    c = static_cast<char>(seed >> 56);
  }
  return record;
}

inline store::Position append(store::Log& log, store::Position head, const FakeRecords& records) {
  std::vector<store::Bytes> bytes;
  for (const std::string& record : records) bytes.push_back(std::as_bytes(std::span(record)));
  return log.append(head, bytes);
}

inline std::string to_text(store::Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// All records from a position on, by scan.
inline FakeRecords scan(const store::LogSnapshot& snapshot, store::Position from = 1) {
  FakeRecords found;
  snapshot.scan(from, [&](store::Position, store::Bytes bytes) {
    found.push_back(to_text(bytes));
    return true;
  });
  return found;
}

}  // namespace catlog::tests
