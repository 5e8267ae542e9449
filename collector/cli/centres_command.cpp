// centres list: who has how much, as a running collector tells. Its configuration names the
// centres, so a database alone would not do.
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/remote_api.hpp"

namespace aftercare::collector {
namespace {

struct CentresRequest {
    std::string url, token_file;
    bool json = false;
};

constexpr long kFound = 200;

std::string hours_of(const Json& centre) {
    if (centre["is_open_now"] == true) return "open";
    if (centre["opens_at"].is_null()) return "closed";
    return "opens " + centre["opens_at"].get<std::string>();
}

void add_row(Table& table, std::vector<std::string> cells, const Json& load) {
    for (const char* count :
         {"open_count", "at_risk_count", "breached_count", "over_capacity_count"}) {
        cells.push_back(load[count].dump());
    }
    table.add(std::move(cells));
}

void list_centres_of(Shell& shell, const CentresRequest& request) {
    const auto api = RemoteApi::open(request.url, request.token_file);
    if (!api) return shell.fail(api.error());
    const auto answer = (*api)->get("/api/v1/centres");
    if (!answer) return shell.fail(answer.error());
    if (answer->status != kFound) {
        return shell.fail(Exit::unavailable, request.url + ": " + answer->detail());
    }
    const Result<Json> body = (*api)->object_of(*answer);
    if (!body) return shell.fail(body.error());
    if (request.json) {
        shell.out << pretty_text(*body);
        return;
    }
    Table table({{"centre"},
                 {"name"},
                 {"hours"},
                 {"capacity", Column::Align::right},
                 {"open", Column::Align::right},
                 {"at risk", Column::Align::right},
                 {"late", Column::Align::right},
                 {"over capacity", Column::Align::right}});
    for (const Json& centre : (*body)["items"]) {
        const Json& capacity = centre["capacity_per_day"];
        add_row(table,
                {centre["id"].get<std::string>(), centre["name"].get<std::string>(),
                 hours_of(centre), capacity.is_null() ? "–" : capacity.dump() + " a day"},
                centre["load"]);
    }
    const Json& lost = (*body)["without_centre"];
    if (lost.is_object() && lost["open_count"] != 0) add_row(table, {"–", "", "", ""}, lost);
    shell.out << table.text(shell.terminal);
}

}  // namespace

void add_centres_commands(CLI::App& app, Shell& shell) {
    CLI::App* centres = app.add_subcommand("centres", "List service centres");
    centres->require_subcommand(1);
    auto request = std::make_shared<CentresRequest>();
    CLI::App* list = centres->add_subcommand(
        "list", "List the service centres of a running collector and what each has to do");
    list->add_option("--url", request->url, "A running collector")->required()->type_name("URL");
    list->add_option("--token-file", request->token_file, "API token")
        ->required()
        ->type_name("FILE");
    list->add_flag("--json", request->json, "One JSON object");
    add_example(*list,
                "aftercare-collector centres list --url http://127.0.0.1:8480 --token-file token");
    list->callback([request, &shell] { list_centres_of(shell, *request); });
}

}  // namespace aftercare::collector
