// Runs the benches of what ingest beside a broker does not show (engine, store, board), takes the
// figures of `ingest_bench` if there are any, and prints all of it as one table with the goals of
// the design beside the figures. A missed goal is marked and is no error.
//   bench_summary [--quick] [--ingest FIGURES.json] [--json FILE] [--commit WORDS]
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/scratch_dir.hpp"

namespace {

using namespace aftercare;
using nlohmann::ordered_json;

const std::string kRules = " " AFTERCARE_SOURCE_DIR "/deploy/rules/appliances.toml";
const std::string kRecorded =
    AFTERCARE_SOURCE_DIR "/../shared/data/azure_pdm/m01-10_90d/readings.csv";
/// Of the pack above that apply to the bench's model.
constexpr double kRulesPerDevice = 4;

void say(const std::string& words) {
    if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K%s", words.c_str());
}

/// The last line that the command prints; ends the program when it fails.
std::string last_line_of(const std::string& command) {
    say(command.substr(command.rfind('/', command.find(' ')) + 1));
    const std::string there = "cd " AFTERCARE_SOURCE_DIR " && exec " + command;
    FILE* const pipe = popen(there.c_str(), "r");
    std::string text;
    std::array<char, 4096> part{};
    while (pipe != nullptr && std::fgets(part.data(), part.size(), pipe) != nullptr) {
        text += part.data();
    }
    if (pipe == nullptr || pclose(pipe) != 0 || text.empty()) {
        std::fprintf(stderr, "bench_summary: failed: %s\n", command.c_str());
        std::exit(70);
    }
    text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

ordered_json run(const std::string& command) {
    return ordered_json::parse(last_line_of(command));
}

std::string text_of(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value);
    return text;
}

class Table {
  public:
    void add(const std::string& what, double figure, const std::string& unit,
             std::optional<double> goal = {}) {
        const bool missed = goal && figure > *goal;
        rows_.push_back({what, text_of(figure) + " " + unit,
                         goal ? "<= " + text_of(*goal) + " " + unit : "", missed ? "MISSED" : ""});
        ordered_json row{{"what", what}, {"figure", figure}, {"unit", unit}};
        if (goal) row["goal_at_most"] = *goal, row["missed"] = missed;
        json_.push_back(std::move(row));
    }
    void print() const {
        std::printf("%-64s %16s  %-18s\n", "what", "figure", "goal");
        for (const auto& [what, figure, goal, missed] : rows_) {
            std::printf("%-64s %16s  %-18s %s\n", what.c_str(), figure.c_str(), goal.c_str(),
                        missed.c_str());
        }
    }
    [[nodiscard]] const ordered_json& json() const { return json_; }

