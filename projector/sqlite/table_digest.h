#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "projector/sqlite/value.h"

namespace catlog::projector {

// XXH3, 128 bits.
struct RowHash {
  uint64_t low = 0, high = 0;
};

// Hashes rows, each from its values in the order of the table's columns, as the table holds them: NULL, INTEGER, REAL
// and TEXT are four things, also where they look alike, and a REAL column holds reals only. FORMAT.md has the bytes.
//
// Threads: one at a time, each with its own.
class RowHasher {
 public:
  void null();
  void integer(int64_t value);
  void real(double value);  // NaN is NULL and -0.0 is 0.0, as SQLite stores them
  void text(std::string_view value);
  void blob(std::string_view value);  // no column of ours holds one
  void value(const Value& value);
  // What was given since the last finish(), as the bytes that are hashed: dies with the next value. A part
  // of it, or of another hasher's, given again is what those values were.
  std::string_view bytes() const { return std::string_view(row_).substr(0, size_); }
  void again(std::string_view bytes);
  // The hash of the row whose values were given since the last finish().
  RowHash finish();

 private:
  void add(char tag, uint64_t word);
  void add(char tag, std::string_view text);
  char* room_for(size_t bytes);
  std::string row_;  // longer than what is in it: nothing is cleared or made longer value by value
  size_t size_ = 0;
};

// How many of a row's bytes, as they are hashed, its next value takes.
size_t size_of_value(std::string_view bytes);

// What a table holds, as a number: the sum of its rows' hashes (each half by itself, modulo 2^64), and how many they
// are. It does not depend on the order of rows or on how they came about, and follows a change of a row without the
// others. It finds mistakes and damage, not somebody who may write the file and tries to hide it.
struct TableDigest {
  int64_t rows = 0;
  uint64_t low = 0, high = 0;

  void add(RowHash row) { *this = {rows + 1, low + row.low, high + row.high}; }
  void subtract(RowHash row) { *this = {rows - 1, low - row.low, high - row.high}; }
  bool operator==(const TableDigest&) const = default;
};

// 32 hexadecimal digits of the sum, the high half first.
std::string hex(const TableDigest& digest);

// By table: those of the declaration, links too.
using Digests = std::map<std::string, TableDigest, std::less<>>;

}  // namespace catlog::projector
