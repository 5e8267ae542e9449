// RFC 3339 UTC times and human durations, host side.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare {

/// "2026-01-31T07:05:09Z"; with a fraction ".123" only when it is not zero.
std::string format_rfc3339(WallTime at);

/// Accepts "2026-01-31T07:05:09Z", a fraction of 1–9 digits (cut to ms) and offsets like "+02:00".
/// Errors: invalid, naming the text and the expected form.
Result<WallTime> parse_rfc3339(std::string_view text);

/// "2026-01-31".
std::string format_date(std::chrono::sys_days day);
/// A real day as "2026-01-31"; absent for anything else.
std::optional<std::chrono::sys_days> parse_date(std::string_view text);

/// "90s", "15m", "48h", "30d", "250ms" or a sum such as "1h30m".  Errors: invalid.
Result<milliseconds> parse_duration(std::string_view text);

/// Longest exact form: "48h", "90s", "1h30m". The inverse of parse_duration.
std::string format_duration(milliseconds span);

}  // namespace aftercare
