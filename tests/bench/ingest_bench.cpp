// The collector beside what it is compared with, one after the other in every round, each with a
// fresh broker; medians of the rounds.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/bench/bar_chart.hpp"
#include "tests/bench/ingest_round.hpp"
#include "tests/support/scratch_dir.hpp"

namespace {

using namespace aftercare;
using namespace aftercare::bench;
using nlohmann::ordered_json;

struct Spread {
    double median = 0;
    double min = 0;
    double max = 0;
};

Spread spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {values[values.size() / 2], values.front(), values.back()};
}

struct Line {
    Consumer consumer;
    Load load;
    std::vector<Round> rounds;

    template <class Figure>
    [[nodiscard]] Spread over(const Figure& figure) const {
        std::vector<double> values;
        for (const Round& round : rounds) values.push_back(figure(round));
        return spread_of(std::move(values));
    }
    [[nodiscard]] double reports() const { return static_cast<double>(load.report_count); }
    /// Those that enrol included. Faults carry one record each.
    [[nodiscard]] double records() const {
        return (reports() + static_cast<double>(load.device_count)) *
               (0.98 * load.records_per_report + 0.02);
    }
    [[nodiscard]] Spread cpu() const {
        return over([&](const Round& r) { return r.consumer_cpu_s / reports() * 1e6; });
    }
    [[nodiscard]] Spread broker_cpu() const {
        return over([&](const Round& r) { return r.broker_cpu_s / reports() * 1e6; });
    }
    [[nodiscard]] Spread ratio() const {
        return over([](const Round& r) { return r.consumer_cpu_s / r.broker_cpu_s; });
    }
    /// Without what merges stored reports once the stream of reports is over.
    [[nodiscard]] Spread intake_ratio() const {
        return over(
            [](const Round& r) { return (r.consumer_cpu_s - r.merging_cpu_s) / r.broker_cpu_s; });
    }
};

void say(const std::string& words) {
    if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K%s", words.c_str());
}

std::string range(const Spread& spread, int digits) {
    char text[96];
    std::snprintf(text, sizeof text, "%.*f (%.*f-%.*f)", digits, spread.median, digits, spread.min,
                  digits, spread.max);
    return text;
}

void print_line(const Line& line) {
    const auto rss = line.over([](const Round& r) { return r.rss_mib; });
    const auto peak = line.over([](const Round& r) { return r.rss_peak_mib; });
    const auto rest = line.over([&](const Round& r) { return r.database_bytes / line.records(); });
    const auto acks = line.over([&](const Round& r) { return r.acks / line.reports(); });
    const auto p50 = line.over([](const Round& r) { return r.latency_ms_p50; });
    const auto p99 = line.over([](const Round& r) { return r.latency_ms_p99; });
    std::printf("%7zu %7u  %-27s %-19s %-19s %-18s %-18s %5.1f %5.1f %6.1f  %5.2f  %5.0f %5.0f\n",
                line.load.device_count, line.load.records_per_report,
                std::string(to_string(line.consumer)).c_str(), range(line.cpu(), 1).c_str(),
                range(line.broker_cpu(), 1).c_str(), range(line.intake_ratio(), 2).c_str(),
                range(line.ratio(), 2).c_str(), rss.median, peak.median, rest.median, acks.median,
                p50.median, p99.median);
}

void print_table(const std::vector<Line>& lines) {
    std::printf("CPU-seconds per million reports, median (min-max); RSS in MiB\n");
    std::printf("devices rec/rep  %-27s %-19s %-19s %-18s %-18s %5s %5s %6s  %5s  %5s %5s\n",
                "program", "CPU", "broker CPU", "intake / broker", "with merging", "RSS", "peak",
                "B/rec", "ack/r", "p50ms", "p99ms");
    for (const Line& line : lines) print_line(line);
}

