#include "collector/cli/histories.hpp"

#include <filesystem>
#include <ostream>

#include "collector/cli/kept_knowledge.hpp"
#include "collector/io/sqlite/history_reader.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/trace/trace.hpp"

namespace aftercare::collector {
namespace {

bool is_folder(const std::string& path) {
    std::error_code ignored;  // what cannot be looked at is reported when it is opened
    return std::filesystem::is_directory(path, ignored);
}

Result<History> read_folder(Shell& shell, const std::string& folder) {
    auto trace = read_trace(folder);
    if (!trace) return fail(trace.error());
    for (const std::string& error : trace->errors) shell.err << error << "\n";
    if (trace->error_count > 0) {
        shell.err << folder << ": " << trace->error_count << " rows were left out\n";
    }
    return std::move(trace->history);
}

void add_missing_models(const Catalogue& from, Catalogue& to) {
    for (const ModelInfo& model : from.models) {
        if (to.model(model.id) == nullptr) to.models.push_back(model);
    }
}

/// Every model of any trace with all the names of all of them.
Catalogue common_catalogue(const std::vector<History>& traces) {
    History all;
    for (const History& one : traces) {
        const auto append = [](const auto& from, auto& to) {
            to.insert(to.end(), from.begin(), from.end());
        };
        append(one.devices, all.devices);
        append(one.metrics, all.metrics);
        append(one.fault_codes, all.fault_codes);
        append(one.components, all.components);
    }
    return catalogue_of(all);
}

}  // namespace

std::vector<std::string> Sources::databases() const {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        if (!is_folder(path)) files.push_back(path);
    }
    return files;
}

Result<Sources> open_sources(Shell& shell, const std::vector<std::string>& paths,
                             const std::string& catalogue_file) {
    Sources sources{.paths = paths};
    for (const std::string& path : paths) {
        if (is_folder(path)) {
            auto history = read_folder(shell, path);
            if (!history) return fail(history.error());
            sources.traces.push_back(std::move(*history));
            continue;
        }
        if (!std::filesystem::exists(path)) {
            return fail(Errc::not_found, path + ": there is no such trace folder or database");
        }
        if (!catalogue_file.empty()) continue;
        const auto known = kept_knowledge(path);
        if (!known) return fail(known.error());
        add_missing_models(known->catalogue, sources.catalogue);
        sources.real_catalogue = true;
    }
    if (!catalogue_file.empty()) {
        auto catalogue = load_catalogue(catalogue_file);
        if (!catalogue) return fail(catalogue.error());
        sources.catalogue = std::move(*catalogue);
        sources.real_catalogue = true;
    } else if (!sources.traces.empty()) {
        add_missing_models(common_catalogue(sources.traces), sources.catalogue);
    }
    return sources;
}

Result<std::vector<History>> read_histories(Sources& sources) {
    std::vector<History> histories;
    std::size_t trace = 0;
    for (const std::string& path : sources.paths) {
        if (trace < sources.traces.size() && sources.traces[trace].name == path) {
            histories.push_back(std::move(sources.traces[trace++]));
            continue;
        }
        auto history = read_history(path, sources.catalogue);
        if (!history) return fail(history.error());
        histories.push_back(std::move(*history));
    }
    sources.traces.clear();
    return histories;
}

Status for_each_device(const Sources& sources,
                       const std::function<Status(DeviceHistory&&)>& visit) {
    const Fleet fleet = assemble(sources.traces);
    for (const FleetDevice& device : fleet.devices) {
        const auto& info = fleet.histories[device.history].devices[device.device];
        const ModelInfo* model = sources.catalogue.model(info.model);
        if (model == nullptr) continue;
        if (Status visited = visit(device_history(fleet, device, *model)); !visited) return visited;
    }
    for (const std::string& path : sources.databases()) {
        Status read = read_device_histories(path, sources.catalogue, visit);
        if (!read) return read;
    }
    return {};
}

}  // namespace aftercare::collector
