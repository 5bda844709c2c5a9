#include "events/schema/plain_message.h"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include "events/schema/model.h"
#include "events/schema/vocabulary.h"
#include "tests/support/random_values.h"

BOOST_AUTO_TEST_SUITE(plain_message_test)

// What is_plain says yes to is read without a check, so it is held against the reader that checks each pointer.

using namespace catlog;
using namespace catlog::tests;

namespace {

using Words = std::vector<uint64_t>;

kj::ArrayPtr<const capnp::word> segment_of(const Words& words) {
  return {reinterpret_cast<const capnp::word*>(words.data()), words.size()};
}

Words segment_with(RandomValues& values, const events::EventType& type) {
  capnp::MallocMessageBuilder message;
  capnp::DynamicStruct::Builder header(message.initRoot<events::schema::Record>());
  for (const auto field : header.getSchema().getFields())
    if (field.getProto().getName() != "event" && values.below(4) > 0) values.fill_field(field, header, Filling::record);
  auto event = capnp::DynamicStruct::Builder(header.get("event").as<capnp::DynamicStruct>());
  if (type.field.getType().isStruct())
    values.fill(event.init(type.field).as<capnp::DynamicStruct>(), Filling::record, 1);
  const auto framed = capnp::messageToFlatArray(message);
  capnp::FlatArrayMessageReader read(framed);
  const auto segment = read.getSegment(0);
  Words words(segment.size());
  std::memcpy(words.data(), segment.begin(), segment.size() * sizeof(capnp::word));
  return words;
}

// Words in front of a page that nobody may read: Cap'n Proto's library is not sanitized.
class Fenced {
 public:
  explicit Fenced(const Words& words)
      : words_(words.size()), bytes_((words.size() * sizeof(uint64_t) / page_ + 2) * page_) {
    memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED || mprotect(end(), page_, PROT_NONE) != 0) throw std::bad_alloc();
    std::memcpy(begin(), words.data(), words_ * sizeof(uint64_t));
  }
  Fenced(const Fenced&) = delete;
  ~Fenced() { munmap(memory_, bytes_); }
  const capnp::word* words() const { return reinterpret_cast<const capnp::word*>(begin()); }

 private:
  std::byte* end() const { return static_cast<std::byte*>(memory_) + bytes_ - page_; }
  std::byte* begin() const { return end() - words_ * sizeof(uint64_t); }
  const size_t page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  size_t words_, bytes_;
  void* memory_ = nullptr;
};

// All that a root leads to, once more in one piece; nothing where something of it cannot be read.
template <class Root>
std::optional<std::string> copy_of(Root&& root) try {
  capnp::MallocMessageBuilder copy;
  copy.setRoot(root());
  const auto words = capnp::messageToFlatArray(copy);
  const auto bytes = words.asBytes();
  return std::string(bytes.begin(), bytes.end());
} catch (const kj::Exception&) {
  return {};
}

// All that a record says, by the declared types: a list may be read as one of something else.
template <class Root>
std::optional<std::string> text_of(Root&& root) try {
  return std::string(kj::str(capnp::DynamicStruct::Reader(root())).cStr());
} catch (const kj::Exception&) {
  return {};
}

using Read = std::pair<std::optional<std::string>, std::optional<std::string>>;

Read read_checked(const Words& words) {
  const auto segment = segment_of(words);
  capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1), {UINT64_MAX, 64});
  return {copy_of([&] { return reader.getRoot<capnp::AnyStruct>(); }),
          text_of([&] { return reader.getRoot<events::schema::Record>(); })};
}

Read read_unchecked(const Words& words) {
  const Fenced fenced(words);
  return {copy_of([&] { return capnp::readMessageUnchecked<capnp::AnyStruct>(fenced.words()); }),
          text_of([&] { return capnp::readMessageUnchecked<events::schema::Record>(fenced.words()); })};
}

// A bit is another one, or a word is that of another place, as a pointer may well be.
void harm(Words& words, RandomValues& values) {
  uint64_t& word = words[values.below(words.size())];
  if (values.below(3) == 0)
    word = words[values.below(words.size())];
  else
    word ^= uint64_t{1} << values.below(64);
}

constexpr uint64_t struct_at(int32_t offset, uint64_t data, uint64_t pointers) {
  return static_cast<uint32_t>(offset) << 2 | data << 32 | pointers << 48;
}
constexpr uint64_t list_at(int32_t offset, uint64_t elements, uint64_t count) {
  return static_cast<uint32_t>(offset) << 2 | 1 | elements << 32 | count << 35;
}

bool is_plain(const Words& words) { return events::is_plain(segment_of(words)); }

}  // namespace

