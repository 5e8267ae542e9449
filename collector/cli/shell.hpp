// What every command shares: where data and talk go, how errors become exit codes, how times are
// given.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/io/text/json.hpp"
#include "collector/io/text/table.hpp"
#include "collector/ports/queries.hpp"
#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// Rows of a table on a terminal unless asked for more.
inline constexpr std::size_t kTableRowsDefault = 50;

/// sysexits.h, the ones that the product uses.
enum class Exit : int {
    ok = 0,
    usage = 64,
    data = 65,
    unavailable = 69,
    bug = 70,
    io = 74,
    retry = 75,
    config = 78,
};

/// Data on `out`, talk on `err`. A command leaves its exit code here.
struct Shell {
    std::ostream& out;
    std::ostream& err;
    Terminal terminal{};
    int exit_code = 0;

    /// Says what went wrong and keeps the code.
    void fail(const Error& error);
    void fail(Exit code, std::string_view message);
};

Exit exit_of(Errc code);

/// Opens a database for reading, or fails with code 74.
std::unique_ptr<Queries> open_for_reading(Shell& shell, const std::string& database_path);

/// RFC 3339 or a plain date, which means its first instant in UTC.
Result<WallTime> parse_moment(const std::string& text);

/// "2026-01-31 07:05" in UTC, short enough for a table; "–" for none.
std::string short_time(const std::optional<WallTime>& at);

WallTime real_now();

/// The program with these arguments (without its name).  Thread: once at a time.
int run_cli(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
            const Terminal& terminal);

}  // namespace aftercare::collector
