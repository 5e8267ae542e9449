// aftercare-sim: simulated fleets and recorded traces through the real product, in process or live.
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "collector/io/toml/table_reader.hpp"
#include "common/time_text.hpp"
#include "firmware_sim/io/live.hpp"
#include "firmware_sim/world/replay.hpp"
#include "firmware_sim/world/scenario_toml.hpp"
#include "firmware_sim/world/summary.hpp"

namespace {

using namespace aftercare;
using namespace aftercare::sim;

struct Arguments {
    std::string input;  ///< scenario file or trace folder
    std::optional<std::uint64_t> seed;
    std::string database, rules, catalogue, junit, trace, horizon = "48h";
    std::optional<std::uint32_t> days, devices;
    bool json = false, overwrite = false;
    LiveOptions live;
    std::string clock_start, clock_epoch;
};

int complain(int code, const std::string& why) {
    fmt::print(stderr, "aftercare-sim: {}\n", why);
    return code;
}

/// What a failed run means to a script: try again, mend the disk, mend the configuration, or tell
/// us.
int code_of(const Error& error) {
    switch (error.code) {
        case Errc::unavailable:
        case Errc::conflict:
        case Errc::exhausted:
            return EX_IOERR;
        case Errc::corrupt:
            return EX_SOFTWARE;
        default:
            return EX_CONFIG;
    }
}

/// One line that a terminal keeps rewriting; nothing elsewhere.
World::Progress progress_of(WallTime begin, double days) {
    if (isatty(STDERR_FILENO) == 0) return {};
    return [begin, days](WallTime now) {
        const double day = as_hours(now - begin) / 24;
        fmt::print(stderr, "\rday {:.0f} of {:.0f}\x1b[K", std::min(day, days), days);
        if (day >= days) fmt::print(stderr, "\r\x1b[K");
    };
}

Status clear_database(const Arguments& arguments) {
    if (arguments.database.empty() || !arguments.overwrite) return {};
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        std::error_code error;
        std::filesystem::remove(arguments.database + suffix, error);
        if (error)
            return fail(Errc::unavailable, arguments.database + suffix + ": " + error.message());
    }
    return {};
}

Result<RunOptions> run_options(const Arguments& arguments, const std::string& rules) {
    RunOptions options{.database_path = arguments.database,
                       .rules_name = std::filesystem::path(rules).filename().string(),
                       .trace_folder = arguments.trace};
    if (auto cleared = clear_database(arguments); !cleared) return fail(cleared.error());
    if (rules.empty()) return options;
    auto text = collector::read_text_file(rules);
    if (!text) return fail(text.error());
    options.rules_text = std::move(*text);
    return options;
}

std::string replay_line(const Arguments& arguments, const RunSummary& summary) {
    std::string text = fmt::format("aftercare-sim run {} --seed {}", arguments.input, summary.seed);
    if (!arguments.rules.empty()) text += " --rules " + arguments.rules;
    if (!arguments.catalogue.empty()) text += " --catalogue " + arguments.catalogue;
    if (arguments.days) text += fmt::format(" --days {}", *arguments.days);
    if (arguments.devices) text += fmt::format(" --devices {}", *arguments.devices);
    return text;
}

int report(const Arguments& arguments, const RunSummary& summary, const std::string& again) {
    std::fputs((arguments.json ? summary_json(summary) : summary_text(summary)).c_str(), stdout);
    if (!arguments.junit.empty()) {
        std::ofstream file(arguments.junit);
        file << summary_junit(summary);
        if (!file.flush()) return complain(EX_IOERR, arguments.junit + ": cannot be written");
    }
    if (summary.passed()) return EX_OK;
    fmt::print(stderr, "aftercare-sim: the run does not keep what was expected of it; again: {}\n",
               again);
    return 1;
}