ordered_json to_json(const Spread& spread) {
    return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

ordered_json to_json(const Line& line) {
    ordered_json json{{"program", to_string(line.consumer)},
                      {"devices", line.load.device_count},
                      {"records_per_report", line.load.records_per_report},
                      {"reports", line.load.report_count},
                      {"offered_reports_per_s", line.load.reports_per_s},
                      {"rounds", line.rounds.size()}};
    const auto put = [&](const char* name, const auto& figure) {
        json[name] = to_json(line.over(figure));
    };
    json["cpu_s_per_million_reports"] = to_json(line.cpu());
    json["broker_cpu_s_per_million_reports"] = to_json(line.broker_cpu());
    json["cpu_ratio_to_broker"] = to_json(line.ratio());
    json["intake_cpu_ratio_to_broker"] = to_json(line.intake_ratio());
    put("merging_cpu_s_per_million_reports",
        [&](const Round& r) { return r.merging_cpu_s / line.reports() * 1e6; });
    put("sending_s", [](const Round& r) { return r.sending_s; });
    put("rss_mib", [](const Round& r) { return r.rss_mib; });
    put("rss_peak_mib", [](const Round& r) { return r.rss_peak_mib; });
    put("bytes_at_rest_per_record",
        [&](const Round& r) { return r.database_bytes / line.records(); });
    put("payload_bytes_per_record",
        [&](const Round& r) { return r.payload_bytes / line.records(); });
    put("acks_per_report", [&](const Round& r) { return r.acks / line.reports(); });
    put("publish_to_ack_ms_p50", [](const Round& r) { return r.latency_ms_p50; });
    put("publish_to_ack_ms_p99", [](const Round& r) { return r.latency_ms_p99; });
    return json;
}

/// One group for each load, one bar for each program.
std::string to_svg(const std::vector<Line>& lines) {
    BarChart chart{.title = "CPU beside the broker that feeds it, QoS 1",
                   .unit = "CPU of the program / CPU of Mosquitto in the same run; median, range",
                   .guide = 1};
    for (const Line& line : lines) {
        const std::string group = std::to_string(line.load.device_count) + " devices, " +
                                  std::to_string(line.load.records_per_report) + " rec/report";
        if (chart.groups.empty() || chart.groups.back() != group) {
            chart.groups.push_back(group);
            chart.bars.emplace_back();
        }
        if (chart.groups.size() == 1) chart.series.emplace_back(to_string(line.consumer));
        const Spread ratio = line.ratio();
        chart.bars.back().push_back({ratio.median, ratio.min, ratio.max});
    }
    return to_svg(chart);
}

struct Options {
    std::size_t rounds = 5;
    std::size_t reports = 60'000;
    double rate = 8'000;
    std::vector<std::size_t> devices{1'000, 10'000};
    std::vector<std::uint32_t> records{1, 20};
    std::vector<std::string> programs;
    bool quick = false;
    std::string json_file;
    std::string plot_file;
    std::string commit;
};

std::vector<Line> plan(const Options& options) {
    std::vector<Line> lines;
    for (const std::size_t devices : options.devices) {
        for (const std::uint32_t records : options.records) {
            for (const Consumer consumer : kConsumers) {
                const auto& wanted = options.programs;
                if (!wanted.empty() &&
                    std::find(wanted.begin(), wanted.end(), to_string(consumer)) == wanted.end()) {
                    continue;
                }
                lines.push_back({consumer, {devices, records, options.reports, options.rate}, {}});
            }
        }
    }
    return lines;
}

/// An empty name asks for nothing.
bool keep(const std::string& name, const std::string& content) {
    if (name.empty()) return true;
    std::ofstream file(name);
    file << content;
    file.close();
    if (!file) std::fprintf(stderr, "ingest_bench: cannot write %s\n", name.c_str());
    return static_cast<bool>(file);
}

int run(const Options& options, const Programs& programs) {
    std::vector<Line> lines = plan(options);
    const std::size_t total = options.rounds * lines.size();
    std::size_t done = 0;
    for (std::size_t number = 0; number < options.rounds; ++number) {
        for (Line& line : lines) {
            say("round " + std::to_string(++done) + " of " + std::to_string(total) + ": " +
                std::string(to_string(line.consumer)) + ", " +
                std::to_string(line.load.device_count) + " devices, " +
                std::to_string(line.load.records_per_report) + " records a report");
            const test::ScratchDir dir("ingest");
            auto round = run_round(line.consumer, line.load, programs, dir.path());
            if (!round) {
                say("");
                std::fprintf(stderr, "ingest_bench: %s\n", round.error().message.c_str());
                return 69;
            }
            line.rounds.push_back(*round);
        }
    }
    say("");
    print_table(lines);
    ordered_json json{{"commit", options.commit}, {"lines", ordered_json::array()}};
    for (const Line& line : lines) json["lines"].push_back(to_json(line));
    const bool kept =
        keep(options.json_file, json.dump(2) + "\n") && keep(options.plot_file, to_svg(lines));
    return kept ? 0 : 74;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Collector, reference program and bare subscriber beside the broker");
    app.add_option("--rounds", options.rounds, "rounds; the median counts")
        ->check(CLI::Range(1, 1'000));
    app.add_option("--reports", options.reports, "reports a round");
    app.add_option("--rate", options.rate, "reports a second that the fleet offers");
    app.add_option("--devices", options.devices, "numbers of devices");
    app.add_option("--records", options.records, "records a report");
    app.add_option("--program", options.programs, "only these programs");
    app.add_flag("--quick", options.quick, "one round of 20,000 reports");
    app.add_option("--json", options.json_file, "figures as JSON");
    app.add_option("--plot", options.plot_file, "ratios as an SVG");
    app.add_option("--commit", options.commit, "what was measured, for the JSON");
    CLI11_PARSE(app, argc, argv);
    if (options.quick) {
        options.rounds = 1;
        options.reports = 20'000;
    }
    return run(options, {AFTERCARE_COLLECTOR, BENCH_LOAD, BENCH_REFERENCE, BENCH_SUBSCRIBER});
}
