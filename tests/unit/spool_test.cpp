#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>
#include <ostream>
#include <string>

#include "events/error.h"
#include "projector/query/spool.h"

BOOST_AUTO_TEST_SUITE(spool_test)

using namespace catlog;
using projector::Spool;

namespace {

// Takes what is written when it is let, or fails.
class Gate : public std::streambuf {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void fail() {
    const std::lock_guard lock(mutex_);
    fails_ = true;
  }
  std::string taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_open_ || fails_; });
    if (fails_) return 0;
    taken_.append(bytes, static_cast<size_t>(count));
    return count;
  }
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false, fails_ = false;
  std::string taken_;
};

constexpr size_t piece = size_t{64} << 10;
const projector::SpoolLimits limits{.memory_bytes = 4 * piece, .file_bytes = 64 * piece};

std::string line(size_t number) { return std::string(100, static_cast<char>('a' + number % 26)) + "\n"; }

struct Fixture {
  Gate gate;
  std::ostream to{&gate};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(spool, Fixture)

BOOST_AUTO_TEST_CASE(what_waits_in_memory_and_in_the_file_comes_in_order) {
  std::string expected;
  {
    Spool spool(to, limits);
    std::ostream out(&spool);
    for (size_t number = 0; expected.size() < 40 * piece; ++number) {
      expected += line(number);
      out << line(number);
    }
    BOOST_TEST(gate.taken() == "");  // and writing did not wait for it
    gate.open();
    for (size_t number = 0; number < 20 * piece / 101; ++number) {
      expected += line(number);
      out << line(number);
    }
    spool.finish();
  }
  BOOST_TEST(gate.taken().size() == expected.size());
  BOOST_TEST((gate.taken() == expected));
}

BOOST_AUTO_TEST_CASE(a_cell_may_be_larger_than_memory) {
  const std::string large(10 * piece + 7, 'x');
  {
    Spool spool(to, limits);
    std::ostream out(&spool);
    out << large;
    gate.open();
    spool.finish();
  }
  BOOST_TEST((gate.taken() == large));
}

BOOST_AUTO_TEST_CASE(beyond_the_limits_writing_is_refused_and_what_was_written_comes) {
  std::string written;
  {
    Spool spool(to, limits);
    std::ostream out(&spool);
    out.exceptions(std::ios::badbit);
    BOOST_CHECK_EXCEPTION(
        for (size_t number = 0; number < 100 * piece; ++number) {
          out << line(number);
          written += line(number);
        },
        events::Failure, [](const events::Failure& failure) { return failure.code() == events::Exit::refused; });
    gate.open();
  }
  BOOST_TEST(written.size() > 60 * piece);
  BOOST_TEST(gate.taken().size() > 60 * piece);
  BOOST_TEST(gate.taken() == written.substr(0, gate.taken().size()));
}

BOOST_AUTO_TEST_CASE(what_was_written_comes_when_nobody_finishes) {
  gate.open();
  {
    Spool spool(to, limits);
    std::ostream(&spool) << "a row\n";
  }
  BOOST_TEST(gate.taken() == "a row\n");
}

BOOST_AUTO_TEST_CASE(output_that_cannot_be_written_is_a_failure) {
  gate.fail();
  Spool spool(to, limits);
  std::ostream out(&spool);
  out << "a row\n";
  BOOST_CHECK_EXCEPTION(spool.finish(), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::failure; });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
