#pragma once
#include <cstdint>
#include <random>
#include <string>

#include <capnp/dynamic.h>

namespace catlog::tests {

// Which columns of a struct get a value: those of a command leave out what the handler assigns.
enum class Filling { command, record };

// Fills a struct of the vocabulary by its schema: every column is absent, zero, ordinary or extreme, texts are empty,
// plain or of any script, lists and what structs hold vary; a union gets one member that is not `unset`. What a
// reader would refuse (NUL, an enumerant nobody declared) is not made. Secrets get texts that begin with
// `secret_start`.
class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : random_(seed) {}
  void fill(capnp::DynamicStruct::Builder into, Filling filling, int depth = 0);
  // One field alone.
  void fill_field(capnp::StructSchema::Field field, capnp::DynamicStruct::Builder into, Filling filling, int depth = 0);
  // Any bytes.
  std::string bytes(size_t most);
  uint64_t below(uint64_t end) { return std::uniform_int_distribution<uint64_t>(0, end - 1)(random_); }

  static constexpr const char* secret_start = "hunter2-";

 private:
  void fill_number(capnp::StructSchema::Field field, capnp::DynamicStruct::Builder into);
  std::string text();
  int64_t integer();

  std::mt19937_64 random_;
};

}  // namespace catlog::tests
