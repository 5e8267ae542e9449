// rules backtest: what a rule pack would have done over recorded telemetry, beside another pack.
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/figure_text.hpp"
#include "collector/cli/histories.hpp"
#include "collector/cli/kept_knowledge.hpp"
#include "collector/cli/options.hpp"
#include "collector/core/learn/comparison.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

struct BacktestRequest {
    std::vector<std::string> sources;
    std::string rules, against, catalogue_file, warm_up = "48h";
    std::optional<WallTime> from, to;
    std::size_t list = kTableRowsDefault;
    bool with_shadow = false, json = false;
};

using Pack = Comparison::Pack;

/// One line of the comparison: what, and how it reads for one pack.
struct Line {
    std::string name;
    std::string (*value)(const PackFigures&);
    std::string (*range)(const PackFigures&);
};

std::string of(std::uint64_t part, std::uint64_t whole, const std::optional<double>& share) {
    return std::to_string(part) + " of " + std::to_string(whole) +
           (share ? " = " + percent(*share) : "");
}

const std::array kLines{
    Line{"precision",
         [](const PackFigures& f) {
             return of(f.tickets.right, f.tickets.right + f.tickets.wrong, f.precision());
         },
         [](const PackFigures& f) { return percent_range(f.precision_interval()); }},
    Line{"recall", [](const PackFigures& f) { return of(f.found, f.failures, f.recall()); },
         [](const PackFigures& f) { return percent_range(f.recall_interval()); }},
    Line{"F1", [](const PackFigures& f) { return f.f1() ? decimals(*f.f1(), 3) : "–"; },
         [](const PackFigures&) { return std::string(); }},
    Line{"median lead, hours",
         [](const PackFigures& f) {
             return f.median_lead_h() ? decimals(*f.median_lead_h(), 1) : "–";
         },
         [](const PackFigures& f) { return decimals_range(f.median_lead_interval(), 1); }},
    Line{"tickets", [](const PackFigures& f) { return std::to_string(f.tickets.all()); },
         [](const PackFigures&) { return std::string(); }},
    Line{"… of them undecided",
         [](const PackFigures& f) { return std::to_string(f.tickets.undecided); },
         [](const PackFigures&) { return std::string(); }},
    Line{"tickets per 1,000 device-months",
         [](const PackFigures& f) { return f.load() ? decimals(*f.load(), 1) : "–"; },
         [](const PackFigures& f) { return decimals_range(f.load_interval(), 1); }},
};

void print_figures(Shell& shell, const Comparison& compared, bool two) {
    std::vector<Column> columns{
        {""}, {"new", Column::Align::right}, {"95 % interval", Column::Align::left}};
    if (two) {
        columns.push_back({"old", Column::Align::right});
        columns.push_back({"95 % interval", Column::Align::left});
    }
    Table table(columns);
    for (const Line& line : kLines) {
        std::vector<std::string> cells{line.name};
        for (const Pack which : {Comparison::kNew, Comparison::kOld}) {
            if (which == Comparison::kOld && !two) continue;
            cells.push_back(line.value(compared.figures(which)));
            cells.push_back(line.range(compared.figures(which)));
        }
        table.add(std::move(cells));
    }
    shell.out << table.text(shell.terminal);
}

void print_rules(Shell& shell, const Comparison& compared, bool two) {
    constexpr auto kRight = Column::Align::right;
    Table table({{"rule"}, {"right", kRight}, {"wrong", kRight}, {"undecided", kRight}});
    for (const Pack which : {Comparison::kNew, Comparison::kOld}) {
        if (which == Comparison::kOld && !two) continue;
        if (two) table.add_heading(which == Comparison::kNew ? "new" : "old");
        for (const auto& [rule, counts] : compared.figures(which).by_rule) {
            table.add({rule, std::to_string(counts.right), std::to_string(counts.wrong),
                       std::to_string(counts.undecided)});
        }
    }
    if (!table.empty()) shell.out << "\n" << table.text(shell.terminal);
}

