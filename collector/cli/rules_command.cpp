// rules check: would the collector take this rule pack?
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/options.hpp"
#include "collector/core/detect/detector.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"

namespace aftercare::collector {
namespace {

void print_table(Shell& shell, const RulePack& pack) {
    constexpr auto kRight = Column::Align::right;
    Table table({{"rule"},
                 {"version", kRight},
                 {"mode"},
                 {"component"},
                 {"failure mode", Column::Align::left, true},
                 {"horizon", kRight},
                 {"prior", kRight}});
    for (const Rule& rule : pack.rules) {
        table.add({rule.id, std::to_string(rule.version),
                   std::string(kModeWords[static_cast<std::size_t>(rule.mode)]), rule.component,
                   rule.failure_mode,
                   std::to_string(static_cast<long>(as_hours(rule.horizon))) + " h",
                   std::to_string(static_cast<int>(rule.probability * 100 + 0.5)) + " %"});
    }
    shell.out << table.text(shell.terminal);
}

void print_json(Shell& shell, const RulePack& pack, bool against_catalogue) {
    Json json;
    json["id"] = pack.id;
    json["version"] = pack.version;
    json["names_checked"] = against_catalogue;
    json["rules"] = Json::array();
    for (const Rule& rule : pack.rules) {
        Json item;
        item["id"] = rule.id;
        item["version"] = rule.version;
        item["mode"] = std::string(kModeWords[static_cast<std::size_t>(rule.mode)]);
        item["component"] = rule.component;
        item["failure_mode"] = rule.failure_mode;
        item["horizon_h"] = as_hours(rule.horizon);
        item["probability"] = rule.probability;
        json["rules"].push_back(item);
    }
    shell.out << pretty_text(json);
}

void check(Shell& shell, const std::string& file, const std::string& catalogue_file, bool json) {
    const Result<RulePack> pack = load_rule_pack(file);
    if (!pack) return shell.fail(Exit::config, pack.error().message);
    if (!catalogue_file.empty()) {
        const Result<Catalogue> catalogue = load_catalogue(catalogue_file);
        if (!catalogue) return shell.fail(Exit::config, catalogue.error().message);
        const auto detector = Detector::create(*pack, *catalogue);
        if (!detector) return shell.fail(Exit::config, file + ": " + detector.error().message);
    }
    if (json) {
        print_json(shell, *pack, !catalogue_file.empty());
    } else {
        print_table(shell, *pack);
    }
    shell.err << file << ": no mistakes found"
              << (catalogue_file.empty() ? "; names are checked with --catalogue FILE\n" : "\n");
}

}  // namespace

void add_rules_commands(CLI::App& app, Shell& shell) {
    struct CheckRequest {
        std::string file, catalogue_file;
        bool json = false;
    };
    CLI::App* rules =
        app.add_subcommand("rules", "Check rule packs, learn them, rank devices by risk");
    rules->require_subcommand(1);
    add_fit_command(*rules, shell);
    add_backtest_command(*rules, shell);
    add_cohort_command(*rules, shell);
    add_rank_command(*rules, shell);
    add_report_commands(*rules, shell);
    add_reload_command(*rules, shell);
    auto request = std::make_shared<CheckRequest>();
    CLI::App* command = rules->add_subcommand(
        "check",
        "Read a rule pack as the collector would; exit 78 and file:line when it would refuse it");
    command->add_option("file", request->file, "Rule pack (TOML)")->required()->type_name("FILE");
    command->add_option("--catalogue", request->catalogue_file, "Also check the names against this")
        ->type_name("FILE");
    command->add_flag("--json", request->json, "One JSON object");
    add_example(*command,
                "aftercare-collector rules check deploy/rules/appliances.toml --catalogue "
                "deploy/catalogue/appliances.toml");
    command->callback(
        [request, &shell] { check(shell, request->file, request->catalogue_file, request->json); });
}

}  // namespace aftercare::collector
