// rules report: what each rule foretold, what came of it. rules promote, rules shelve: what a
// person makes of that.
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/figure_text.hpp"
#include "collector/cli/import_target.hpp"
#include "collector/cli/kept_knowledge.hpp"
#include "collector/cli/options.hpp"
#include "collector/cli/remote_api.hpp"
#include "collector/io/live/config.hpp"
#include "collector/io/live/knowledge.hpp"
#include "collector/io/text/rule_report_json.hpp"

namespace aftercare::collector {
namespace {

struct ReportRequest {
    std::string database_path, url, token_file, config_file;
    std::optional<WallTime> from;
    bool json = false;
};

Result<Json> report_of_database(Shell& shell, const ReportRequest& request, Queries& queries) {
    std::optional<Costs> costs;
    if (!request.config_file.empty()) {
        const Result<CollectorConfig> config = load_config(request.config_file);
        if (!config) return fail(config.error());
        costs = config->costs;
    }
    const Result<KeptKnowledge> kept = kept_knowledge(request.database_path);
    if (!kept) return fail(kept.error());
    const Result<KpiRows> rows = queries.kpi_rows();
    if (!rows) return fail(rows.error());
    const Result<RuleRows> rules = queries.rule_rows();
    if (!rules) return fail(rules.error());
    const Result<RuleHistory> history = rule_history(request.database_path);
    if (!history) return fail(history.error());
    if (history->unreadable > 0) {
        shell.err << history->unreadable
                  << " packs of before cannot be read by this program; their "
                  << "rules count from the first pack that can\n";
    }
    const RuleReport report = rule_report(kept->pack, *rows, rules->trials, rules->standings, costs,
                                          history->spans, request.from.value_or(WallTime::min()));
    return json_of(report, costs);
}

Result<Json> report_of_collector(const ReportRequest& request) {
    const auto api = RemoteApi::open(request.url, request.token_file);
    if (!api) return fail(api.error());
    const std::string query =
        request.from ? "?from=" + json_of(*request.from).get<std::string>() : "";
    const auto answer = (*api)->get("/api/v1/rules/report" + query);
    if (!answer) return fail(answer.error());
    if (answer->status != 200) {
        return fail(Errc::unavailable, request.url + ": " + answer->detail());
    }
    return (*api)->object_of(*answer);
}

std::string share_text(const Json& value) {
    return value.is_number() ? percent(value.get<double>()) : "–";
}
std::string range_text(const Json& value) {
    if (!value.is_array()) return "–";
    return percent_range(Interval{value[0].get<double>(), value[1].get<double>()});
}
std::string number_text(const Json& value, int places) {
    return value.is_number() ? decimals(value.get<double>(), places) : "–";
}
std::string of_text(const Json& figures, const char* part, const char* whole) {
    return std::to_string(figures[part].get<std::uint64_t>()) + " of " +
           std::to_string(figures[whole].get<std::uint64_t>());
}

void add_figures(Table& table, std::vector<std::string> head, const Json& f) {
    for (std::string& cell : std::vector<std::string>{
             std::to_string(f["tickets"].get<std::uint64_t>()) + " + " +
                 std::to_string(f["trials"].get<std::uint64_t>()),
             of_text(f, "right", "decided"), range_text(f["precision_interval"]),
             of_text(f, "foreseen", "failures"), number_text(f["median_lead_h"], 1),
             share_text(f["no_fault_found_rate"]), number_text(f["cost_saved"], 0)}) {
        head.push_back(std::move(cell));
    }
    table.add(std::move(head));
}

/// Days: "2026-03-01 …", "2026-03-01 … 2026-04-02"; "…": all that is kept.
std::string span_text(const Json& rule) {
    const auto day = [&](const char* end) {
        return rule[end].is_string() ? rule[end].get<std::string>().substr(0, 10) : std::string();
    };
    return day("from") + (rule["from"].is_string() ? " …" : "…") +
           (rule["to"].is_string() ? " " + day("to") : "");
}

void print_rules(Shell& shell, const Json& report) {
    constexpr auto kRight = Column::Align::right;
    const std::string saved =
        report["currency"].is_string() ? "saved " + report["currency"].get<std::string>() : "saved";
    Table table({{"rule", Column::Align::left, true},
                 {"mode"},
                 {"covers"},
                 {"model, firmware", Column::Align::left, true},
                 {"prob.", kRight},
                 {"tickets + trials", kRight},
                 {"right", kRight},
                 {"95 %", kRight},
                 {"foreseen", kRight},
                 {"lead h", kRight},
                 {"no fault", kRight},
                 {saved, kRight}});
    for (const Json& rule : report["rules"]) {
        const std::string name =
            rule_name(rule["id"].get<std::string>(), rule["version"].get<std::uint32_t>());
        const std::string mode =
            rule["in_force"].get<bool>() ? rule["mode"].get<std::string>() : "gone";
        add_figures(table, {name, mode, span_text(rule), "all", ""}, rule["total"]);
        for (const Json& cut : rule["cuts"]) {
            const std::string firmware = cut["firmware"].get<std::string>();
            add_figures(
                table,
                {"", "", "",
                 cut["model"].get<std::string>() + (firmware.empty() ? "" : ", " + firmware),
                 share_text(cut["probability"])},
                cut);
        }
    }
    shell.out << table.text(shell.terminal);
}

void print_reliability(Shell& shell, const char* of, const Json& table) {
    if (!table.is_object()) return;
    shell.out << "\n"
              << of << ": " << table["count"].get<std::uint64_t>() << " decided, Brier score "
              << number_text(table["brier"], 3) << " (reliability "
              << number_text(table["murphy"]["reliability"], 3) << " − resolution "
              << number_text(table["murphy"]["resolution"], 3) << " + uncertainty "
              << number_text(table["murphy"]["uncertainty"], 3) << " + within bins "
              << number_text(table["murphy"]["within_bins"], 3) << "), calibration error "
              << number_text(table["calibration_error"], 3) << "\n";
    constexpr auto kRight = Column::Align::right;
    Table bins({{"said", kRight}, {"came true", kRight}, {"95 %", kRight}});
    for (const Json& bin : table["bins"]) {
        if (bin["count"] == 0) continue;
        bins.add({share_text(bin["mean_probability"]), of_text(bin, "right", "count"),
                  range_text(bin["right_interval"])});
    }
    shell.out << bins.text(shell.terminal);
}

void print_report(Shell& shell, const Json& report) {
    for (const Json& rule : report["rules"]) {
        const Json& standing = rule["standing"];
        if (!standing.is_object()) continue;
        shell.out << rule["id"].get<std::string>() << " is " << rule["mode"].get<std::string>()
                  << " since " << standing["at"].get<std::string>() << ", by "
                  << standing["who"].get<std::string>() << ": "
                  << standing["why"].get<std::string>() << "\n";
    }
    print_rules(shell, report);
    const Json& reliability = report["reliability"];
    print_reliability(shell, "Tickets", reliability["tickets"]);
    print_reliability(shell, "Trials", reliability["trials"]);
}

void show_report(Shell& shell, const ReportRequest& request) {
    std::unique_ptr<Queries> queries;
    if (request.url.empty()) {
        queries = open_for_reading(shell, request.database_path);
        if (!queries) return;
    }
    const Result<Json> report = request.url.empty() ? report_of_database(shell, request, *queries)
                                                    : report_of_collector(request);
    if (!report) return shell.fail(report.error());
    if (request.json) {
        shell.out << pretty_text(*report);
    } else {
        print_report(shell, *report);
    }
}

struct StandingRequest {
    OfflineOptions offline;
    std::string url, token_file, rule_id, reason;
};

Result<std::unique_ptr<ImportTarget>> open_rule_target(const StandingRequest& request) {
    if (request.url.empty()) {
        std::vector<std::string> unused;
        return open_offline_target(request.offline, unused);
    }
    return open_remote_target(request.url, request.token_file);
}

void set_standing(Shell& shell, const StandingRequest& request, RuleMode mode) {
    const auto target = open_rule_target(request);
    if (!target) return shell.fail(Exit::io, target.error().message);
    const ImportItem item{1, ChangeRule{request.rule_id, mode, "cli", request.reason}};
    const auto replies = (*target)->apply({&item, 1});
    if (!replies) return shell.fail(replies.error());
    const Result<CommandReply>& reply = replies->front();
    if (!reply) return shell.fail(reply.error());
    const bool unchanged = reply->kind == CommandReply::Kind::unchanged;
    shell.out << request.rule_id << (unchanged ? " was " : " is now ") << to_string(mode)
              << (unchanged ? " already\n" : "\n");
}

/// --db or --url with its token.
void add_rule_target(CLI::App& command, std::string& database_path, std::string& url,
                     std::string& token_file, const char* database_help) {
    CLI::Option_group* where = command.add_option_group("target");
    where->add_option("--db", database_path, database_help)->type_name("FILE");
    CLI::Option* url_option =
        where->add_option("--url", url, "A running collector")->type_name("URL");
    where->require_option(1);
    CLI::Option* token =
        command.add_option("--token-file", token_file, "API token for --url")->type_name("FILE");
    url_option->needs(token);
    token->needs(url_option);
}

void add_standing(CLI::App& rules, Shell& shell, const char* name, const char* help,
                  RuleMode mode) {
    auto request = std::make_shared<StandingRequest>();
    CLI::App* command = rules.add_subcommand(name, help);
    command->add_option("rule", request->rule_id, "Rule id")->required();
    command->add_option("--reason", request->reason, "Kept with the change")
        ->required()
        ->type_name("TEXT");
    add_rule_target(*command, request->offline.database_path, request->url, request->token_file,
                    "Database that no collector is running on");
    add_example(*command, std::string("aftercare-collector rules ") + name +
                              " drain_pump_clogging --reason \"19 of 20\" --url "
                              "http://127.0.0.1:8480 --token-file token");
    command->callback([request, mode, &shell] { set_standing(shell, *request, mode); });
}

}  // namespace

void add_report_commands(CLI::App& rules, Shell& shell) {
    auto request = std::make_shared<ReportRequest>();
    CLI::App* report =
        rules.add_subcommand("report", "What each rule foretold, and what came of it");
    add_rule_target(*report, request->database_path, request->url, request->token_file,
                    "Database of the collector");
    report
        ->add_option("--config", request->config_file, "With --db: its [costs] say what was saved")
        ->type_name("FILE");
    add_moment_option(
        *report, "--from", request->from,
        "Predictions and failures from then on; none is charged to a rule younger than it");
    report->add_flag("--json", request->json, "One JSON object");
    add_example(*report, "aftercare-collector rules report --db aftercare.db");
    report->callback([request, &shell] { show_report(shell, *request); });
    add_standing(rules, shell, "promote", "Let a rule open tickets", RuleMode::live);
    add_standing(rules, shell, "shelve", "Let a rule open no tickets; it goes on being scored",
                 RuleMode::shelved);
}

}  // namespace aftercare::collector
