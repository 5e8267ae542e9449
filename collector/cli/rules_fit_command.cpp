// rules fit: a rule pack learned from what a fleet lived through.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/figure_text.hpp"
#include "collector/cli/histories.hpp"
#include "collector/cli/options.hpp"
#include "collector/core/learn/fit/families.hpp"
#include "collector/core/learn/fit/validate.hpp"
#include "collector/core/learn/survival/weibull.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "collector/io/toml/table_reader.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

struct FitRequest {
    std::vector<std::string> sources;
    std::string out, catalogue_file, pack_id = "learned", horizon;
    double precision_floor = 0.3;
    std::uint32_t folds = 10;
    bool json = false;
};

/// What was learned from one family of appliances, or from all at once where nobody says which
/// they are.
struct Learned {
    Family family;  ///< without models: all
    Fit fit;
    std::optional<Validation> by_devices, by_time;
    std::vector<std::string> lives;  ///< in words
    Json lives_json = Json::array();
};

std::string interval(const Share& share) {
    return percent_range(Interval{share.low, share.high});
}

std::string remark(const FittedRule& fitted) {
    const TrialTally& tally = fitted.trigger.trigger.tally;
    std::string text = "Expected: precision " + percent(fitted.precision.mean) + " (" +
                       interval(fitted.precision) + "), recall " + percent(fitted.recall.mean) +
                       " (" + interval(fitted.recall) + "); 80 % intervals.\n";
    text += "Seen: the codes alone were right " + std::to_string(tally.right) + " times, wrong " +
            std::to_string(tally.wrong) + " times, undecided " + std::to_string(tally.censored) +
            " times; " + std::to_string(tally.missed) + " failures came without them.";
    const DriftFilter& filter = fitted.filter;
    if (!filter.any_of.empty()) {
        text += "\nThe drift was there before " + std::to_string(filter.hits) + " of " +
                std::to_string(filter.seen) + " failures under telemetry, and at " +
                percent(filter.chance) + " of other moments.";
    }
    if (filter.provisional) {
        text +=
            "\nPROVISIONAL: this component hardly failed under telemetry; the metric is what other "
            "components left over.";
    }
    if (fitted.failures < kFailuresEnough) {
        text += "\nTOO LITTLE: " + std::to_string(fitted.failures) +
                " failures of this component; its figures lean on priors.";
    }
    if (fitted.rule.mode == RuleMode::shadow) {
        text += "\nIn shadow: its precision may be below the floor.";
    }
    return text;
}

std::string judged_text(const Validation& judged, const std::string& how) {
    return "Judged on " + how + ": precision " + percent(judged.precision().mean) + " (" +
           interval(judged.precision()) + "), recall " + percent(judged.recall().mean) + " (" +
           interval(judged.recall()) + "); 80 % intervals.\n";
}

std::string devices_text(const Validation& judged) {
    return "devices left out (" + std::to_string(judged.parts) + " groups)";
}
constexpr const char* kByTime = "later time (learned from 40, 60, 80 % of it)";

/// Counted over all families.
Learned sum_of(const std::vector<Learned>& families) {
    Learned whole;
    for (const Learned& one : families) {
        append(one.fit, one.family, whole.fit);
        for (const auto member : {&Learned::by_devices, &Learned::by_time}) {
            if (!(one.*member)) continue;
            if (!(whole.*member)) (whole.*member).emplace();
            merge(*(one.*member), *(whole.*member));
        }
        whole.lives.insert(whole.lives.end(), one.lives.begin(), one.lives.end());
        for (const Json& life : one.lives_json) whole.lives_json.push_back(life);
    }
    return whole;
}

std::string pack_text(const Learned& learned, const std::vector<History>& histories) {
    PackComments comments;
    comments.head = "Learned by `aftercare-collector rules fit` from:\n";
    for (const History& history : histories) {
        const auto folder = std::filesystem::path(history.name).lexically_normal();
        comments.head += "  " + folder.filename().string() + ": " +
                         std::to_string(history.devices.size()) + " devices, " +
                         std::to_string(history.readings.size()) + " readings, " +
                         std::to_string(history.faults.size()) + " faults, " +
                         std::to_string(history.outcomes.size()) + " outcomes\n";
    }
    if (learned.by_devices) {
        comments.head += judged_text(*learned.by_devices, devices_text(*learned.by_devices));
    }
    if (learned.by_time) comments.head += judged_text(*learned.by_time, kByTime);
    for (const LeftOut& one : learned.fit.left_out) {
        comments.head += "No rule for " + one.component + ": " + one.reason + ".\n";
    }
    for (const FittedRule& fitted : learned.fit.rules) comments.rules.push_back(remark(fitted));
    return rule_pack_to_toml(learned.fit.pack, comments);
}

void print_judged(Shell& shell, const Validation& judged, const std::string& how) {
    const PackFigures& figures = judged.figures;
    const TicketCounts& tickets = figures.tickets;
    shell.out << "Judged on " << how << ": precision " << tickets.right << " of "
              << tickets.right + tickets.wrong << " (" << interval(judged.precision())
              << "), recall " << figures.found << " of " << figures.failures << " ("
              << interval(judged.recall()) << ")"
              << (figures.f1() ? ", F1 " + decimals(*figures.f1(), 3) : "")
              << (figures.median_lead_h()
                      ? ", median lead " + decimals(*figures.median_lead_h(), 0) + " h"
                      : "")
              << "\n";
}

