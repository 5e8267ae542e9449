// doctor: is everything around this collector as it should be, and what was refused?
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/doctor_checks.hpp"
#include "collector/cli/options.hpp"
#include "collector/io/sqlite/sqlite_queries.hpp"

namespace aftercare::collector {
namespace {

std::uintmax_t size_of(const std::string& path) {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(path, error);
    return error ? 0 : bytes;
}

Status look_at_devices(Queries& queries, DatabaseFacts& findings) {
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

Result<DatabaseFacts> examine(Queries& queries, const std::string& path) {
    DatabaseFacts findings;
    const Result<Counts> counts = queries.counts();
    if (!counts) return fail(counts.error());
    findings.counts = *counts;
    auto quarantine = queries.quarantine(std::nullopt);
    if (!quarantine) return fail(quarantine.error());
    findings.quarantine = std::move(*quarantine);
    if (Status status = look_at_devices(queries, findings); !status) return fail(status.error());
    findings.database_bytes = size_of(path);
    findings.log_bytes = size_of(path + "-wal");
    std::error_code error;
    const auto folder = std::filesystem::absolute(path, error).parent_path();
    const auto space = std::filesystem::space(folder, error);
    if (!error) findings.free_bytes = space.available;
    return findings;
}

struct DoctorRequest {
    std::string database_path;
    std::string config_file;
    std::string broker_file;
    bool full = false;
    bool json = false;
};

struct Diagnosis {
    std::string database_path;
    std::optional<DatabaseFacts> facts;  ///< none when the database cannot be read
    DoctorChecks checks;
    [[nodiscard]] std::size_t count(Health health) const {
        return static_cast<std::size_t>(
            std::count_if(checks.begin(), checks.end(),
                          [&](const DoctorCheck& check) { return check.health == health; }));
    }
};

void print_text(Shell& shell, const Diagnosis& diagnosis) {
    Table table({{""}, {"check"}, {"finding", Column::Align::left, true}});
    for (const DoctorCheck& check : diagnosis.checks) {
        table.add({std::string(to_string(check.health)), check.name, check.finding});
    }
    shell.out << table.text(shell.terminal);
    if (diagnosis.facts) {
        const Counts& c = diagnosis.facts->counts;
        shell.out << "\n"
                  << c.devices << " devices, " << c.raw_records << " records in " << c.raw_reports
                  << " reports, " << c.totals.duplicate_records << " duplicates dropped, "
                  << c.tickets << " tickets (" << c.open_tickets << " open), " << c.outcomes
                  << " outcomes\n";
    }
    shell.out << "\n";
    for (const DoctorCheck& check : diagnosis.checks) {
        if (check.health != Health::ok) {
            shell.out << check.name << ": " << check.finding << "\n    → " << check.way_out << "\n";
        }
    }
    if (diagnosis.count(Health::ok) == diagnosis.checks.size()) {
        shell.out << "Nothing to worry about.\n";
    }
}

void print_json(Shell& shell, const Diagnosis& diagnosis) {
    Json json;
    json["database"] = diagnosis.database_path;
    json["healthy"] = diagnosis.count(Health::fail) == 0;
    json["checks"] = Json::array();
    for (const DoctorCheck& check : diagnosis.checks) {
        json["checks"].push_back(Json{{"name", check.name},
                                      {"health", std::string(to_string(check.health))},
                                      {"finding", check.finding},
                                      {"way_out", check.way_out}});
    }
    if (const auto& facts = diagnosis.facts) {
        json["database_bytes"] = facts->database_bytes;
        json["log_bytes"] = facts->log_bytes;
        json["free_bytes"] = facts->free_bytes;
        json["last_seen_at"] = facts->last_seen_at ? json_of(*facts->last_seen_at) : Json();
        json["silent_devices"] = facts->silent_devices;
        json["counts"] = json_of(facts->counts);
        json["quarantine"] = json_array(facts->quarantine);
    }
    shell.out << pretty_text(json);
}

void look_at_database(Diagnosis& diagnosis, bool full, std::optional<WallTime> now) {
    check_permissions(diagnosis.database_path, diagnosis.checks);
    check_integrity_of(diagnosis.database_path, full, diagnosis.checks);
    const auto queries = SqliteQueries::open(diagnosis.database_path);
    auto facts = queries ? examine(**queries, diagnosis.database_path)
                         : Result<DatabaseFacts>(fail(queries.error()));
    if (!facts) {
        diagnosis.checks.push_back({"database", Health::fail, facts.error().message,
                                    "correct the path, or restore the last backup"});
        return;
    }
    diagnosis.facts = std::move(*facts);
    check_facts(*diagnosis.facts, now, diagnosis.checks);
}

void diagnose(Shell& shell, const DoctorRequest& request) {
    Diagnosis diagnosis;
    diagnosis.database_path = request.database_path;
    std::optional<WallTime> now;  // a database without its config may live in simulated time
    if (!request.config_file.empty()) {
        const Result<CollectorConfig> config = load_config(request.config_file);
        if (!config) return shell.fail(Exit::config, config.error().message);
        diagnosis.checks.push_back({"config", Health::ok, request.config_file, ""});
        diagnosis.database_path = config->database_path;
        if (!config->clock_scaled) now = real_now();
        check_secrets(*config, diagnosis.checks);
        check_broker(*config, diagnosis.checks);
    }
    if (!request.broker_file.empty()) check_broker_file(request.broker_file, diagnosis.checks);
    check_clock(diagnosis.checks);
    look_at_database(diagnosis, request.full, now);
    if (request.json) {
        print_json(shell, diagnosis);
    } else {
        print_text(shell, diagnosis);
    }
    if (const std::size_t failed = diagnosis.count(Health::fail); failed > 0) {
        shell.fail(Exit::data, std::to_string(failed) + " checks failed");
    }
}

}  // namespace

void add_doctor_command(CLI::App& app, Shell& shell) {
    auto request = std::make_shared<DoctorRequest>();
    CLI::App* doctor = app.add_subcommand(
        "doctor", "Check config, broker, disk and database; exit 65 when something fails");
    CLI::Option_group* source = doctor->add_option_group("source");
    source->add_option("--db", request->database_path, "Database file")->type_name("FILE");
    source->add_option("--config", request->config_file, "Config file, checked too")
        ->type_name("FILE");
    source->require_option(1);
    doctor
        ->add_option("--broker-config", request->broker_file,
                     "mosquitto.conf in force: are its settings safe?")
        ->type_name("FILE");
    doctor->add_flag("--full", request->full, "Check the whole file, however long it takes");
    doctor->add_flag("--json", request->json, "One JSON object");
    add_example(*doctor, "aftercare-collector doctor --config /etc/aftercare/collector.toml");
    doctor->callback([request, &shell] { diagnose(shell, *request); });
}

}  // namespace aftercare::collector
