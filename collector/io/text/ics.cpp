#include "collector/io/text/ics.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr days kEventMax{366};
constexpr int kIntervalMax = 100;

/// A property: "DTSTART;VALUE=DATE:20261225" is name, parameters and value.
struct Line {
    std::size_t no = 0;  ///< of its first line in the file
    std::string name, parameters, value;
};

struct Event {
    std::size_t line = 0;
    std::optional<year_month_day> start;
    std::optional<sys_days> end;  ///< exclusive
    bool yearly = false;
    bool cancelled = false;
    int interval = 1;
    int count = std::numeric_limits<int>::max();
    std::optional<sys_days> until;
    std::set<sys_days> except;
};

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    std::size_t no = 0;
    while (!text.empty()) {
        ++no;
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        const bool folded = !line.empty() && (line.front() == ' ' || line.front() == '\t');
        if (folded && !lines.empty()) {
            lines.back().value += line.substr(1);
        } else if (!line.empty()) {
            lines.push_back({no, {}, {}, std::string(line)});
        }
    }
    for (Line& line : lines) {  // split only now: a fold may lie anywhere
        const std::string whole = std::move(line.value);
        const std::size_t colon = std::min(whole.find(':'), whole.size());
        const std::size_t semicolon = std::min(whole.find(';'), colon);
        line.name = whole.substr(0, semicolon);
        line.parameters = whole.substr(semicolon, colon - semicolon);
        line.value = whole.substr(std::min(colon + 1, whole.size()));
        for (std::string* part : {&line.name, &line.parameters}) {
            std::transform(part->begin(), part->end(), part->begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
        }
    }
    return lines;
}