void print_table(Shell& shell, const Learned& learned) {
    const Fit& fit = learned.fit;
    constexpr auto kRight = Column::Align::right;
    Table table({{"rule"},
                 {"horizon", kRight},
                 {"precision", kRight},
                 {"80 % interval"},
                 {"recall", kRight},
                 {"80 % interval"},
                 {"mode"},
                 {"in words", Column::Align::left, true}});
    for (const FittedRule& fitted : fit.rules) {
        table.add({fitted.rule.id, format_duration(fitted.rule.horizon),
                   percent(fitted.precision.mean), interval(fitted.precision),
                   percent(fitted.recall.mean), interval(fitted.recall),
                   fitted.rule.mode == RuleMode::shadow ? "shadow"
                   : fitted.filter.provisional          ? "provisional"
                                                        : "live",
                   fitted.rule.title});
    }
    shell.out << table.text(shell.terminal);
    for (const LeftOut& one : fit.left_out) {
        shell.out << "no rule for " << one.component << ": " << one.reason << "\n";
    }
    for (const FittedRule& fitted : fit.rules) {
        if (fitted.failures >= kFailuresEnough) continue;
        shell.out << "too little for " << fitted.rule.component << ": " << fitted.failures
                  << " failures; its figures lean on priors\n";
    }
    if (learned.by_devices) {
        print_judged(shell, *learned.by_devices, devices_text(*learned.by_devices));
    }
    if (learned.by_time) print_judged(shell, *learned.by_time, kByTime);
    for (const std::string& life : learned.lives) shell.out << life << "\n";
}

