// doctor: is this collector's database healthy, and what was refused?
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/io/live/config.hpp"

namespace aftercare::collector {
namespace {

/// Below this an SQLite file with its log may fail to commit.
constexpr std::uintmax_t kFreeBytesMin = 64ULL * 1024 * 1024;

struct Findings {
    std::string database_path;
    Counts counts;
    std::vector<QuarantineSummary> quarantine;
    std::uintmax_t database_bytes = 0;
    std::uintmax_t log_bytes = 0;
    std::uintmax_t free_bytes = 0;
    std::optional<WallTime> last_seen_at;
    std::uint64_t silent_devices = 0;  ///< registered, never heard of
    std::vector<std::string> concerns;
};

std::uintmax_t size_of(const std::string& path) {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(path, error);
    return error ? 0 : bytes;
}

Status look_at_devices(Queries& queries, Findings& findings) {
    DeviceFilter filter;
    filter.limit = kPageMax;
    do {
        const Result<Page<DeviceInfo>> page = queries.devices(filter);
        if (!page) return fail(page.error());
        for (const DeviceInfo& device : page->items) {
            if (!device.last_seen_at) ++findings.silent_devices;
            if (device.last_seen_at &&
                (!findings.last_seen_at || *device.last_seen_at > *findings.last_seen_at)) {
                findings.last_seen_at = device.last_seen_at;
            }
        }
        filter.cursor = page->next_cursor;
    } while (!filter.cursor.empty());
    return {};
}

void judge(Findings& f) {
    if (f.free_bytes < kFreeBytesMin) {
        f.concerns.push_back(
            "less than 64 MiB free beside the database: commits may start to fail");
    }
    if (f.counts.gap_records > 0) {
        f.concerns.push_back(std::to_string(f.counts.gap_records) +
                             " records were declared lost by devices (spool full or device reset)");
    }
    std::uint64_t refused = 0;
    for (const QuarantineSummary& summary : f.quarantine) refused += summary.count;
    if (refused > 0) {
        f.concerns.push_back(std::to_string(refused) +
                             " messages were refused; reasons are listed");
    }
    if (f.silent_devices > 0) {
        f.concerns.push_back(std::to_string(f.silent_devices) +
                             " registered devices have never been heard of");
    }
}

Result<Findings> examine(Queries& queries, const std::string& path) {
    Findings findings;
    findings.database_path = path;
    const Result<Counts> counts = queries.counts();
    if (!counts) return fail(counts.error());
    findings.counts = *counts;
    auto quarantine = queries.quarantine();
    if (!quarantine) return fail(quarantine.error());
    findings.quarantine = std::move(*quarantine);
    if (Status status = look_at_devices(queries, findings); !status) return fail(status.error());
    findings.database_bytes = size_of(path);
    findings.log_bytes = size_of(path + "-wal");
    std::error_code error;
    const auto folder = std::filesystem::absolute(path, error).parent_path();
    const auto space = std::filesystem::space(folder, error);
    if (!error) findings.free_bytes = space.available;
    judge(findings);
    return findings;
}

std::string bytes_text(std::uintmax_t bytes) {
    constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
    return text;
}

/// By the real clock; a database of a simulation lives in its own time.
std::string lag_text(const Findings& f) {
    if (!f.last_seen_at) return "no telemetry yet";
    const double hours = as_hours(real_now() - *f.last_seen_at);
    char text[64];
    std::snprintf(text, sizeof text, "%.1f h before now", hours);
    return short_time(f.last_seen_at) + ", " + text;
}

void print_text(Shell& shell, const Findings& f) {
    Table table({{"database"}, {f.database_path, Column::Align::left, true}});
    const Counts& c = f.counts;
    table.add({"schema", "the newest this program knows"});
    table.add({"size", bytes_text(f.database_bytes) + ", log " + bytes_text(f.log_bytes) +
                           ", free " + bytes_text(f.free_bytes)});
    table.add({"devices",
               std::to_string(c.devices) + ", never heard of " + std::to_string(f.silent_devices)});
    table.add({"last telemetry", lag_text(f)});
    table.add({"telemetry", std::to_string(c.raw_records) + " records in " +
                                std::to_string(c.raw_reports) + " reports, " +
                                std::to_string(c.totals.duplicate_records) +
                                " duplicates dropped"});
    table.add(
        {"gaps", std::to_string(c.gaps) + " with " + std::to_string(c.gap_records) + " records"});
    table.add({"tickets", std::to_string(c.tickets) + ", open " + std::to_string(c.open_tickets)});
    table.add({"outcomes", std::to_string(c.outcomes)});
    shell.out << table.text(shell.terminal);
    if (!f.quarantine.empty()) {
        Table refused({{"refused because"},
                       {"messages", Column::Align::right},
                       {"last"},
                       {"for example", Column::Align::left, true}});
        for (const QuarantineSummary& q : f.quarantine) {
            refused.add({std::string(to_string(q.reason)), std::to_string(q.count),
                         short_time(q.last_at), q.last_detail});
        }
        shell.out << "\n" << refused.text(shell.terminal);
    }
    shell.out << "\n";
    if (f.concerns.empty()) shell.out << "Nothing to worry about.\n";
    for (const std::string& concern : f.concerns) shell.out << "! " << concern << "\n";
}

void print_json(Shell& shell, const Findings& f) {
    Json json;
    json["database"] = f.database_path;
    json["database_bytes"] = f.database_bytes;
    json["log_bytes"] = f.log_bytes;
    json["free_bytes"] = f.free_bytes;
    json["last_seen_at"] = f.last_seen_at ? json_of(*f.last_seen_at) : Json();
    json["silent_devices"] = f.silent_devices;
    json["counts"] = json_of(f.counts);
    json["quarantine"] = json_array(f.quarantine);
    json["concerns"] = f.concerns;
    shell.out << pretty_text(json);
}

struct DoctorRequest {
    std::string database_path;
    std::string config_file;
    bool json = false;
};

void diagnose(Shell& shell, DoctorRequest request) {
    if (!request.config_file.empty()) {
        const Result<CollectorConfig> config = load_config(request.config_file);
        if (!config) return shell.fail(Exit::config, config.error().message);
        request.database_path = config->database_path;
        shell.err << request.config_file << ": no mistakes found\n";
    }
    const auto queries = open_for_reading(shell, request.database_path);
    if (!queries) return;
    const Result<Findings> findings = examine(*queries, request.database_path);
    if (!findings) return shell.fail(findings.error());
    if (request.json) return print_json(shell, *findings);
    print_text(shell, *findings);
}

}  // namespace

void add_doctor_command(CLI::App& app, Shell& shell) {
    auto request = std::make_shared<DoctorRequest>();
    CLI::App* doctor =
        app.add_subcommand("doctor", "Check config and database, list what was refused");
    CLI::Option_group* source = doctor->add_option_group("source");
    source->add_option("--db", request->database_path, "Database file")->type_name("FILE");
    source->add_option("--config", request->config_file, "Config file, checked too")
        ->type_name("FILE");
    source->require_option(1);
    doctor->add_flag("--json", request->json, "One JSON object");
    add_example(*doctor, "aftercare-collector doctor --config /etc/aftercare/collector.toml");
    doctor->callback([request, &shell] { diagnose(shell, *request); });
}

}  // namespace aftercare::collector
