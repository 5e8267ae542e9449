// devices: list, show, telemetry.
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/kept_knowledge.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/paging.hpp"
#include "collector/io/text/series_csv.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kFaultsShown = 20;

struct DevicesRequest {
    std::string database_path;
    DeviceFilter filter;
    std::optional<std::size_t> limit;
    std::string device_id;
    bool json = false;
    bool csv = false;
    std::string metric;
    SeriesFilter series;
};

template <class Visit>
Result<bool> each_device(Queries& queries, DeviceFilter filter, std::size_t limit, Visit visit) {
    return each_item(
        std::move(filter), limit, [&](const DeviceFilter& asked) { return queries.devices(asked); },
        visit);
}

Result<bool> list_json(Shell& shell, Queries& queries, const DevicesRequest& request) {
    shell.out << "{\"items\": [";
    const char* separator = "\n";
    const auto more = each_device(queries, request.filter, request.limit.value_or(kNoLimit),
                                  [&](const DeviceInfo& device) {
                                      shell.out << separator << compact_text(json_of(device));
                                      separator = ",\n";
                                  });
    shell.out << "\n]}\n";
    return more;
}

std::string link_word(const std::optional<DevicePresence>& presence) {
    if (!presence) return {};
    return presence->online ? "online" : "offline";
}

/// Empty when the device never said.
std::string link_line(const std::optional<DevicePresence>& presence) {
    if (!presence) return {};
    return link_word(presence) + " since " + short_time(presence->since);
}

Result<bool> list_table(Shell& shell, Queries& queries, const DevicesRequest& request) {
    Table table({{"device"},
                 {"model"},
                 {"firmware"},
                 {"region"},
                 {"centre"},
                 {"installed"},
                 {"last seen"},
                 {"link"},
                 {"tenant", Column::Align::left, true}});
    const auto more =
        each_device(queries, request.filter, request.limit.value_or(kTableRowsDefault),
                    [&](const DeviceInfo& d) {
                        table.add({d.device_id, d.model, d.firmware, d.region, d.centre,
                                   short_time(d.installed_at).substr(0, 10),
                                   short_time(d.last_seen_at), link_word(d.presence), d.tenant});
                    });
    shell.out << table.text(shell.terminal);
    return more;
}

void list(Shell& shell, const DevicesRequest& request) {
    const auto queries = open_for_reading(shell, request.database_path);
    if (!queries) return;
    const auto more =
        request.json ? list_json(shell, *queries, request) : list_table(shell, *queries, request);
    if (!more) return shell.fail(more.error());
    if (*more) shell.err << "There are more; --limit N shows them.\n";
}

/// Without --tenant the device's tenant is looked for; two tenants may use the same id.
Result<DeviceInfo> find_device(Queries& queries, const DevicesRequest& request) {
    if (!request.filter.tenant.empty()) {
        return queries.device(request.filter.tenant, request.device_id);
    }
    std::vector<DeviceInfo> found;
    const auto searched = each_device(queries, {}, kNoLimit, [&](const DeviceInfo& device) {
        if (device.device_id == request.device_id) {
            found.push_back(device);
        }
    });
    if (!searched) return fail(searched.error());
    if (found.empty()) {
        return fail(Errc::not_found,
                    "no device \"" + request.device_id + "\"; devices list shows them all");
    }
    if (found.size() > 1) {
        return fail(Errc::invalid, "device \"" + request.device_id +
                                       "\" belongs to several tenants: " + found[0].tenant + ", " +
                                       found[1].tenant + "; choose one with --tenant");
    }
    return found.front();
}

/// Empty when the device was never offered any.
std::string settings_line(const std::optional<DeviceSettings>& settings) {
    if (!settings) return {};
    std::string line = "version " + std::to_string(settings->applied_version);
    if (settings->applied_version < settings->wanted_version) {
        line += ", wanted " + std::to_string(settings->wanted_version);
    }
    if (settings->refused_version != 0) {
        line += ", refused " + std::to_string(settings->refused_version) + ": " +
                std::string(to_string(settings->refusal));
    }
    return line;
}

