#include <boost/test/unit_test.hpp>

#include "events/error.h"
#include "tests/bench/document.h"

BOOST_AUTO_TEST_SUITE(figures_document_test)

namespace {

using catlog::bench::figures_begin;
using catlog::bench::figures_end;
using catlog::bench::Machine;
using catlog::bench::Measurement;
using catlog::bench::Table;
using catlog::bench::with_figures;
using catlog::events::Exit;
using catlog::events::Failure;

Table sample_table() {
  Table table;
  for (const double rate : {223'231.6, 199'000.0, 250'000.0})
    table.add({"commands/s", "LMDB append", ">= 0.2"}, rate, 1'000'000);
  table.add({"receipt p50, us", "", "<= 100 us"}, 99.94);
  return table;
}

const Measurement sample{
    {"Some Processor", 2, 7.81, "Linux 6.1.0 x86_64", "ext4", 0.25}, 3, "", "0123abc", "2026-11-28"};

std::string marked(std::string_view figures) {
  return std::string("# Figures\n\nwords\n\n")
      .append(figures_begin)
      .append(figures)
      .append(figures_end)
      .append("\n\n## Tried\n\nmore words");
}

bool is_wrong_use(const Failure& failure) { return failure.code() == Exit::usage; }

BOOST_AUTO_TEST_CASE(a_table_as_markdown) {
  BOOST_TEST(catlog::bench::markdown_of(sample, sample_table()) ==
             "| | |\n"
             "|---|---|\n"
             "| measured | 2026-11-28, commit 0123abc, medians of 3 runs |\n"
             "| machine | Some Processor, 2 cores, 7.8 GiB |\n"
             "| system | Linux 6.1.0 x86_64, data on ext4, load 0.25 before |\n"
             "\n"
             "| figure | median | min | max | raw limit | ratio | floor | the raw limit is |\n"
             "|---|---:|---:|---:|---:|---:|---|---|\n"
             "| commands/s | 223,232 | 199,000 | 250,000 | 1,000,000 | 0.22 | >= 0.2 | LMDB append |\n"
             "| receipt p50, us | 99.9 | 99.9 | 99.9 |  |  | <= 100 us |  |\n");
}

BOOST_AUTO_TEST_CASE(one_run_of_one_group_says_so) {
  Measurement part = sample;
  part.runs = 1;
  part.only = "in-process";
  BOOST_TEST(
      catlog::bench::markdown_of(part, Table()).find(", commit 0123abc, only `in-process`, medians of 1 run |") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(figures_of_a_busy_machine_say_so) {
  Measurement busy = sample;
  busy.machine.load = 6.5;
  const auto text = catlog::bench::markdown_of(busy, sample_table());
  BOOST_TEST(
      text.find("load 6.50 before |\n\nOther work was running on the machine: no figures to go by.\n\n| figure |") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_table_under_its_head) {
  BOOST_TEST(sample_table().text() ==
             "figure            median      min      max  raw limit  ratio  floor      the raw limit is\n"
             "commands/s       223,232  199,000  250,000  1,000,000   0.22  >= 0.2     LMDB append\n"
             "receipt p50, us     99.9     99.9     99.9                    <= 100 us\n");
}

BOOST_AUTO_TEST_CASE(only_what_is_between_the_two_lines_is_replaced) {
  const auto fresh = with_figures(marked("\n"), "| new |\n");
  BOOST_TEST(fresh == marked("\n\n| new |\n\n"));
  BOOST_TEST(with_figures(fresh, "| new |\n") == fresh);
  BOOST_TEST(with_figures(marked("\nold\nlines\n"), "| new |\n") == fresh);
}

BOOST_AUTO_TEST_CASE(a_document_without_a_place_for_figures_is_refused) {
  const std::string begin(figures_begin), end(figures_end);
  for (const auto& document : {std::string(), "\n" + begin + "\n", "\n" + end + "\n", "\n" + end + "\n" + begin + "\n",
                               marked("\n") + marked("\n"), "\nin a line: " + begin + "\n" + end + "\n"})
    BOOST_CHECK_EXCEPTION(with_figures(document, "new"), Failure, is_wrong_use);
}

}  // namespace

BOOST_AUTO_TEST_SUITE_END()
