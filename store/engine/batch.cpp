#include "store/engine/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <stdexcept>

namespace catlog::store::engine {

namespace {

constexpr uint32_t format = 1;
constexpr size_t word_bytes = 8;
constexpr size_t length_bytes = 4;

// Numbers are little-endian.
template <class Number>
void put(std::string& to, Number number) {
  for (size_t byte = 0; byte < sizeof(Number); ++byte) to += static_cast<char>(number >> (8 * byte));
}

void put(std::string& to, const events::TreeHead& head) {
  put(to, head.size);
  to.append(reinterpret_cast<const char*>(head.root.data()), head.root.size());
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class Number>
  Number number() {
    Number number = 0;
    const std::string_view bytes = take(sizeof(Number));
    for (size_t byte = 0; byte < bytes.size(); ++byte)
      number |= static_cast<Number>(static_cast<Number>(static_cast<unsigned char>(bytes[byte])) << (8 * byte));
    return number;
  }
  events::TreeHead tree_head() {
    events::TreeHead head{number<uint64_t>(), {}};
    const std::string_view root = take(head.root.size());
    std::ranges::copy(std::as_bytes(std::span(root)), std::as_writable_bytes(std::span(head.root)).begin());
    return head;
  }
  bool is_short() const { return is_short_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view take(size_t bytes) {
    if (bytes > rest_.size()) {
      is_short_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
  bool is_short_ = false;
};

std::optional<std::string> fault_of(const Batch& batch, uint64_t body_bytes) {
  if (batch.after.size <= batch.before.size) return "it has no records";
  if (batch.after.size - batch.before.size > max_batch_records) return "it has too many records";
  if (body_bytes > max_body_bytes) return "it is too long";
  return {};
}

}  // namespace

Batch make_batch(uint64_t term, const events::TreeHead& before, const events::TreeHead& after,
                 std::span<const std::span<const std::byte>> records) {
  Batch batch{term, events::new_uuid(), before, after, {}};
  size_t bytes = 0;
  for (const auto record : records) {
    if (record.empty() || record.size() % word_bytes != 0 || record.size() > max_body_bytes)
      throw std::invalid_argument("a record is not made of words");
    bytes += record.size() + length_bytes;
  }
  if (const auto fault = fault_of(batch, bytes)) throw std::invalid_argument("a batch that nobody takes: " + *fault);
  batch.body.reserve(bytes);
  for (const auto record : records) put(batch.body, static_cast<uint32_t>(record.size() / word_bytes));
  for (const auto record : records) batch.body.append(reinterpret_cast<const char*>(record.data()), record.size());
  return batch;
}

std::expected<std::vector<std::span<const std::byte>>, std::string> records_of(const Batch& batch) {
  if (auto fault = fault_of(batch, batch.body.size())) return std::unexpected(*fault);
  const uint64_t count = batch.after.size - batch.before.size;
  Reader lengths(batch.body);
  std::vector<std::span<const std::byte>> records;
  size_t at = count * length_bytes;
  for (uint64_t record = 0; record < count; ++record) {
    const size_t bytes = size_t{lengths.number<uint32_t>()} * word_bytes;
    if (lengths.is_short() || bytes == 0 || at > batch.body.size() || bytes > batch.body.size() - at)
      return std::unexpected(fmt::format("record {} of it is cut short", record + 1));
    records.push_back(std::as_bytes(std::span(batch.body).subspan(at, bytes)));
    at += bytes;
  }
  if (at != batch.body.size()) return std::unexpected("there is something behind its last record");
  return records;
}

Encoded encode(const Batch& batch) {
  Encoded encoded;
  const std::string_view body = batch.body;
  if (body.size() > max_part_bytes)
    for (size_t at = 0; at < body.size(); at += max_part_bytes)
      encoded.parts.push_back(body.substr(at, max_part_bytes));
  std::string& head = encoded.head;
  put(head, format);
  put(head, static_cast<uint32_t>(encoded.parts.size()));
  put(head, batch.term);
  put(head, batch.nonce.high);
  put(head, batch.nonce.low);
  put(head, batch.before);
  put(head, batch.after);
  put(head, uint64_t{body.size()});
  if (encoded.parts.empty()) head += body;
  return encoded;
}

std::expected<Decoded, std::string> decode(std::string_view head) {
  Reader reader(head);
  if (const auto found = reader.number<uint32_t>(); found != format)
    return std::unexpected(fmt::format("it has format {}, this version reads {}", found, format));
  Decoded decoded;
  Batch& batch = decoded.batch;
  decoded.parts = reader.number<uint32_t>();
  batch.term = reader.number<uint64_t>();
  batch.nonce.high = reader.number<uint64_t>();
  batch.nonce.low = reader.number<uint64_t>();
  batch.before = reader.tree_head();
  batch.after = reader.tree_head();
  decoded.body_bytes = reader.number<uint64_t>();
  if (reader.is_short()) return std::unexpected("it is cut short");
  if (auto fault = fault_of(batch, decoded.body_bytes)) return std::unexpected(*fault);
  const uint64_t parts = (decoded.body_bytes + max_part_bytes - 1) / max_part_bytes;
  if (decoded.parts != (parts > 1 ? parts : 0)) return std::unexpected("its parts are not as many as its bytes want");
  if (reader.rest().size() != (decoded.parts == 0 ? decoded.body_bytes : 0))
    return std::unexpected("it is not as long as it says");
  batch.body = reader.rest();
  return decoded;
}

}  // namespace catlog::store::engine