Result<Scenario> scenario_of(const Arguments& arguments) {
    auto scenario = load_scenario(arguments.input);
    if (!scenario) return scenario;
    if (arguments.seed) scenario->seed = *arguments.seed;
    if (arguments.days) scenario->days = *arguments.days;
    if (arguments.devices) scenario->fleet.device_count = *arguments.devices;
    if (!arguments.rules.empty()) scenario->rules = arguments.rules;
    if (!arguments.catalogue.empty()) scenario->catalogue = arguments.catalogue;
    return scenario;
}

int run_live(const Arguments& arguments, Scenario scenario) {
    LiveOptions live = arguments.live;
    live.scenario = std::move(scenario);
    live.json = arguments.json;
    for (auto [text, at, flag] :
         {std::tuple{&arguments.clock_start, &live.clock_start, "--clock-start"},
          std::tuple{&arguments.clock_epoch, &live.clock_epoch, "--clock-epoch"}}) {
        if (text->empty()) continue;
        const auto parsed = parse_rfc3339(*text);
        if (!parsed) return complain(EX_USAGE, fmt::format("{}: {}", flag, parsed.error().message));
        *at = *parsed;
    }
    return run_live_fleet(live);
}

int run(const Arguments& arguments) {
    auto scenario = scenario_of(arguments);
    if (!scenario) return complain(EX_CONFIG, scenario.error().message);
    if (!arguments.live.broker_url.empty()) return run_live(arguments, std::move(*scenario));
    if (scenario->catalogue.empty()) {
        return complain(EX_CONFIG,
                        arguments.input + ": a run needs the key 'catalogue', or --catalogue");
    }
    const auto catalogue = collector::load_catalogue(scenario->catalogue);
    if (!catalogue) return complain(EX_CONFIG, catalogue.error().message);
    // Without rules nothing is predicted: how history begins that rules are learned from.
    const auto rules = scenario->rules.empty() ? Result<collector::RulePack>(collector::RulePack{})
                                               : collector::load_rule_pack(scenario->rules);
    if (!rules) return complain(EX_CONFIG, rules.error().message);
    auto options = run_options(arguments, scenario->rules);
    if (!options) return complain(code_of(options.error()), options.error().message);
    options->progress = progress_of(scenario->start, scenario->days);
    const auto summary = run_fleet(*scenario, *catalogue, *rules, *options);
    if (!summary) return complain(code_of(summary.error()), summary.error().message);
    return report(arguments, *summary, replay_line(arguments, *summary));
}

int replay(const Arguments& arguments) {
    if (arguments.rules.empty()) return complain(EX_USAGE, "replay needs --rules PACK");
    const auto horizon = parse_duration(arguments.horizon);
    if (!horizon) return complain(EX_USAGE, "--horizon: " + horizon.error().message);
    const auto trace = collector::read_trace(arguments.input);
    if (!trace) return complain(EX_DATAERR, trace.error().message);
    for (const auto& error : trace->errors) complain(0, error);
    if (trace->error_count > 0)
        complain(0, fmt::format("{} rows were left out", trace->error_count));
    const auto catalogue =
        arguments.catalogue.empty()
            ? Result<collector::Catalogue>(collector::catalogue_of(trace->history))
            : collector::load_catalogue(arguments.catalogue);
    if (!catalogue) return complain(EX_CONFIG, catalogue.error().message);
    const auto rules = collector::load_rule_pack(arguments.rules);
    if (!rules) return complain(EX_CONFIG, rules.error().message);
    auto options = run_options(arguments, arguments.rules);
    if (!options) return complain(code_of(options.error()), options.error().message);
    if (const auto begin = trace->history.telemetry_begin()) {
        options->progress = progress_of(*begin, as_hours(trace->history.end() - *begin) / 24);
    }
    const auto summary = replay_trace(*trace, *catalogue, *rules, {.horizon = *horizon}, *options);
    if (!summary) return complain(code_of(summary.error()), summary.error().message);
    return report(
        arguments, *summary,
        fmt::format("aftercare-sim replay {} --rules {}", arguments.input, arguments.rules));
}

