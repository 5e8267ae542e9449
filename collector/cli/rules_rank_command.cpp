// rules rank: which devices a team with limited visits should look at today, and how good such a
// list would have been.
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/figure_text.hpp"
#include "collector/cli/histories.hpp"
#include "collector/cli/options.hpp"
#include "collector/core/learn/rank/judge.hpp"
#include "collector/core/learn/rank/ranking.hpp"
#include "collector/io/text/csv.hpp"
#include "common/time_text.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

constexpr std::int64_t kMsADay = 86'400'000;

struct RankRequest {
    std::vector<std::string> sources;
    std::optional<WallTime> at;
    std::string budget = "1%", horizon = "7d", learn_first = "40%";
    bool judge = false, weights = false, json = false, csv = false;
};

std::string date_text(std::int32_t day) {
    return format_rfc3339(wall_from_unix_ms(day * kMsADay)).substr(0, 10);
}

Result<std::int32_t> parse_days(const std::string& text) {
    const auto span = parse_duration(text);
    if (!span) return fail(span.error());
    if (span->count() < kMsADay || span->count() % kMsADay != 0 || span->count() > 90 * kMsADay) {
        return fail(Errc::invalid, "'" + text + "': 1d … 90d in whole days are allowed");
    }
    return static_cast<std::int32_t>(span->count() / kMsADay);
}

const HistoryDevice& device_of(const Fleet& fleet, const DayTable& table, std::uint32_t row) {
    const FleetDevice& device = fleet.devices[table.rows[row].device];
    return fleet.histories[device.history].devices[device.device];
}

void print_list(Shell& shell, const Fleet& fleet, const DayTable& table, const Hazard& hazard,
                const std::vector<RankedDevice>& ranked, std::int32_t day) {
    constexpr auto kRight = Column::Align::right;
    Table list({{"", kRight},
                {"device"},
                {"model", Column::Align::left, true},
                {"risk", kRight},
                {"in its model", kRight},
                {"because", Column::Align::left, true}});
    double expected = 0;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
        const HistoryDevice& device = device_of(fleet, table, ranked[i].row);
        expected += ranked[i].chance;
        list.add({std::to_string(i + 1), device.id, device.model,
                  decimals(ranked[i].chance * 100, 1) + " %",
                  decimals(ranked[i].cohort_percentile * 100, 1) + " %",
                  joined(ranked[i].reasons, "; ", &RiskReason::words)});
    }
    shell.out << list.text(shell.terminal);
    shell.err << date_text(day) << ": " << ranked.size() << " devices, of which about "
              << decimals(expected, 1) << " fail within " << hazard.options().horizon_days
              << " days; learned from " << hazard.failure_count() << " failures (penalty "
              << decimals(hazard.penalty(), 1) << ", spread of the models "
              << decimals(hazard.cohort_sd(), 2) << ")\n";
}

void print_csv(Shell& shell, const Fleet& fleet, const DayTable& table,
               const std::vector<RankedDevice>& ranked, std::int32_t day) {
    std::string text;
    CsvWriter writer(text, CsvWriter::LineEnd::lf);
    writer.header({"day", "device_id", "model", "risk_ratio", "cohort_percentile_ratio", "reason_1",
                   "reason_2", "reason_3"});
    for (const RankedDevice& one : ranked) {
        const HistoryDevice& device = device_of(fleet, table, one.row);
        writer.text(date_text(day)).text(device.id).text(device.model);
        writer.number(one.chance).number(one.cohort_percentile);
        for (std::size_t i = 0; i < kReasonsMax; ++i) {
            i < one.reasons.size() ? writer.text(one.reasons[i].words) : writer.blank();
        }
        writer.end_row();
    }
    shell.out << text;
}

