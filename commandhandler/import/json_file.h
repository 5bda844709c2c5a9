#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catlog::commandhandler::importing {

class JsonObject;

// A value in a document that JsonFileReader has read, and where it stands in it.
//
// Lifetime: a view of the document. Threads: as the reader.
class JsonValue {
 public:
  bool is_null() const;
  // null, "", [] and {}: nothing that could be lost.
  bool is_empty() const;
  // nullopt when it is none.
  std::optional<JsonObject> object() const;
  std::optional<std::vector<JsonValue>> array() const;
  std::optional<std::string> text() const;
  std::optional<int64_t> integer() const;  // 64 bits with a sign; also 22.0
  std::optional<double> real() const;      // finite
  std::optional<bool> flag() const;

  // "[3].translations[0]"; empty for the document itself.
  const std::string& path() const { return path_; }
  // The value as JSON on one line, shortened.
  std::string shown() const;

 private:
  friend class JsonObject;
  friend class JsonFileReader;
  struct Inside;  // the parser's own value, which headers do not show: here its bytes

  std::array<std::byte, 2 * sizeof(void*)> inside_{};
  std::string path_;
};

// The members of a JSON object, read with the types that the reader expects. null counts as absent.
//
// The first member of another type is remembered in problem(), and reads as absent; look there after reading.
// Lifetime: a view of the document.
class JsonObject {
 public:
  bool has(std::string_view key) const;                            // null counts as there
  std::string text(std::string_view key);                          // "" when absent
  std::optional<std::string> optional_text(std::string_view key);  // "" counts as absent
  std::optional<int64_t> integer(std::string_view key);
  std::optional<double> real(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<JsonObject> object(std::string_view key);
  std::optional<std::vector<JsonValue>> array(std::string_view key);
  // Remembers that a member's value is not what is expected there.
  void wrong(std::string_view key, std::string_view expected);

  size_t size() const;
  std::vector<std::pair<std::string, JsonValue>> members() const;  // in their order
  const std::string& path() const { return value_.path(); }
  // "`[3].runtime` is no integer but "long""; empty when all was well.
  const std::string& problem() const { return problem_; }

 private:
  friend class JsonValue;
  explicit JsonObject(JsonValue value) : value_(std::move(value)) {}
  std::optional<JsonValue> find(std::string_view key) const;

  JsonValue value_;
  std::string problem_;
};

// Reads files that hold one JSON document, or one in each line: such lines are read as one array, and paths count them
// so.
//
// Threads: one at a time. Lifetime: a document dies with the next reading and with the reader.
class JsonFileReader {
 public:
  JsonFileReader();
  JsonFileReader(const JsonFileReader&) = delete;
  ~JsonFileReader();
  // The document, or a sentence on why there is none, with the place where it breaks.
  std::expected<JsonValue, std::string> read(const std::string& path);
  std::expected<JsonValue, std::string> read_text(std::string text);

 private:
  std::expected<JsonValue, std::string> parse(std::string& text);

  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace catlog::commandhandler::importing
