#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace catlog::events {

// Times are Int64 microseconds since 1970-01-01 UTC, years 0000 to 9999.
constexpr int64_t first_datetime_us = -62167219200'000'000, last_datetime_us = 253402300799'999'999;

int64_t now_us();         // the system's clock
int64_t steady_now_us();  // since the machine's start; goes on while it sleeps, and nobody sets it

// RFC 3339 with an offset or Z, up to six decimals: "2026-11-23T15:04:05.123456Z", "2026-11-23T16:04:05+01:00".
std::optional<int64_t> parse_rfc3339(std::string_view text);
std::string to_rfc3339(int64_t us);  // six decimals, Z
// Three decimals, in the machine's time zone, with its offset: for lines that people read.
std::string to_local_rfc3339(int64_t us);
// "YYYY-MM-DD HH:MM:SS.SSS", cut to milliseconds: the read model's form.
std::string to_sql_datetime(int64_t us);
// The same without an allocation, and without a NUL.
using SqlDatetime = std::array<char, 23>;
SqlDatetime sql_datetime(int64_t us);
inline std::string_view text_of(const SqlDatetime& text) { return {text.data(), text.size()}; }
// A day of the calendar as YYYY-MM-DD.
bool is_date(std::string_view text);

}  // namespace catlog::events