void print_json(Shell& shell, const Fleet& fleet, const DayTable& table, const Hazard& hazard,
                const std::vector<RankedDevice>& ranked, std::int32_t day) {
    Json json;
    json["day"] = date_text(day);
    json["horizon_days"] = hazard.options().horizon_days;
    json["failures_learned_from"] = hazard.failure_count();
    json["devices"] = Json::array();
    for (const RankedDevice& one : ranked) {
        const HistoryDevice& device = device_of(fleet, table, one.row);
        Json item = {{"device_id", device.id},
                     {"model", device.model},
                     {"risk_ratio", one.chance},
                     {"cohort_percentile_ratio", one.cohort_percentile}};
        item["reasons"] = Json::array();
        for (const RiskReason& reason : one.reasons) {
            item["reasons"].push_back({{"words", reason.words}, {"log_odds", reason.log_odds}});
        }
        json["devices"].push_back(std::move(item));
    }
    shell.out << pretty_text(json);
}

void print_weights(Shell& shell, const DayTable& table, const Hazard& hazard) {
    Table list({{"feature", Column::Align::left, true}, {"log odds", Column::Align::right}});
    for (const Hazard::Weight& weight : hazard.readable(table)) {
        list.add({weight.feature, decimals(weight.per_sd, 3)});
    }
    shell.out << list.text(shell.terminal);
    shell.err << "for one standard deviation of the feature; for models and makers, as it is\n";
}

std::string share_text(std::uint64_t part, std::uint64_t whole, int places) {
    return decimals(ratio_of(part, whole).value_or(0) * 100, places) + " %";
}

void add_row(Table& list, const std::string& name, const std::string& budget, const Found& found) {
    const auto interval = ratio_interval(found.found, found.failing).value_or(Interval{0, 1});
    list.add({name, budget, std::to_string(found.found) + " of " + std::to_string(found.failing),
              share_text(found.found, found.failing, 0),
              decimals(interval.low * 100, 0) + " … " + decimals(interval.high * 100, 0) + " %",
              std::to_string(found.right) + " of " + std::to_string(found.spent),
              share_text(found.spent, found.device_days, 2),
              share_text(found.touched, found.devices, 1)});
}

void print_judgement(Shell& shell, const Judgement& judged, const JudgeOptions& options) {
    constexpr auto kRight = Column::Align::right;
    Table list({{"ranked by", Column::Align::left, true},
                {"budget"},
                {"found", kRight},
                {"share", kRight},
                {"95 % interval", kRight},
                {"right", kRight},
                {"spent", kRight},
                {"devices touched", kRight}});
    for (const Ranking* ranking : {&judged.hazard, &judged.single}) {
        add_row(list, ranking->name, "device-days", ranking->daily);
        add_row(list, ranking->name, "new tickets a day", ranking->tickets);
    }
    shell.out << list.text(shell.terminal);
    shell.out << "Judged on " << date_text(judged.from_day) << " … "
              << date_text(judged.until_day - 1) << " by what was known before each of "
              << judged.split_days.size() << " stretches; found = flagged 1 … "
              << options.hazard.horizon_days << " days ahead.\n";
    if (judged.seen > 0 && judged.calibration) {
        shell.out << "Expected ÷ seen: " << decimals(judged.expected / judged.seen, 2) << " ("
                  << decimals(judged.calibration->low, 2) << " … "
                  << decimals(judged.calibration->high, 2) << ")\n";
    }
}

Json found_json(const Found& found) {
    const auto interval = ratio_interval(found.found, found.failing);
    Json json = {{"failing_count", found.failing},   {"found_count", found.found},
                 {"spent_count", found.spent},       {"right_count", found.right},
                 {"device_days", found.device_days}, {"device_count", found.devices},
                 {"touched_count", found.touched}};
    if (interval) json["found_ratio_interval"] = {interval->low, interval->high};
    return json;
}

void print_judgement_json(Shell& shell, const Judgement& judged) {
    Json json;
    json["from_day"] = date_text(judged.from_day);
    json["until_day"] = date_text(judged.until_day);
    json["split_days"] = Json::array();
    for (const std::int32_t day : judged.split_days) json["split_days"].push_back(date_text(day));
    json["penalties"] = judged.penalties;
    json["rankings"] = Json::array();
    for (const Ranking* ranking : {&judged.hazard, &judged.single}) {
        json["rankings"].push_back({{"name", ranking->name},
                                    {"device_days", found_json(ranking->daily)},
                                    {"new_tickets_a_day", found_json(ranking->tickets)}});
    }
    json["expected_count"] = judged.expected;
    json["seen_count"] = judged.seen;
    if (judged.calibration) {
        json["expected_to_seen_interval"] = {judged.calibration->low, judged.calibration->high};
    }
    shell.out << pretty_text(json);
}

