#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "bin/housekeeping/record.h"

namespace catlog::cli {

// What housekeeping has done and will do, as of a moment.
struct HousekeepingView {
  housekeeping::Record tasks;
  std::string fault;  // why the record cannot be used; empty: it can, or there is none
  int64_t now_us = 0;
};

HousekeepingView look_at_housekeeping(const std::filesystem::path& record, int64_t now_us);

// `"housekeeping":{"tasks":[…],"fault":null}`; each task is as in the record, and says whether it is `overdue`.
std::string to_json_members(const HousekeepingView& view);
// A line for each task that runs or ran, and one for what is wrong with it.
std::string to_text(const HousekeepingView& view);

}  // namespace catlog::cli
