// devices: list and show.
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/paging.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kFaultsShown = 20;

struct DevicesRequest {
    std::string database_path;
    DeviceFilter filter;
    std::optional<std::size_t> limit;
    std::string device_id;
    bool json = false;
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

Result<bool> list_table(Shell& shell, Queries& queries, const DevicesRequest& request) {
    Table table({{"device"},
                 {"model"},
                 {"firmware"},
                 {"region"},
                 {"centre"},
                 {"installed"},
                 {"last seen"},
                 {"tenant", Column::Align::left, true}});
    const auto more =
        each_device(queries, request.filter, request.limit.value_or(kTableRowsDefault),
                    [&](const DeviceInfo& d) {
                        table.add({d.device_id, d.model, d.firmware, d.region, d.centre,
                                   short_time(d.installed_at).substr(0, 10),
                                   short_time(d.last_seen_at), d.tenant});
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

}  // namespace

void add_devices_commands(CLI::App& app, Shell& shell) {
    CLI::App* devices = app.add_subcommand("devices", "List devices, show one");
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
