#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catlog::events {

// A JSON document that is made to be printed. An object's members stay in the order in which they were added.
class Json {
 public:
  static Json object() { return Json(Is::object); }
  static Json array() { return Json(Is::array); }
  static Json text(std::string_view text);
  static Json number(double number);
  static Json yes() { return Json("true"); }
  static Json no() { return Json("false"); }
  static Json texts(const std::vector<std::string>& texts);
  // A document that is JSON already.
  static Json written(std::string json) { return Json(std::move(json)); }

  Json& with(std::string_view name, Json value);  // of an object: one more member
  Json& with(std::string_view name, std::string_view value) { return with(name, text(value)); }
  Json& append(const Json& other);  // all members of another object
  Json& add(Json value);            // of an array
  bool is_empty() const { return members_.empty(); }

  // On one line.
  std::string to_line() const;
  // On lines of at most 120 characters where that can be, with a line end.
  std::string to_page() const;

 private:
  enum class Is { scalar, object, array };
  explicit Json(Is is) : is_(is) {}
  explicit Json(std::string scalar) : scalar_(std::move(scalar)) {}
  void write_page(size_t indent, size_t before, std::string& out) const;

  Is is_ = Is::scalar;
  std::string scalar_;
  std::vector<std::pair<std::string, Json>> members_;  // names are JSON texts; empty in an array
};

}  // namespace catlog::events