BOOST_AUTO_TEST_CASE(every_event_is_plain_and_harmed_it_is_so_only_where_all_of_it_can_be_read) {
  size_t plain = 0, not_plain = 0;
  BOOST_TEST(rc::check("is_plain(words) -> read unchecked = read checked", [&] {
    RandomValues values(*rc::gen::arbitrary<uint64_t>());
    for (const auto& type : events::model().events()) {
      Words words = segment_with(values, type);
      RC_ASSERT(is_plain(words));
      RC_ASSERT(read_unchecked(words) == read_checked(words));
      for (uint64_t more = 1 + values.below(3); more > 0; --more) harm(words, values);
      if (!is_plain(words)) {
        ++not_plain;
        continue;
      }
      ++plain;
      RC_ASSERT(read_unchecked(words) == read_checked(words));
    }
  }));
  BOOST_TEST(plain > 0u);
  BOOST_TEST(not_plain > 0u);
}

BOOST_AUTO_TEST_CASE(what_leads_to_structs_and_lists_within_is_plain) {
  BOOST_TEST(is_plain({0}));
  BOOST_TEST(is_plain({struct_at(-1, 0, 0)}));  // as an empty one is written
  BOOST_TEST(is_plain({struct_at(0, 1, 1), 42, 0}));
  for (const uint64_t elements : {1, 2, 3, 4, 5}) BOOST_TEST(is_plain({list_at(0, elements, 1), 1}), elements);
  BOOST_TEST(is_plain({list_at(0, 1, 64), 1}));
  BOOST_TEST(is_plain({list_at(0, 2, 8), 1}));
  BOOST_TEST(is_plain({list_at(0, 6, 2), 0, struct_at(0, 1, 0), 42}));
  BOOST_TEST(is_plain({list_at(0, 7, 4), struct_at(2, 1, 1), 42, struct_at(2, 1, 0), 43, 0, 44}));
  BOOST_TEST(is_plain({struct_at(1, 1, 0), 0, 42}));  // with a hole
}

BOOST_AUTO_TEST_CASE(what_leads_elsewhere_or_over_and_over_is_not_plain) {
  BOOST_TEST(!is_plain({}));
  BOOST_TEST(!is_plain({struct_at(0, 1, 0)}));
  BOOST_TEST(!is_plain({struct_at(0, 2, 0), 42}));
  BOOST_TEST(!is_plain({struct_at(-2, 1, 0), 42}));
  BOOST_TEST(!is_plain({struct_at(INT32_MIN / 4, 1, 0), 42}));
  BOOST_TEST(!is_plain({struct_at(INT32_MAX / 4, 0xFFFF, 0xFFFF), 42}));
  BOOST_TEST(!is_plain({struct_at(0, 0, 1), struct_at(-1, 0, 1)}));                             // itself
  BOOST_TEST(!is_plain({struct_at(0, 0, 2), struct_at(1, 2, 0), struct_at(0, 2, 0), 42, 43}));  // both the same
  BOOST_TEST(!is_plain({list_at(0, 1, 65), 1}));                                                // bits
  BOOST_TEST(!is_plain({list_at(0, 2, 9), 1}));                                                 // bytes
  BOOST_TEST(!is_plain({list_at(0, 5, (1 << 29) - 1), 1}));                                     // words
  BOOST_TEST(!is_plain({list_at(0, 6, 2), 0}));                                                 // pointers
  BOOST_TEST(!is_plain({list_at(0, 6, 1), struct_at(0, 1, 0)}));                                // of one that leads out
  BOOST_TEST(!is_plain({list_at(0, 0, 1), 1}));                                                 // of nothing
  BOOST_TEST(!is_plain({list_at(0, 7, 0)}));                                                    // without a tag
  BOOST_TEST(!is_plain({list_at(0, 7, 1), struct_at(2, 1, 0), 42, 43}));                        // more than it has
  BOOST_TEST(!is_plain({list_at(0, 7, 1), struct_at(INT32_MAX / 4, 0, 0), 42}));                // of nothing
  BOOST_TEST(!is_plain({list_at(0, 7, 1), list_at(1, 1, 0), 42}));                              // with another tag
  BOOST_TEST(!is_plain({list_at(0, 7, 1), struct_at(1, 0, 1), struct_at(0, 1, 0)}));            // in one of them
  BOOST_TEST(!is_plain({2, 42}));                                                               // far
  BOOST_TEST(!is_plain({3}));                                                                   // a capability
  Words deep(40, struct_at(0, 0, 1));
  deep.back() = 0;
  BOOST_TEST(!is_plain(deep));
}

BOOST_AUTO_TEST_SUITE_END()
