// What readers get.
#include <streambuf>

#include <fmt/format.h>

#include "projector/query/reports.h"
#include "store/log.h"
#include "tests/bench/figures.h"
#include "tests/bench/long_log.h"
#include "tests/bench/many_rows.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {
namespace {

class Nowhere : public std::streambuf {
 protected:
  int_type overflow(int_type c) override { return traits_type::not_eof(c); }
  std::streamsize xsputn(const char*, std::streamsize count) override { return count; }
};

}  // namespace

void Figures::reports() {
  const auto file = scratch_ / "many-rows.sqlite";
  if (!has_many_rows_) fill_with_many_rows(file, counts_.reported, interrupt_);
  has_many_rows_ = true;
  Nowhere nowhere;
  std::ostream out(&nowhere);
  const LongLog long_log(scratch_ / "long-log", counts_.reported / 10, counts_.reported,
                         Projected::state_and_read_model, interrupt_);
  const auto log = store::Log::open(long_log.data() / "log", store::Access::read);
  for (const projector::Report& report : projector::reports()) {
    const auto& asked = reads_log(report) ? long_log.data() / "readmodel" / "current.sqlite" : file;
    const int64_t begin_ns = now_ns();
    projector::run_report(asked, report, {projector::Format::csv}, {}, out, {.log = &log});
    table_.add(
        {fmt::format("report {}, {} movies: ms", report.name, counts_.reported), "", "<= 200, or as its SQL says"},
        static_cast<double>(now_ns() - begin_ns) / 1e6);
    interrupt_.check();
  }
}

}  // namespace catlog::bench