  private:
    std::vector<std::array<std::string, 4>> rows_;
    ordered_json json_ = ordered_json::array();
};

struct Options {
    bool quick = false;
    std::string ingest_file;
    std::string json_file;
    std::string commit;
};

std::string thousands(std::size_t n) {
    return n % 1'000'000 == 0 ? std::to_string(n / 1'000'000) + " million"
                              : std::to_string(n / 1'000) + ",000";
}

void add_ingest(const ordered_json& lines, Table& table) {
    for (const ordered_json& line : lines) {
        if (line.at("program") != "collector") continue;
        const auto records = line.at("records_per_report").get<std::uint32_t>();
        const auto devices = line.at("devices").get<std::size_t>();
        const std::string load =
            thousands(devices) + " devices, " + std::to_string(records) + " a report";
        table.add("collector's CPU / broker's CPU, " + load,
                  line.at("cpu_ratio_to_broker").at("median"), "", records == 1 ? 0.9 : 1.0);
        if (devices == 10'000) {
            table.add("collector's memory, " + load, line.at("rss_mib").at("median"), "MiB",
                      32e6 / (1 << 20));
        }
    }
}

void add_memory(const Options& options, Table& table) {
    const double few = options.quick ? 5'000 : 10'000;
    const double many = options.quick ? 20'000 : 100'000;
    const auto rss_mb = [&](double devices) {
        const auto count = std::to_string(static_cast<std::size_t>(devices));
        return run(BENCH_ENGINE " memory " + count + kRules).at("rss_mb").get<double>();
    };
    const double rss_few = rss_mb(few);
    const double rss_many = rss_mb(many);
    table.add("engine's memory, " + thousands(static_cast<std::size_t>(few)) + " devices", rss_few,
              "MB");
    table.add(
        "resident memory per further device, up to " + thousands(static_cast<std::size_t>(many)),
        (rss_many - rss_few) * 1e6 / (many - few), "B", 1'000);
}

void add_engine(const std::string& folder, const Options& options, Table& table) {
    for (const std::string records : {"1", "20"}) {
        const std::string step = BENCH_ENGINE " step 1000 " + records;
        const double bare = run(step).at("engine_us_per_record");
        const double with_rules = run(step + kRules).at("engine_us_per_record");
        table.add("admission a record, " + records + " a report, CPU", bare, "us");
        table.add("detection a record and rule, " + records + " a report, CPU",
                  (with_rules - bare) / kRulesPerDevice, "us", 1.0);
    }
    const std::string devices = options.quick ? "10000" : "100000";
    const ordered_json start = run(BENCH_ENGINE " start " + devices + " " + folder + kRules);
    table.add("warm start, " + devices + " devices", start.at("warm_start_s"), "s", 3.0);
    for (const std::size_t count : {1'000UL, 10'000UL, 100'000UL}) {
        if (options.quick && count > 10'000) break;
        const ordered_json growth =
            run(BENCH_ENGINE " commit " + std::to_string(count) + " " + folder + kRules);
        const std::string name = thousands(count) + " devices, CPU a report of one record: ";
        table.add(name + "engine", growth.at("engine_and_decode_us_per_record"), "us");
        table.add(name + "commit", growth.at("commit_us_per_record"), "us");
    }
}

void add_store(const std::string& folder, const Options& options, Table& table) {
    const bool recorded = std::filesystem::exists(kRecorded);
    const std::string source = recorded ? kRecorded : "float";
    const std::string name = recorded ? "recorded machines" : "full-precision floats";
    const std::string devices = options.quick ? " 100 " : " 1000 ";
    for (const std::string records : {"1", "20"}) {
        const ordered_json chunk =
            run(BENCH_CHUNK " " + folder + " " + source + " " + records + devices + "1344");
        const std::string what = name + ", " + records + " a report, a sample at rest: ";
        table.add(what + "chunk", chunk.at("chunk_bytes"), "B");
        // The free pages that a file keeps weigh on few devices.
        if (!options.quick) table.add(what + "file", chunk.at("at_rest_bytes"), "B", 25);
    }
    for (const std::size_t million : {1UL, 10UL, 30UL}) {
        if (options.quick && million > 1) break;
        const ordered_json growth =
            run(BENCH_CHUNK " " + folder + " slow 256 1000 " + std::to_string(million * 1'024));
        const std::string stored = std::to_string(million) + " million records, ";
        table.add(stored + "CPU a record: store", growth.at("store_us"), "us");
        table.add(stored + "CPU a record: housekeeping", growth.at("housekeeping_us"), "us");
        table.add(stored + "longest step of merging", growth.at("longest_step_ms"), "ms");
        table.add(stored + "longest step of retention", growth.at("longest_thinning_step_ms"),
                  "ms");
        table.add(stored + "a day's time line", growth.at("time_line_ms"), "ms");
        table.add(stored + "file a record", growth.at("at_rest_bytes"), "B");
    }
}

void add_board(const Options& options, Table& table) {
    const std::string tickets = options.quick ? "20000" : "1000000";
    std::istringstream line(last_line_of(BENCH_KPI " " + tickets));
    double count = 0;
    double ms = 0;
    line >> count >> ms;
    table.add("KPI board from rows, " + tickets + " tickets", ms / 1e3, "s");
    table.add("KPI board from rows, 10 million tickets at that cost each", ms / count * 1e4, "s",
              10);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("One table of all figures, goals beside them");
    app.add_flag("--quick", options.quick, "small forms");
    app.add_option("--ingest", options.ingest_file, "what ingest_bench wrote");
    app.add_option("--json", options.json_file, "everything as JSON");
    app.add_option("--commit", options.commit, "what was measured, for the JSON");
    CLI11_PARSE(app, argc, argv);

    ordered_json json{{"commit", options.commit}};
    Table table;
    if (!options.ingest_file.empty()) {
        json = ordered_json::parse(std::ifstream(options.ingest_file));
        add_ingest(json.at("lines"), table);
    }
    const test::ScratchDir dir("bench");
    const std::string folder = dir.path().string();
    add_memory(options, table);
    add_engine(folder, options, table);
    add_store(folder, options, table);
    add_board(options, table);
    say("");
    table.print();
    if (options.json_file.empty()) return 0;
    json["table"] = table.json();
    std::ofstream file(options.json_file);
    file << json.dump(2) << '\n';
    file.close();
    if (file) return 0;
    std::fprintf(stderr, "bench_summary: cannot write %s\n", options.json_file.c_str());
    return 74;
}
