// catalogue check: would the collector take this catalogue, and what does it say to whom?
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

/// Languages in which the customer can be told of this failure mode, the plain one first.
std::string languages_of(const ModelInfo& model, const FailureMode& mode) {
    std::string names = model.language;
    for (const LocalText& text : mode.texts) names += ", " + text.language;
    return names;
}

void print_table(Shell& shell, const Catalogue& catalogue) {
    Table table({{"model"},
                 {"failure mode", Column::Align::left, true},
                 {"component"},
                 {"remedy"},
                 {"parts", Column::Align::left, true},
                 {"skill"},
                 {"labour", Column::Align::right},
                 {"languages"}});
    for (const ModelInfo& model : catalogue.models) {
        for (const FailureMode& mode : model.failure_modes) {
            const char* remedy = mode.self_help                ? "self-help"
                                 : !mode.remote_remedy.empty() ? "remote"
                                                               : "visit";
            table.add({model.id, mode.id, mode.component, remedy, joined(mode.parts), mode.skill,
                       std::to_string(static_cast<long>(mode.labour_min)) + " min",
                       languages_of(model, mode)});
        }
    }
    shell.out << table.text(shell.terminal);
}

void print_json(Shell& shell, const Catalogue& catalogue) {
    Json models = Json::array();
    for (const ModelInfo& model : catalogue.models) {
        Json item;
        item["id"] = model.id;
        item["family"] = model.family;
        item["language"] = model.language;
        item["metrics"] = model.metrics.size();
        item["faults"] = model.faults.size();
        item["components"] = model.components.size();
        item["failure_modes"] = Json::array();
        for (const FailureMode& mode : model.failure_modes) {
            item["failure_modes"].push_back(json_of(model, mode, model.language));
        }
        models.push_back(std::move(item));
    }
    shell.out << pretty_text(Json{{"models", std::move(models)}});
}

void check(Shell& shell, const std::string& file, bool json) {
    const Result<Catalogue> catalogue = load_catalogue(file);
    if (!catalogue) return shell.fail(Exit::config, catalogue.error().message);
    if (json) {
        print_json(shell, *catalogue);
    } else {
        print_table(shell, *catalogue);
    }
    shell.err << file << ": no mistakes found\n";
}

}  // namespace

void add_catalogue_command(CLI::App& app, Shell& shell) {
    CLI::App* catalogue = app.add_subcommand("catalogue", "Check a catalogue");
    catalogue->require_subcommand(1);
    struct Request {
        std::string file;
        bool json = false;
    };
    auto request = std::make_shared<Request>();
    CLI::App* command = catalogue->add_subcommand(
        "check",
        "Read a catalogue as the collector would; exit 78 and file:line when it would refuse it");
    command->add_option("file", request->file, "Catalogue (TOML)")->required()->type_name("FILE");
    command->add_flag("--json", request->json, "One JSON object");
    add_example(*command, "aftercare-collector catalogue check deploy/catalogue/appliances.toml");
    command->callback([request, &shell] { check(shell, request->file, request->json); });
}

}  // namespace aftercare::collector