void print_differing(Shell& shell, const Comparison& compared, std::size_t rows) {
    shell.out << "\nFailures found only by the new pack: "
              << compared.found_only_by(Comparison::kNew)
              << ", only by the old one: " << compared.found_only_by(Comparison::kOld) << "\n"
              << "Tickets that only one of them opens: " << compared.differing_count() << "\n";
    Table table({{"only in"},
                 {"device"},
                 {"component"},
                 {"opened"},
                 {"outcome"},
                 {"lead", Column::Align::right},
                 {"rule", Column::Align::left, true}});
    std::size_t shown = 0;
    for (const auto& [in_new, judged] : compared.differing()) {
        if (shown++ == rows) break;
        const Ticket& ticket = judged.made.ticket;
        table.add({in_new ? "new" : "old", ticket.device_id, ticket.component,
                   short_time(ticket.opened_at),
                   std::string(kFateWords[static_cast<std::size_t>(judged.fate)]),
                   judged.lead_h ? decimals(*judged.lead_h, 0) + " h" : "", ticket.rule});
    }
    if (table.empty()) return;
    shell.out << table.text(shell.terminal);
    if (compared.differing().size() > shown) {
        shell.err << "more with --list N, all with --json\n";
    }
}

Json counts_json(const TicketCounts& counts) {
    return {{"right_count", counts.right},
            {"wrong_count", counts.wrong},
            {"undecided_count", counts.undecided}};
}

Json figures_json(const RulePack& pack, const PackFigures& figures) {
    Json json = {{"pack", pack.id}, {"version", pack.version}};
    json["ticket_count"] = figures.tickets.all();
    json.update(counts_json(figures.tickets));
    json["failure_count"] = figures.failures;
    json["found_count"] = figures.found;
    json["device_days"] = figures.device_days;
    json["precision_ratio"] = or_null(figures.precision());
    json["precision_ratio_interval"] = json_of(figures.precision_interval());
    json["recall_ratio"] = or_null(figures.recall());
    json["recall_ratio_interval"] = json_of(figures.recall_interval());
    json["f1_ratio"] = or_null(figures.f1());
    json["median_lead_h"] = or_null(figures.median_lead_h());
    json["median_lead_h_interval"] = json_of(figures.median_lead_interval());
    json["tickets_per_1000_device_months"] = or_null(figures.load());
    json["tickets_per_1000_device_months_interval"] = json_of(figures.load_interval());
    json["rules"] = Json::array();
    for (const auto& [rule, counts] : figures.by_rule) {
        Json one = {{"rule", rule}};
        one.update(counts_json(counts));
        json["rules"].push_back(one);
    }
    return json;
}

void print_json(Shell& shell, const Comparison& compared, const RulePack& fresh,
                const RulePack* known) {
    Json json = {{"device_count", compared.devices()}};
    json["new"] = figures_json(fresh, compared.figures(Comparison::kNew));
    if (known != nullptr) {
        json["old"] = figures_json(*known, compared.figures(Comparison::kOld));
        json["found_only_by_new_count"] = compared.found_only_by(Comparison::kNew);
        json["found_only_by_old_count"] = compared.found_only_by(Comparison::kOld);
        json["differing_count"] = compared.differing_count();
        json["differing"] = Json::array();
        for (const auto& [in_new, judged] : compared.differing()) {
            const Ticket& ticket = judged.made.ticket;
            json["differing"].push_back(
                {{"only_in", in_new ? "new" : "old"},
                 {"device_id", ticket.device_id},
                 {"component", ticket.component},
                 {"failure_mode", ticket.failure_mode},
                 {"rule", ticket.rule},
                 {"opened_at", format_rfc3339(ticket.opened_at)},
                 {"outcome", kFateWords[static_cast<std::size_t>(judged.fate)]},
                 {"lead_h", or_null(judged.lead_h)}});
        }
    }
    shell.out << pretty_text(json);
}

/// A detector and where its pack came from.
struct LoadedPack {
    std::unique_ptr<Detector> detector;
    std::string name;
};

