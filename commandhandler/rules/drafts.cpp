#include "commandhandler/rules/drafts.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <cstring>

#include <capnp/message.h>
#include <kj/debug.h>

#include "events/error.h"

namespace catlog::commandhandler {
namespace {

// A record that was built, opened to be changed in place. Nothing can be added to it.
class Reopened : public capnp::MessageBuilder {
 public:
  explicit Reopened(std::span<capnp::word> segment)
      : Reopened(SegmentInit{kj::arrayPtr(segment.data(), segment.size()), segment.size()}) {}
  kj::ArrayPtr<capnp::word> allocateSegment(unsigned) override { KJ_FAIL_ASSERT("the record is finished"); }

 private:
  explicit Reopened(SegmentInit segment) : MessageBuilder(kj::arrayPtr(&segment, 1)) {}
};

constexpr size_t first_chunk_words = 2'048, chunk_words = 32'768;  // each twice as large as the one before
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

kj::ArrayPtr<capnp::word> Drafts::space(size_t words) {
  if (chunks_.empty() || chunks_.back().size() - used_words_ < frame_words + words) {
    const size_t usual = chunks_.empty() ? first_chunk_words : std::min(chunk_words, 2 * chunks_.back().size());
    chunks_.push_back(zeroed(std::max(usual, frame_words + words)));
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
  const auto count = static_cast<uint32_t>(records_.size() - from);
  if (count == 1) return;  // as it was written
  for (size_t i = from; i < records_.size(); ++i)
    Reopened(words_of(records_[i]).subspan(frame_words)).getRoot<events::schema::Record>().setCount(count);
}

void Drafts::note_unchanged(std::span<const UnchangedMember> members) {
  constexpr size_t words_of_member = 3, words_around = 8;
  const auto words = words_of(records_.back()).subspan(frame_words);
  auto before = kj::heapArray<capnp::word>(words.size());
  std::memcpy(before.asBytes().begin(), words.data(), words.size_bytes());
  const kj::ArrayPtr<const capnp::word> segment = before.asPtr();
  capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1), {UINT64_MAX, 64});
  roll_back(records_.size() - 1);
  capnp::FlatMessageBuilder message(space(before.size() + members.size() * words_of_member + words_around));
  message.setRoot(reader.getRoot<events::schema::Record>());
  auto list = message.getRoot<events::schema::Record>().getBatch().initUnchanged(static_cast<unsigned>(members.size()));
  for (unsigned i = 0; i < list.size(); ++i) {
    list[i].setIndex(members[i].index);
    list[i].setEntityId(members[i].entity_id);
    list[i].setVersion(members[i].version);
  }
  CATLOG_CHECK(message.getSegmentsForOutput().size() == 1);
  add(message.getSegmentsForOutput()[0].size());
}

std::span<const store::Bytes> Drafts::bytes() {
  views_.clear();
  for (const auto& record : records_) views_.push_back(std::as_bytes(words_of(record)));
  return views_;
}

}  // namespace catlog::commandhandler