void judge(Shell& shell, const DayTable& table, const JudgeOptions& options, bool json) {
    const auto judged = judge_ranking(table, options, [&](std::uint32_t done, std::uint32_t all) {
        shell.err << "learned and judged: " << done << " of " << all << "\n";
    });
    if (!judged) return shell.fail(Exit::data, judged.error().message);
    json ? print_judgement_json(shell, *judged) : print_judgement(shell, *judged, options);
}

void list(Shell& shell, const Fleet& fleet, const DayTable& table, const RankRequest& request,
          const JudgeOptions& options) {
    const std::int32_t day = request.at ? day_of(*request.at) : table.last_day;
    const auto hazard = Hazard::learn(table, day, options.hazard);
    if (!hazard) return shell.fail(Exit::data, hazard.error().message);
    if (request.weights) return print_weights(shell, table, *hazard);
    const auto ranked = rank_day(table, *hazard, day, options.share_a_day);
    if (ranked.empty()) {
        return shell.fail(Exit::data, "no device sent a reading on " + date_text(day) +
                                          "; the history has " + date_text(table.first_day) +
                                          " … " + date_text(table.last_day));
    }
    if (request.json) return print_json(shell, fleet, table, *hazard, ranked, day);
    if (request.csv) return print_csv(shell, fleet, table, ranked, day);
    print_list(shell, fleet, table, *hazard, ranked, day);
}

void rank(Shell& shell, const RankRequest& request) {
    JudgeOptions options;
    const auto share = parse_share(request.budget);
    if (!share) return shell.fail(Exit::usage, "--budget " + share.error().message);
    const auto days = parse_days(request.horizon);
    if (!days) return shell.fail(Exit::usage, "--horizon " + days.error().message);
    const auto first = parse_share(request.learn_first);
    if (!first) return shell.fail(Exit::usage, "--learn-first " + first.error().message);
    options.share_a_day = *share;
    options.learned_first = *first;
    options.hazard.horizon_days = *days;
    auto sources = open_sources(shell, request.sources, {});
    if (!sources) return shell.fail(sources.error());
    const auto histories = read_histories(*sources);
    if (!histories) return shell.fail(histories.error());
    const Fleet fleet = assemble(*histories);
    const DayTable table = tabulate(fleet);
    if (table.rows.empty()) {
        return shell.fail(Exit::data, "these histories have no readings: nothing to rank by");
    }
    request.judge ? judge(shell, table, options, request.json)
                  : list(shell, fleet, table, request, options);
}

}  // namespace

void add_rank_command(CLI::App& rules, Shell& shell) {
    auto request = std::make_shared<RankRequest>();
    CLI::App* command = rules.add_subcommand(
        "rank", "List the devices at highest risk that a budget pays for, and why");
    add_sources_option(*command, request->sources)->required();
    add_moment_option(*command, "--at", request->at, "The day to rank; default: the last one");
    command->add_option("--budget", request->budget, "Share of the devices a day")
        ->capture_default_str()
        ->type_name("SHARE");
    command->add_option("--horizon", request->horizon, "Failing within …")
        ->capture_default_str()
        ->type_name("TIME");
    auto* judged = command->add_flag("--judge", request->judge,
                                     "Instead, learn from the first days and judge on later ones");
    command
        ->add_option("--learn-first", request->learn_first,
                     "Share of the days that are learned from before the first judged one")
        ->capture_default_str()
        ->needs(judged)
        ->type_name("SHARE");
    command->add_flag("--weights", request->weights, "Instead, print what the risk is made of")
        ->excludes(judged);
    auto* json = command->add_flag("--json", request->json, "One JSON object");
    command->add_flag("--csv", request->csv, "Comma-separated")->excludes(json)->excludes(judged);
    add_example(*command, "aftercare-collector rules rank --history fleet_2025 --budget 1%");
    command->callback([request, &shell] { rank(shell, *request); });
}

}  // namespace aftercare::collector