Result<LoadedPack> load_pack(const std::string& file, const Catalogue& catalogue) {
    const Result<RulePack> pack = load_rule_pack(file);
    if (!pack) return fail(pack.error());
    auto detector = Detector::create(*pack, catalogue);
    if (!detector) return fail(Errc::invalid, file + ": " + detector.error().message);
    return LoadedPack{std::move(*detector), file};
}

/// The pack that the first database among the sources keeps; null when there is none.
Result<LoadedPack> pack_in_force(const Sources& sources) {
    for (const std::string& path : sources.databases()) {
        auto known = kept_knowledge(path);
        if (!known) return fail(known.error());
        if (known->pack.rules.empty()) continue;
        auto detector = Detector::create(known->pack, sources.catalogue);
        if (!detector) return fail(detector.error().within("rule pack in " + path));
        return LoadedPack{std::move(*detector), path};
    }
    return LoadedPack{};
}

void backtest_packs(Shell& shell, const BacktestRequest& request) {
    const auto warm_up = parse_duration(request.warm_up);
    if (!warm_up) return shell.fail(Exit::usage, "--warm-up: " + warm_up.error().message);
    if (request.sources.empty()) {
        return shell.fail(Exit::usage, "--history FOLDER or --db FILE says over what; see --help");
    }
    const auto sources = open_sources(shell, request.sources, request.catalogue_file);
    if (!sources) return shell.fail(sources.error());
    const auto fresh = load_pack(request.rules, sources->catalogue);
    if (!fresh) return shell.fail(Exit::config, fresh.error().message);
    const auto known = request.against.empty() ? pack_in_force(*sources)
                                               : load_pack(request.against, sources->catalogue);
    if (!known) return shell.fail(Exit::config, known.error().message);
    const Detector* old_pack = known->detector.get();
    JudgeSpan span{.warm_up = *warm_up};
    if (request.from) span.from = *request.from;
    if (request.to) span.to = *request.to;
    Comparison compared(*fresh->detector, old_pack,
                        request.with_shadow ? Opening::as_live : Opening::in_product, span);
    const Status read = for_each_device(*sources, [&](DeviceHistory&& history) -> Status {
        compared.add(history);
        return {};
    });
    if (!read) return shell.fail(read.error());
    if (request.json) {
        return print_json(shell, compared, fresh->detector->pack(),
                          old_pack == nullptr ? nullptr : &old_pack->pack());
    }
    shell.out << compared.devices() << " devices; new: " << fresh->name
              << (old_pack == nullptr ? "" : ", old: " + known->name) << "\n";
    print_figures(shell, compared, old_pack != nullptr);
    print_rules(shell, compared, old_pack != nullptr);
    if (old_pack != nullptr) print_differing(shell, compared, request.list);
}

}  // namespace

void add_backtest_command(CLI::App& rules, Shell& shell) {
    auto request = std::make_shared<BacktestRequest>();
    CLI::App* command = rules.add_subcommand(
        "backtest", "What a rule pack would have done over recorded telemetry, beside another one");
    command->add_option("--rules", request->rules, "The new rule pack (TOML)")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--against", request->against,
                     "The old rule pack; default: the one that a database keeps")
        ->type_name("FILE");
    add_sources_option(*command, request->sources);
    add_catalogue_option(*command, request->catalogue_file);
    add_moment_option(*command, "--from", request->from, "Only tickets and failures from here on");
    add_moment_option(*command, "--to", request->to, "… and up to here");
    command
        ->add_option("--warm-up", request->warm_up,
                     "Failures in a device's first time do not count")
        ->capture_default_str()
        ->type_name("TIME");
    command->add_flag("--with-shadow", request->with_shadow,
                      "Shadow rules, notices and self-tests as if they opened tickets too");
    command->add_option("--list", request->list, "So many of the differing tickets")
        ->capture_default_str()
        ->type_name("N");
    command->add_flag("--json", request->json, "One JSON object, with all differing tickets");
    add_example(*command,
                "aftercare-collector rules backtest --rules new.toml --against old.toml --db "
                "collector.db");
    command->callback([request, &shell] { backtest_packs(shell, *request); });
}

}  // namespace aftercare::collector
