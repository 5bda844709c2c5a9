#include "events/export/json_value.h"

#include <fmt/format.h>

#include "events/text/json_text.h"

namespace catlog::events {
namespace {

constexpr size_t line_width = 120;

std::string literal(std::string_view text) {
  std::string json;
  write_json_text(text, json);
  return json;
}

}  // namespace

Json Json::text(std::string_view text) { return Json(literal(text)); }

Json Json::number(double number) {
  constexpr double exact = 9007199254740992;
  if (number == static_cast<double>(static_cast<int64_t>(number)) && number <= exact && number >= -exact)
    return Json(fmt::format("{}", static_cast<int64_t>(number)));
  return Json(fmt::format("{}", number));
}

Json Json::texts(const std::vector<std::string>& texts) {
  Json all = array();
  for (const auto& each : texts) all.add(text(each));
  return all;
}

Json& Json::with(std::string_view name, Json value) {
  members_.emplace_back(literal(name), std::move(value));
  return *this;
}

Json& Json::append(const Json& other) {
  members_.insert(members_.end(), other.members_.begin(), other.members_.end());
  return *this;
}

Json& Json::add(Json value) {
  members_.emplace_back(std::string(), std::move(value));
  return *this;
}

std::string Json::to_line() const {
  if (is_ == Is::scalar) return scalar_;
  std::string line(is_ == Is::object ? "{" : "[");
  for (const auto& [name, value] : members_) {
    if (line.size() > 1) line += ", ";
    if (is_ == Is::object) line += name + ": ";
    line += value.to_line();
  }
  return line + (is_ == Is::object ? "}" : "]");
}

std::string Json::to_page() const {
  std::string page;
  write_page(0, 0, page);
  return page + '\n';
}

// `before`: how much stands in front of it on its line.
void Json::write_page(size_t indent, size_t before, std::string& out) const {
  if (const std::string line = to_line(); is_ == Is::scalar || members_.empty() || before + line.size() <= line_width) {
    out += line;
    return;
  }
  const std::string inner(indent + 2, ' ');
  out += is_ == Is::object ? "{\n" : "[\n";
  for (size_t i = 0; i < members_.size(); ++i) {
    const auto& [name, value] = members_[i];
    std::string start = inner;
    if (is_ == Is::object) start += name + ": ";
    out += start;
    value.write_page(indent + 2, start.size() + 1, out);
    out += i + 1 < members_.size() ? ",\n" : "\n";
  }
  out += std::string(indent, ' ') + (is_ == Is::object ? "}" : "]");
}

}  // namespace catlog::events
