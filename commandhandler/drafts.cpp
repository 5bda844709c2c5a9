#include "commandhandler/drafts.h"

#include "events/vocabulary.h"

#include <algorithm>
#include <cstring>

#include "events/error.h"

namespace catlog::commandhandler {
namespace {

// The count is known when a message's last event is; it is written into the finished words. The root struct is the
// first object of a message: frame word, root pointer, then its data section.
void write_count(std::span<capnp::word> record, uint32_t value) {
  static const auto field = capnp::Schema::from<events::schema::Record>().getFieldByName("count");
  size_t offset = 2 * sizeof(capnp::word) + field.getProto().getSlot().getOffset() * sizeof value;
  std::memcpy(std::as_writable_bytes(record).data() + offset, &value, sizeof value);
}

constexpr size_t chunk_words = 32'768;
constexpr size_t frame_words = 1;

kj::Array<capnp::word> zeroed(size_t words) {
  auto array = kj::heapArray<capnp::word>(words);
  std::memset(array.begin(), 0, array.asBytes().size());
  return array;
}

}  // namespace

std::span<capnp::word> Drafts::words_of(const Draft& draft) {
  return std::span(chunks_[draft.chunk].begin() + draft.first_word, draft.words);
}

kj::ArrayPtr<capnp::word> Drafts::room(size_t words) {
  if (chunks_.empty() || chunks_.back().size() - used_words_ < frame_words + words) {
    chunks_.push_back(zeroed(std::max(chunk_words, frame_words + words)));
    used_words_ = 0;
  }
  return chunks_.back().slice(used_words_ + frame_words, used_words_ + frame_words + words);
}

void Drafts::add(size_t words) {
  const uint32_t frame[2] = {0, static_cast<uint32_t>(words)};  // segments less one, and the segment's words
  std::memcpy(chunks_.back().begin() + used_words_, frame, sizeof frame);
  records_.push_back({chunks_.size() - 1, used_words_, frame_words + words});
  used_words_ += frame_words + words;
}

void Drafts::roll_back(size_t from) {
  if (from >= records_.size()) return;
  for (size_t i = from; i < records_.size(); ++i) {
    auto bytes = std::as_writable_bytes(words_of(records_[i]));
    std::memset(bytes.data(), 0, bytes.size());
  }
  while (chunks_.size() > records_[from].chunk + 1) chunks_.pop_back();
  used_words_ = records_[from].first_word;
  records_.resize(from);
}

void Drafts::set_count(size_t from) {
  auto count = static_cast<uint32_t>(records_.size() - from);
  for (size_t i = from; i < records_.size(); ++i) write_count(words_of(records_[i]), count);
}

std::span<const store::Bytes> Drafts::bytes() {
  views_.clear();
  for (const auto& record : records_) views_.push_back(std::as_bytes(words_of(record)));
  return views_;
}

}  // namespace catlog::commandhandler