void print_device(Shell& shell, const DeviceInfo& d, const std::vector<FaultRow>& faults,
                  const std::vector<Ticket>& tickets) {
    Table facts({{"device " + d.device_id}, {"", Column::Align::left, true}});
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) facts.add({name, value});
    };
    add("tenant", d.tenant);
    add("model", d.model);
    add("firmware", d.firmware);
    add("serial", d.serial);
    add("customer", d.customer_id);
    add("region", d.region);
    add("service centre", d.centre.empty() ? "none (unroutable)" : d.centre);
    add("installed", short_time(d.installed_at));
    add("warranty until", short_time(d.warranty_until));
    add("first seen", short_time(d.first_seen_at));
    add("last seen", short_time(d.last_seen_at));
    add("link", link_line(d.presence));
    add("settings", settings_line(d.settings));
    shell.out << facts.text(shell.terminal);
    if (!tickets.empty()) {
        Table table({{"ticket"}, {"state"}, {"origin"}, {"component"}, {"opened"}, {"resolved"}});
        for (const Ticket& t : tickets) {
            table.add({t.id, std::string(to_string(t.state)), std::string(to_string(t.origin)),
                       t.component, short_time(t.opened_at), short_time(t.resolved_at)});
        }
        shell.out << "\n" << table.text(shell.terminal);
    }
    if (!faults.empty()) {
        constexpr auto kRight = Column::Align::right;
        Table table({{"fault at"}, {"± s", kRight}, {"code", kRight}, {"times", kRight}});
        for (const FaultRow& f : faults) {
            table.add({short_time(f.occurred_at), std::to_string(f.error_ms / 1000),
                       std::to_string(f.code), std::to_string(f.occurrences)});
        }
        shell.out << "\n" << table.text(shell.terminal);
    }
}

void show(Shell& shell, const DevicesRequest& request) {
    const auto queries = open_for_reading(shell, request.database_path);
    if (!queries) return;
    const Result<DeviceInfo> device = find_device(*queries, request);
    if (!device) return shell.fail(device.error());
    const auto faults = queries->faults(device->no, kFaultsShown);
    if (!faults) return shell.fail(faults.error());
    const auto tickets = queries->tickets(
        {.tenant = device->tenant, .device_id = device->device_id, .limit = kPageMax});
    if (!tickets) return shell.fail(tickets.error());
    if (!request.json) return print_device(shell, *device, *faults, tickets->items);
    Json json;
    json["device"] = json_of(*device);
    json["tickets"] = json_array(tickets->items);
    json["faults"] = json_array(*faults);
    shell.out << pretty_text(json);
}

/// What the collector or simulation that wrote the database knew about a metric.
Result<std::uint32_t> kept_metric_id(const DevicesRequest& request, const DeviceInfo& device) {
    const auto kept = kept_knowledge(request.database_path);
    if (!kept) return fail(kept.error());
    if (kept->catalogue.model(device.model) != nullptr) {
        return metric_id(kept->catalogue, device.model, request.metric);
    }
    return fail(Errc::not_found, "the database keeps no catalogue with model \"" + device.model +
                                     "\"; a collector that runs with one puts it there");
}

void print_series(Shell& shell, const Series& series) {
    constexpr auto kRight = Column::Align::right;
    Table table({{"at"}, {"samples", kRight}, {"mean", kRight}, {"min", kRight}, {"max", kRight}});
    const auto text = [](double value) {
        std::array<char, 32> digits{};
        std::snprintf(digits.data(), digits.size(), "%.6g", value);
        return std::string(digits.data());
    };
    for (const SeriesPoint& p : series.points) {
        table.add({short_time(p.at), std::to_string(p.sample_count), text(p.mean), text(p.min),
                   text(p.max)});
    }
    shell.out << table.text(shell.terminal);
    if (series.bucket.count() > 0) {
        shell.err << "Each row is " << series.bucket.count() / 1000
                  << " s from its time on; --limit N with a larger N shows finer ones.\n";
    }
}