std::string rounded(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

/// What age alone says about each component, beside the rules.
void tell_lives(const Fleet& fleet, Learned& learned) {
    for (const std::string& component : fleet.components) {
        const auto life = fit_life(fleet, component);
        if (!life) {
            learned.lives.push_back("no life model: " + life.error().message);
            learned.lives_json.push_back(
                {{"component", component}, {"too_little", life.error().message}});
            continue;
        }
        const Weibull& weibull = life->weibull;
        const Interval shape = weibull.shape_interval(), scale = weibull.scale_interval();
        learned.lives.push_back("life of " + component + ": shape " + rounded(weibull.shape) +
                                " (" + rounded(shape.low) + " … " + rounded(shape.high) +
                                "), scale " + rounded(weibull.scale_h / 24) + " days; " +
                                std::to_string(weibull.failures) + " failures in " +
                                std::to_string(weibull.lives) + " lives; " +
                                (shape.low > 1    ? "it wears"
                                 : shape.high < 1 ? "it fails early or lasts"
                                                  : "age says little"));
        learned.lives_json.push_back({{"component", component},
                                      {"clock", "age"},
                                      {"shape", weibull.shape},
                                      {"shape_interval", {shape.low, shape.high}},
                                      {"scale_h", weibull.scale_h},
                                      {"scale_h_interval", {scale.low, scale.high}},
                                      {"failure_count", weibull.failures},
                                      {"life_count", weibull.lives}});
    }
}

Json share_json(const Share& one) {
    return {{"mean", one.mean}, {"low", one.low}, {"high", one.high}};
}

/// `parts` is called what it counts.
Json validation_json(const Validation& judged, const char* parts) {
    const PackFigures& figures = judged.figures;
    const TicketCounts& tickets = figures.tickets;
    Json json = {{parts, judged.parts},
                 {"tickets", tickets.right + tickets.wrong},
                 {"right", tickets.right},
                 {"undecided", tickets.undecided},
                 {"failures", figures.failures},
                 {"found", figures.found},
                 {"precision", share_json(judged.precision())},
                 {"recall", share_json(judged.recall())}};
    json["median_lead_h"] = or_null(figures.median_lead_h());
    return json;
}

void print_json(Shell& shell, const Learned& learned) {
    const Fit& fit = learned.fit;
    Json json;
    json["rules"] = Json::array();
    for (const FittedRule& fitted : fit.rules) {
        const TrialTally& tally = fitted.trigger.trigger.tally;
        json["rules"].push_back({{"id", fitted.rule.id},
                                 {"title", fitted.rule.title},
                                 {"component", fitted.rule.component},
                                 {"horizon_h", as_hours(fitted.rule.horizon)},
                                 {"precision", share_json(fitted.precision)},
                                 {"recall", share_json(fitted.recall)},
                                 {"failures", fitted.failures},
                                 {"too_little", fitted.failures < kFailuresEnough},
                                 {"provisional", fitted.filter.provisional},
                                 {"shadow", fitted.rule.mode == RuleMode::shadow},
                                 {"trigger",
                                  {{"right", tally.right},
                                   {"wrong", tally.wrong},
                                   {"undecided", tally.censored},
                                   {"missed", tally.missed}}}});
    }
    json["lives"] = learned.lives_json;
    json["left_out"] = Json::array();
    for (const LeftOut& one : fit.left_out) {
        json["left_out"].push_back({{"component", one.component}, {"reason", one.reason}});
    }
    if (learned.by_devices) json["validation"] = validation_json(*learned.by_devices, "folds");
    if (learned.by_time)
        json["validation_by_time"] = validation_json(*learned.by_time, "stretches");
    shell.out << pretty_text(json);
}

Result<Learned> learn(Shell& shell, const Family& family, std::span<const History> histories,
                      const Catalogue& catalogue, const FitOptions& options, std::uint32_t folds) {
    const Fleet fleet = assemble(histories);
    Learned learned{.family = family, .fit = fit_rules(fleet, options)};
    tell_lives(fleet, learned);
    if (folds < 2 || learned.fit.pack.rules.empty()) return learned;
    const std::string of = family.name.empty() ? "" : family.name + ": ";
    auto by_devices = validate_by_devices(
        fleet, catalogue, options, folds, [&](std::uint32_t done, std::uint32_t all) {
            shell.err << of << "judging on devices left out: " << done << " of " << all << "\n";
        });
    if (!by_devices) return fail(by_devices.error());
    learned.by_devices = std::move(*by_devices);
    auto by_time =
        validate_by_time(fleet, catalogue, options, [&](std::uint32_t done, std::uint32_t all) {
            shell.err << of << "judging on later time: " << done << " of " << all << "\n";
        });
    if (!by_time) return fail(by_time.error());
    learned.by_time = std::move(*by_time);
    return learned;
}

/// One family after the other where a maker's catalogue says which there are.
Result<std::vector<Learned>> learn_all(Shell& shell, const std::vector<History>& histories,
                                       const Sources& sources, const FitOptions& options,
                                       std::uint32_t folds) {
    std::vector<Learned> all;
    if (!sources.real_catalogue) {
        auto learned = learn(shell, {}, histories, sources.catalogue, options, folds);
        if (!learned) return fail(learned.error());
        all.push_back(std::move(*learned));
        return all;
    }
    for (const Family& family : families_of(histories, sources.catalogue)) {
        const std::vector<History> own = of_family(histories, family);
        auto learned = learn(shell, family, own, sources.catalogue,
                             options_for(family, own, sources.catalogue, options), folds);
        if (!learned) return fail(learned.error());
        all.push_back(std::move(*learned));
    }
    return all;
}

void fit(Shell& shell, const FitRequest& request) {
    FitOptions options{.pack_id = request.pack_id, .precision_floor = request.precision_floor};
    if (!request.horizon.empty()) {
        const auto horizon = parse_duration(request.horizon);
        if (!horizon) return shell.fail(Exit::usage, "--horizon: " + horizon.error().message);
        options.horizons = {*horizon};
    }
    auto sources = open_sources(shell, request.sources, request.catalogue_file);
    if (!sources) return shell.fail(sources.error());
    const auto histories = read_histories(*sources);
    if (!histories) return shell.fail(histories.error());
    const auto families = learn_all(shell, *histories, *sources, options, request.folds);
    if (!families) return shell.fail(families.error());
    const Learned learned = sum_of(*families);
    if (request.json) {
        print_json(shell, learned);
    } else {
        print_table(shell, learned);
    }
    if (learned.fit.pack.rules.empty()) {
        return shell.fail(Exit::data,
                          "too little to learn from: no rule; " + request.out + " is not written");
    }
    const Status written = write_text_file(request.out, pack_text(learned, *histories));
    if (!written) return shell.fail(Exit::io, written.error().message);
    shell.err << request.out << ": " << learned.fit.pack.rules.size() << " rules\n";
}

}  // namespace

void add_fit_command(CLI::App& rules, Shell& shell) {
    auto request = std::make_shared<FitRequest>();
    CLI::App* command = rules.add_subcommand(
        "fit", "Learn a rule pack from recorded fleets: telemetry, faults and outcomes");
    add_sources_option(*command, request->sources, "may differ")->required();
    add_catalogue_option(*command, request->catalogue_file,
                         "Default: the one that a database keeps. With one, each family of "
                         "appliances learns by itself, and rules name its failure modes");
    command->add_option("--out", request->out, "Rule pack to write (TOML)")
        ->required()
        ->type_name("FILE");
    command->add_option("--id", request->pack_id, "Name of the pack");
    command->add_option("--horizon", request->horizon, "Fixed horizon; default: learned")
        ->type_name("TIME");
    command
        ->add_option("--precision-floor", request->precision_floor,
                     "Rules that may be less precise begin in shadow")
        ->check(CLI::Range(0.0, 1.0));
    command->add_option(
        "--folds", request->folds,
        "Groups of devices left out in turn to judge the pack, and stretches of time with "
        "them; 0 = do not judge");
    command->add_flag("--json", request->json, "One JSON object");
    add_example(*command,
                "aftercare-collector rules fit --history fleet_2025 --history errors_2024 --out "
                "pack.toml");
    command->callback([request, &shell] { fit(shell, *request); });
}

}  // namespace aftercare::collector