int devices(const Arguments& arguments) {
    const auto scenario = scenario_of(arguments);
    if (!scenario) return complain(EX_CONFIG, scenario.error().message);
    return print_devices(*scenario, arguments.json);
}

void add_database_options(CLI::App& command, Arguments& arguments) {
    command.add_option("--db", arguments.database,
                       "Keep the collector's database here (default: a temporary one)");
    command.add_flag("--overwrite", arguments.overwrite, "Replace the file of --db when it exists");
    command.add_option("--rules", arguments.rules, "Rule pack");
    command.add_option("--catalogue", arguments.catalogue, "Catalogue");
    command.add_option("--junit", arguments.junit, "Write the result as JUnit XML");
    command.add_flag("--json", arguments.json, "One JSON object instead of a table");
}

void add_scenario_options(CLI::App& command, Arguments& arguments) {
    command.add_option("SCENARIO", arguments.input, "Scenario file (TOML)")->required();
    command.add_option("--seed", arguments.seed, "Another history: one seed is one run");
    command.add_option("--days", arguments.days, "Virtual days")->check(CLI::Range(1U, 36'500U));
    command.add_option("--devices", arguments.devices, "Number of appliances")
        ->check(CLI::Range(1U, 1'000'000U));
}

void add_live_options(CLI::App& command, Arguments& arguments) {
    LiveOptions& live = arguments.live;
    auto* url = command.add_option("--live", live.broker_url,
                                   "Run against a real broker, mqtt://HOST:PORT");
    command.add_option("--api", live.api_url, "The collector's API, http://HOST:PORT")->needs(url);
    command.add_option("--token-file", live.token_file, "File with a bearer token of role maker")
        ->needs(url);
    command
        .add_option("--credentials", live.credentials_file,
                    "MQTT credentials, DEVICE_ID:PASSWORD per line")
        ->needs(url);
    command
        .add_option("--ledger", live.ledger_file,
                    "Write what every agent made, one JSON object per line")
        ->needs(url);
    command
        .add_option("--clock-start", arguments.clock_start, "Virtual time at the epoch, RFC 3339")
        ->needs(url);
    command.add_option("--clock-speed", live.clock_speed, "Virtual seconds per real second")
        ->check(CLI::PositiveNumber)
        ->needs(url);
    command
        .add_option("--clock-epoch", arguments.clock_epoch,
                    "Real time at which virtual time starts, RFC 3339")
        ->needs(url);
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App app{
        "Simulates appliances, links, customers and technicians around the real agent and "
        "collector."};
    app.set_version_flag("--version", "aftercare-sim " AFTERCARE_VERSION);
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 as expected, 1 not as expected, 64 usage, 65 data, 70 bug, 74 I/O, 78 "
        "configuration.");
    auto* run_command = app.add_subcommand("run", "Simulate a scenario, in process or live");
    add_scenario_options(*run_command, arguments);
    add_database_options(*run_command, arguments);
    run_command->add_option("--trace", arguments.trace,
                            "Also write what the fleet told as a trace folder");
    add_live_options(*run_command, arguments);
    auto* replay_command =
        app.add_subcommand("replay", "Feed a recorded trace through agents and collector");
    replay_command
        ->add_option(
            "TRACE_DIR", arguments.input,
            "Folder with devices.csv, readings.csv, faults.csv, outcomes.csv, failures.csv")
        ->required();
    replay_command
        ->add_option("--horizon", arguments.horizon,
                     "A ticket is right when its component fails within this time")
        ->capture_default_str();
    add_database_options(*replay_command, arguments);
    auto* devices_command = app.add_subcommand("devices", "List the scenario's devices");
    add_scenario_options(*devices_command, arguments);
    devices_command->add_flag("--json", arguments.json, "As POST /api/v1/devices takes them");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EX_OK : EX_USAGE;
    }
    if (*run_command) return run(arguments);
    if (*replay_command) return replay(arguments);
    return devices(arguments);
}
