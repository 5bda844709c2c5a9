#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace catlog::commandhandler::importing {

constexpr uint64_t max_json_file_bytes = uint64_t{256} << 20;

// Reads files that hold one JSON document, whatever else they may hold.
//
// Threads: one at a time. Lifetime: a document dies with the next read() and with the reader.
class JsonFileReader {
 public:
  // The document, or a sentence on why there is none (not readable, too large, broken JSON).
  std::expected<simdjson::dom::element, std::string> read(const std::string& path);

 private:
  simdjson::dom::parser parser_{max_json_file_bytes};
};

// The members of a JSON object, read with the types that the reader expects. null counts as absent.
//
// The first member of another type is remembered in problem(), and reads as absent; look there after reading.
// Lifetime: views of the document.
class JsonObject {
 public:
  explicit JsonObject(simdjson::dom::object from) : from_(from) {}
  bool has(std::string_view key) const;                            // null counts as there
  std::string text(std::string_view key);                          // "" when absent
  std::optional<std::string> optional_text(std::string_view key);  // "" counts as absent
  std::optional<int64_t> integer(std::string_view key);            // also 22.0
  std::optional<double> real(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<JsonObject> object(std::string_view key);
  std::optional<simdjson::dom::array> array(std::string_view key);
  size_t size() const { return from_.size(); }
  // "`runtime` is no integer"; empty when all was well.
  const std::string& problem() const { return problem_; }

 private:
  std::optional<simdjson::dom::element> find(std::string_view key) const;
  void wrong(std::string_view key, std::string_view expected);

  simdjson::dom::object from_;
  std::string problem_;
};

// nullopt when it is no object.
std::optional<JsonObject> as_object(simdjson::dom::element from);
// nullopt when it is no integer that 64 bits with a sign hold.
std::optional<int64_t> as_integer(simdjson::dom::element from);

// The first two letters of "es", "es-MX", "ES_mx" in lower case; empty when it starts otherwise.
std::string language_of(std::string_view tag);

}  // namespace catlog::commandhandler::importing
