#include "tests/unit/collector_detect/trace_run.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "collector/core/detect/detector.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector::test {
namespace {

using Row = std::vector<std::string>;

struct Table {
    Row columns;
    std::vector<Row> rows;

    [[nodiscard]] std::vector<std::string> column(std::string_view name) const {
        const auto at = std::find(columns.begin(), columns.end(), name) - columns.begin();
        std::vector<std::string> values;
        for (const Row& row : rows) values.push_back(row.at(static_cast<std::size_t>(at)));
        return values;
    }
};

Row cells_of(const std::string& line) {
    Row cells{""};
    for (const char c : line) {
        if (c == ',') {
            cells.emplace_back();
        } else if (c != '\r') {
            cells.back() += c;
        }
    }
    return cells;
}

// The traces quote nothing. An absent file is an empty table: a history may have no readings.
Table read_table(const std::string& path) {
    Table table;
    std::ifstream in(path);
    std::string line;
    if (std::getline(in, line)) table.columns = cells_of(line);
    while (std::getline(in, line)) {
        if (!line.empty()) table.rows.push_back(cells_of(line));
    }
    return table;
}

WallTime time_of(const std::string& text) {
    const auto at = parse_rfc3339(text);
    AFTERCARE_ASSERT(at.has_value());
    return *at;
}

struct Event {
    WallTime at{};
    std::string device;
    std::optional<Record> record;
    std::string replaced;  ///< component, when this is an outcome
};

struct Ticket {
    WallTime opened{};
    std::string device;
    std::string component;
};

struct Open {
    std::size_t ticket;
    std::uint32_t rule_index;
};

class Run {
  public:
    Run(const std::string& folder, milliseconds horizon)
        : horizon_(horizon),
          devices_(read_table(folder + "/devices.csv")),
          readings_(read_table(folder + "/readings.csv")),
          faults_(read_table(folder + "/faults.csv")),
          outcomes_(read_table(folder + "/outcomes.csv")),
          failures_(read_table(folder + "/failures.csv")) {}

    Result<TraceScore> score(RulePack pack) {
        if (devices_.rows.empty()) return fail(Errc::not_found, "no trace");
        const Row metrics = readings_.columns.size() > 2
                                ? Row(readings_.columns.begin() + 2, readings_.columns.end())
                                : Row{};
        catalogue_ = catalogue_for_trace(devices_.column("model"), metrics, faults_.column("code"),
                                         outcomes_.column("component"));
        auto detector = Detector::create(std::move(pack), catalogue_);
        if (!detector) return fail(detector.error());
        for (const Row& row : devices_.rows) {
            states_.emplace(row[0], (*detector)->begin(row[1]));
        }
        for (const Event& event : events()) step(**detector, event);
        return judged();
    }

  private:
    std::vector<Event> events() const {
        const ModelInfo& model = catalogue_.models.front();
        std::vector<Event> all;
        for (const Row& row : outcomes_.rows) all.push_back({time_of(row[0]), row[1], {}, row[2]});
        for (const Row& row : faults_.rows) {
            const auto id = model.fault(std::string_view(row[2]))->id;
            all.push_back({time_of(row[0]), row[1],
                           Record{.body = Fault{.code = id, .state = FaultState::occurred}}, ""});
        }
        for (const Row& row : readings_.rows) {
            Reading body;
            for (std::size_t i = 2; i < row.size(); ++i) {
                if (row[i].empty()) continue;
                const float x = std::stof(row[i]);
                body.metrics.add(
                    {.metric_id = model.metric(std::string_view(readings_.columns[i]))->id,
                     .mean = x,
                     .min = x,
                     .max = x,
                     .last = x});
            }
            all.push_back({time_of(row[0]), row[1], Record{.body = body}, ""});
        }
        std::stable_sort(all.begin(), all.end(),
                         [](const Event& a, const Event& b) { return a.at < b.at; });
        return all;
    }

    void step(const Detector& detector, const Event& event) {
        DetectState& state = states_.at(event.device);
        lapse(detector, event, state);
        if (!event.record) {
            open_.erase({event.device, event.replaced});
            detector.part_replaced(state, event.replaced, event.at);
            return;
        }
        std::vector<Detection> detections;
        detector.observe(state, *event.record, event.at, detections);
        for (const Detection& detection : detections) {
            const std::string& component = detector.pack().rules[detection.rule_index].component;
            const auto key = std::pair(event.device, component);
            if (open_.contains(key)) continue;
            open_.emplace(key, Open{tickets_.size(), detection.rule_index});
            tickets_.push_back({event.at, event.device, component});
        }
    }

    void lapse(const Detector& detector, const Event& event, const DetectState& state) {
        std::erase_if(open_, [&](const auto& item) {
            const auto& [key, open] = item;
            return key.first == event.device &&
                   event.at > tickets_[open.ticket].opened + horizon_ &&
                   !detector.stands(state, open.rule_index, event.at);
        });
    }

    TraceScore judged() const {
        TraceScore score;
        score.tickets = tickets_.size();
        std::set<std::size_t> found;
        std::vector<double> leads;
        for (const Ticket& ticket : tickets_) {
            std::optional<std::pair<milliseconds, std::size_t>> hit;
            for (std::size_t i = 0; i < failures_.rows.size(); ++i) {
                const Row& row = failures_.rows[i];
                const milliseconds lead = time_of(row[0]) - ticket.opened;
                const bool same = row[1] == ticket.device && row[2] == ticket.component;
                if (!same || lead <= milliseconds{0} || lead > horizon_) continue;
                if (!hit || lead < hit->first) hit = {lead, i};
            }
            if (!hit) continue;
            ++score.right;
            found.insert(hit->second);
            leads.push_back(as_hours(hit->first));
        }
        score.found = found.size();
        count_failures(found, score);
        std::sort(leads.begin(), leads.end());
        if (!leads.empty()) score.median_lead_h = leads[leads.size() / 2];
        return score;
    }

    void count_failures(const std::set<std::size_t>& found, TraceScore& score) const {
        WallTime first = WallTime::max();
        for (const Row& row : failures_.rows) first = std::min(first, time_of(row[0]));
        for (const Ticket& ticket : tickets_) first = std::min(first, ticket.opened);
        for (std::size_t i = 0; i < failures_.rows.size(); ++i) {
            const bool warm = time_of(failures_.rows[i][0]) - first > hours_ms(48);
            if (warm || found.contains(i)) ++score.failures;
        }
    }

    milliseconds horizon_;
    Table devices_, readings_, faults_, outcomes_, failures_;
    Catalogue catalogue_;
    std::map<std::string, DetectState> states_;
    std::map<std::pair<std::string, std::string>, Open> open_;
    std::vector<Ticket> tickets_;
};

double ratio(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double TraceScore::precision() const {
    return ratio(right, tickets);
}
double TraceScore::recall() const {
    return ratio(found, failures);
}
double TraceScore::f1() const {
    const double sum = precision() + recall();
    return sum > 0 ? 2 * precision() * recall() / sum : 0;
}

Result<TraceScore> run_trace(const std::string& folder, RulePack pack, milliseconds horizon) {
    return Run(folder, horizon).score(std::move(pack));
}

}  // namespace aftercare::collector::test