std::optional<int> whole_number(std::string_view text) {
    int value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "20261225"; of an UNTIL with a time, the date.
std::optional<year_month_day> date_of(std::string_view text) {
    std::string written(text.substr(0, 8));
    if (written.size() < 8) return std::nullopt;
    written.insert(6, 1, '-').insert(4, 1, '-');
    const auto day = parse_date(written);
    return day ? std::optional{year_month_day{*day}} : std::nullopt;
}

/// Reads the events of one file; the first thing that is not understood ends it.
class IcsReader {
  public:
    IcsReader(const std::string& file, int last_year) : file_(file), last_year_(last_year) {}

    Result<std::vector<std::string>> read(std::string_view text) {
        bool is_calendar = false;
        for (const Line& line : lines_of(text)) {
            is_calendar = is_calendar || (line.name == "BEGIN" && line.value == "VCALENDAR");
            if (!is_calendar) return wrong(line.no, "expected BEGIN:VCALENDAR");
            if (Status taken = take(line); !taken) return fail(taken.error());
            if (dates_.size() > kHolidaysMax) {
                return wrong(line.no, "more than " + std::to_string(kHolidaysMax) + " dates");
            }
        }
        if (event_) return wrong(event_->line, "this event does not end");
        if (!is_calendar) return wrong(1, "expected BEGIN:VCALENDAR");
        std::vector<std::string> texts;
        for (const sys_days at : dates_) texts.push_back(format_date(at));
        return texts;
    }

  private:
    tl::unexpected<Error> wrong(std::size_t line, const std::string& what) const {
        return fail(Errc::invalid, file_ + ":" + std::to_string(line) + ": " + what);
    }

    Status take(const Line& line) {
        if (line.name == "BEGIN" && line.value == "VEVENT") {
            if (event_) return wrong(line.no, "an event begins inside another");
            event_ = Event{.line = line.no};
            inner_ = 0;
            return {};
        }
        if (!event_) return {};
        if (line.name == "END" && line.value == "VEVENT") return end_event();
        if (line.name == "BEGIN") ++inner_;  // an alarm of the event
        if (line.name == "END") --inner_;
        return inner_ > 0 ? Status{} : property(line);
    }

    Status property(const Line& line) {
        if (line.name == "DTSTART") return date(line, [&](auto at) { event_->start = at; });
        if (line.name == "DTEND") return date(line, [&](auto at) { event_->end = at; });
        if (line.name == "EXDATE") return dates(line);
        if (line.name == "RRULE") return rule(line);
        if (line.name == "STATUS") event_->cancelled = line.value == "CANCELLED";
        if (line.name == "DURATION" || line.name == "RDATE") {
            return wrong(line.no, line.name + " is not understood: give DTSTART and DTEND");
        }
        return {};
    }

    template <class Take>
    Status date(const Line& line, Take take_date) {
        const bool whole_day = line.parameters.find("VALUE=DATE") != std::string::npos &&
                               line.parameters.find("VALUE=DATE-TIME") == std::string::npos;
        const auto at = line.value.size() == 8 ? date_of(line.value) : std::nullopt;
        if (!whole_day || !at) {
            return wrong(line.no, line.name + ": expected a whole day such as " + line.name +
                                      ";VALUE=DATE:20261225");
        }
        take_date(*at);
        return {};
    }

    Status dates(const Line& line) {
        for (std::string_view rest = line.value; !rest.empty();) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            const Line one{line.no, line.name, line.parameters, std::string(rest.substr(0, comma))};
            const Status taken =
                date(one, [&](year_month_day at) { event_->except.insert(sys_days{at}); });
            if (!taken) return taken;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
        return {};
    }

    Status rule(const Line& line) {
        for (std::string_view rest = line.value; !rest.empty();) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view part = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const std::size_t equals = std::min(part.find('='), part.size());
            const std::string_view key = part.substr(0, equals);
            const std::string_view value = part.substr(std::min(equals + 1, part.size()));
            if (!rule_part(key, value)) {
                return wrong(line.no, "RRULE: " + std::string(part) +
                                          " is not understood: allowed are FREQ=YEARLY with "
                                          "INTERVAL, COUNT, UNTIL; give other dates one by one");
            }
        }
        if (event_->yearly) return {};
        return wrong(line.no, "RRULE: expected FREQ=YEARLY");
    }

    bool rule_part(std::string_view key, std::string_view value) {
        Event& event = *event_;
        const auto number = whole_number(value);
        if (key == "FREQ") return event.yearly = value == "YEARLY";
        if (key == "WKST") return true;  // where a week begins moves no day of a year
        if (key == "UNTIL") {
            const auto until = date_of(value);
            if (until) event.until = sys_days{*until};
            return until.has_value();
        }
        if (key == "INTERVAL" && number && *number > 0 && *number <= kIntervalMax)
            event.interval = *number;
        else if (key == "COUNT" && number && *number > 0)
            event.count = *number;
        else if (key == "BYMONTH" && number)
            event_month_ = *number;
        else if (key == "BYMONTHDAY" && number)
            event_day_ = *number;
        else
            return false;
        return true;
    }

    Status end_event() {
        const Event event = *event_;
        event_.reset();
        const auto by_month = std::exchange(event_month_, std::nullopt);
        const auto by_day = std::exchange(event_day_, std::nullopt);
        if (!event.start) return wrong(event.line, "this event has no DTSTART");
        if (event.cancelled) return {};
        const year_month_day first = *event.start;
        if ((by_month && *by_month != int(unsigned(first.month()))) ||
            (by_day && *by_day != int(unsigned(first.day())))) {
            return wrong(event.line,
                         "RRULE names another day than DTSTART: give the dates one by "
                         "one");
        }
        const days length = event.end ? std::max(*event.end - sys_days{first}, days{1}) : days{1};
        if (length > kEventMax) return wrong(event.line, "this event lasts more than a year");
        int left = event.count;
        for (year_month_day at = first; left > 0; at += years{event.interval}) {
            if (event.until && sys_days{at} > *event.until) break;
            if (event.yearly && int(at.year()) > last_year_) break;
            if (at.ok()) {  // 29 February comes in leap years only
                --left;
                add(sys_days{at}, length, event.except);
            }
            if (!event.yearly) break;
        }
        return {};
    }

    void add(sys_days first, days length, const std::set<sys_days>& except) {
        if (except.count(first) > 0) return;
        for (days i{0}; i < length; ++i) dates_.insert(first + i);
    }

    const std::string& file_;
    const int last_year_;
    std::optional<Event> event_;
    std::optional<int> event_month_;
    std::optional<int> event_day_;
    int inner_ = 0;  ///< components begun inside the event
    std::set<sys_days> dates_;
};

}  // namespace

Result<std::vector<std::string>> ics_dates(std::string_view text, const std::string& file,
                                           int last_year) {
    return IcsReader(file, last_year).read(text);
}

}  // namespace aftercare::collector