void telemetry(Shell& shell, const DevicesRequest& request) {
    const auto queries = open_for_reading(shell, request.database_path);
    if (!queries) return;
    const Result<DeviceInfo> device = find_device(*queries, request);
    if (!device) return shell.fail(device.error());
    const auto id = kept_metric_id(request, *device);
    if (!id) return shell.fail(id.error());
    SeriesFilter filter = request.series;
    filter.device_no = device->no;
    filter.metric_id = *id;
    const bool table = !request.json && !request.csv;
    filter.points_max = request.limit.value_or(table ? kTableRowsDefault : filter.points_max);
    const auto series = queries->telemetry(filter);
    if (!series) return shell.fail(series.error());
    if (table) return print_series(shell, *series);
    if (request.json) {
        shell.out << pretty_text(json_of(*series, request.metric));
        return;
    }
    std::string text;
    CsvWriter csv(text, CsvWriter::LineEnd::lf);
    append_series(csv, *series);
    shell.out << text;
}

void add_telemetry_command(CLI::App& devices, Shell& shell,
                           const std::shared_ptr<DevicesRequest>& request) {
    CLI::App* command = devices.add_subcommand(
        "telemetry", "Readings of one metric over time, folded into buckets when there are many");
    add_database_option(*command, request->database_path);
    command->add_option("device_id", request->device_id, "Device id")->required();
    command->add_option("--metric", request->metric, "Its name in the catalogue")
        ->required()
        ->type_name("NAME");
    command->add_option("--tenant", request->filter.tenant, "Its tenant, if several have the id");
    add_moment_option(*command, "--from", request->series.from, "From then on; default: all");
    add_moment_option(*command, "--to", request->series.to, "Before then; default: all");
    command
        ->add_option_function<std::size_t>(
            "--limit", [request](std::size_t limit) { request->limit = limit; },
            "At most so many points; default: 1000, in a table " +
                std::to_string(kTableRowsDefault))
        ->check(CLI::Range(std::size_t{1}, kSeriesPointsMax))
        ->type_name("N");
    CLI::Option* json = command->add_flag("--json", request->json, "One JSON object");
    command->add_flag("--csv", request->csv, "Comma-separated")->excludes(json);
    add_example(*command,
                "aftercare-collector devices telemetry wm-0001 --metric motor_current_ampere "
                "--from 2026-01-01 --db aftercare.db");
    command->callback([request, &shell] { telemetry(shell, *request); });
}

}  // namespace

void add_devices_commands(CLI::App& app, Shell& shell) {
    CLI::App* devices = app.add_subcommand("devices", "List devices, show one or its telemetry");
    devices->require_subcommand(1);
    auto request = std::make_shared<DevicesRequest>();

    CLI::App* list_command = devices->add_subcommand("list", "List devices");
    add_database_option(*list_command, request->database_path);
    list_command->add_option("--tenant", request->filter.tenant, "Tenant");
    list_command->add_option("--model", request->filter.model, "Model");
    list_command
        ->add_option_function<std::size_t>(
            "--limit", [request](std::size_t limit) { request->limit = limit; },
            "At most so many; default: all, in a table " + std::to_string(kTableRowsDefault))
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    list_command->add_flag("--json", request->json, "One JSON object");
    add_example(*list_command, "aftercare-collector devices list --db aftercare.db --model wm-1");
    list_command->callback([request, &shell] { list(shell, *request); });

    add_telemetry_command(*devices, shell, request);
    CLI::App* show_command =
        devices->add_subcommand("show", "Show a device with its tickets and newest faults");
    add_database_option(*show_command, request->database_path);
    show_command->add_option("device_id", request->device_id, "Device id")->required();
    show_command->add_option("--tenant", request->filter.tenant,
                             "Its tenant, if several have the id");
    show_command->add_flag("--json", request->json, "One JSON object");
    add_example(*show_command, "aftercare-collector devices show wm-0001 --db aftercare.db");
    show_command->callback([request, &shell] { show(shell, *request); });
}

}  // namespace aftercare::collector
