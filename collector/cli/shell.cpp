#include "collector/cli/shell.hpp"

#include <chrono>
#include <ostream>

#include "collector/io/sqlite/sqlite_queries.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {

Exit exit_of(Errc code) {
    switch (code) {
        case Errc::invalid:
        case Errc::corrupt:
        case Errc::not_found:
            return Exit::data;
        case Errc::unavailable:
        case Errc::denied:
            return Exit::unavailable;
        case Errc::exhausted:
        case Errc::conflict:
            return Exit::retry;
    }
    return Exit::bug;
}

void Shell::fail(const Error& error) {
    fail(exit_of(error.code), error.message);
}

void Shell::fail(Exit code, std::string_view message) {
    err << "aftercare-collector: " << message << "\n";
    exit_code = static_cast<int>(code);
}

std::unique_ptr<Queries> open_for_reading(Shell& shell, const std::string& database_path) {
    auto queries = SqliteQueries::open(database_path);
    if (!queries) {
        shell.fail(Exit::io, queries.error().message);
        return nullptr;
    }
    return std::move(*queries);
}

Result<WallTime> parse_moment(const std::string& text) {
    constexpr std::size_t kDateBytes = 10;
    return parse_rfc3339(text.size() == kDateBytes ? text + "T00:00:00Z" : text);
}

std::string short_time(const std::optional<WallTime>& at) {
    if (!at) return "–";
    std::string text = format_rfc3339(*at).substr(0, 16);
    text[10] = ' ';
    return text;
}

WallTime real_now() {
    return std::chrono::time_point_cast<milliseconds>(
        std::chrono::time_point<UtcClock>(std::chrono::duration_cast<milliseconds>(
            std::chrono::system_clock::now().time_since_epoch())));
}

}  // namespace aftercare::collector
