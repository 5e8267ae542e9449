// One line a fact: "first_response_ms 7200000", "week 0 540-720 780-1020", "holiday 2026-12-25",
// "offset 1774746000000 120". A day without a week line is closed.
#include <charconv>
#include <utility>

#include "collector/core/sla/policy.hpp"
#include "common/hash.hpp"
#include "common/hex_text.hpp"

namespace aftercare::collector {
namespace {

std::string hours_text(const Calendar& calendar) {
    std::string text;
    for (std::size_t day = 0; day < calendar.week.size(); ++day) {
        if (calendar.week[day].empty()) continue;
        text += "week " + std::to_string(day);
        for (const DayInterval& hours : calendar.week[day]) {
            text += ' ' + std::to_string(hours.from_min) + '-' + std::to_string(hours.to_min);
        }
        text += '\n';
    }
    return text;
}

/// Takes words and whole numbers off a line.
class LineReader {
  public:
    explicit LineReader(std::string_view line) : rest_(line) {}

    std::string_view word(char end = ' ') {
        const std::size_t length = std::min(rest_.find(end), rest_.size());
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(std::min(length + 1, rest_.size()));
        return taken;
    }
    template <class Number>
    bool number(Number& value, char end = ' ') {
        const std::string_view text = word(end);
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && stop == text.data() + text.size();
    }
    template <class Time>
    bool span(Time& value) {
        std::int64_t ms = 0;
        const bool good = number(ms);
        value = Time{ms};
        return good;
    }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    std::string_view rest() { return std::exchange(rest_, {}); }

  private:
    std::string_view rest_;
};

bool read_week(LineReader& line, Calendar& calendar) {
    std::size_t day = 0;
    if (!line.number(day) || day >= calendar.week.size()) return false;
    while (!line.at_end()) {
        DayInterval hours;
        if (!line.number(hours.from_min, '-') || !line.number(hours.to_min)) return false;
        calendar.week[day].push_back(hours);
    }
    return true;
}

bool read_offset(LineReader& line, Calendar& calendar) {
    OffsetChange change;
    milliseconds at{};
    if (!line.span(at) || !line.number(change.offset_min)) return false;
    change.at = WallTime{at};
    calendar.offsets.push_back(change);
    return true;
}

bool read_line(LineReader line, SlaTerms& terms) {
    const std::string_view key = line.word();
    if (key == "policy") terms.policy = line.rest();
    if (key == "calendar") terms.calendar_name = line.rest();
    if (key == "holiday") terms.calendar.holidays.emplace_back(line.rest());
    if (key == "first_response_ms") return line.span(terms.first_response);
    if (key == "resolution_ms") return line.span(terms.resolution);
    if (key == "at_risk_percent") return line.number(terms.at_risk_percent);
    if (key == "week") return read_week(line, terms.calendar);
    if (key == "offset") return read_offset(line, terms.calendar);
    return key == "policy" || key == "calendar" || key == "holiday";
}

}  // namespace

std::string terms_text(const SlaTerms& terms) {
    std::string text = "policy " + terms.policy + "\ncalendar " + terms.calendar_name +
                       "\nfirst_response_ms " + std::to_string(terms.first_response.count()) +
                       "\nresolution_ms " + std::to_string(terms.resolution.count()) +
                       "\nat_risk_percent " + std::to_string(terms.at_risk_percent) + '\n' +
                       hours_text(terms.calendar);
    for (const std::string& day : terms.calendar.holidays) text += "holiday " + day + '\n';
    for (const OffsetChange& change : terms.calendar.offsets) {
        text += "offset " + std::to_string(unix_ms(change.at)) + ' ' +
                std::to_string(change.offset_min) + '\n';
    }
    return text;
}

Result<SlaTerms> parse_terms(std::string_view id, std::string_view text) {
    SlaTerms terms;
    terms.id = id;
    for (auto& day : terms.calendar.week) day.clear();
    for (LineReader lines(text); !lines.at_end();) {
        const std::string_view line = lines.word('\n');
        if (read_line(LineReader(line), terms)) continue;
        return fail(Errc::corrupt,
                    "service level " + std::string(id) + ": not understood: " + std::string(line));
    }
    if (Status sound = check_calendar(terms.calendar); !sound) {
        return fail(Errc::corrupt,
                    "service level " + std::string(id) + ": " + sound.error().message);
    }
    return terms;
}

std::string terms_id(const SlaTerms& terms) {
    Hash64 hash;
    hash.add(terms_text(terms));
    return terms.policy + '/' + terms.calendar_name + '#' + hex_text(hash.value());
}

}  // namespace aftercare::collector
