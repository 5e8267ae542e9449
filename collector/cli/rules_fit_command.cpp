// rules fit: a rule pack learned from what a fleet lived through.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/figure_text.hpp"
#include "collector/cli/fit_judgement.hpp"
#include "collector/cli/histories.hpp"
#include "collector/cli/options.hpp"
#include "collector/core/learn/fit/families.hpp"
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
    std::string outcomes_lost;
    OutcomesLost lost;
    bool json = false;
};

/// What was learned from one family of appliances, or from all at once where nobody says which
/// they are.
struct Learned {
    Family family;  ///< without models: all
    Fit fit;
    Judgements judged;
    std::vector<std::string> lives;  ///< in words
    Json lives_json = Json::array();
};

std::string remark(const FittedRule& fitted) {
    const TrialTally& tally = fitted.trigger.trigger.tally;
    std::string text = "Expected: precision " + percent(fitted.precision.mean) + " (" +
                       share_range(fitted.precision) + "), recall " + percent(fitted.recall.mean) +
                       " (" + share_range(fitted.recall) + "); 80 % intervals.\n";
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

/// Counted over all families.
Learned sum_of(const std::vector<Learned>& families) {
    Learned whole;
    for (const Learned& one : families) {
        append(one.fit, one.family, whole.fit);
        merge(one.judged, whole.judged);
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
    comments.head += judgement_comment(learned.judged);
    for (const LeftOut& one : learned.fit.left_out) {
        comments.head += "No rule for " + one.component + ": " + one.reason + ".\n";
    }
    for (const FittedRule& fitted : learned.fit.rules) comments.rules.push_back(remark(fitted));
    return rule_pack_to_toml(learned.fit.pack, comments);
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
                   percent(fitted.precision.mean), share_range(fitted.precision),
                   percent(fitted.recall.mean), share_range(fitted.recall),
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
    shell.out << judgement_text(learned.judged);
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
    add_judgement(learned.judged, json);
    shell.out << pretty_text(json);
}

/// Judges on what was left out, as far as the request wants it.
Status judge_unseen(Shell& shell, const Fleet& fleet, const Catalogue& catalogue,
                    const FitOptions& options, const FitRequest& request, Learned& learned) {
    const std::string of = learned.family.name.empty() ? "" : learned.family.name + ": ";
    const auto tell = [&](const char* what) {
        return [&shell, of, what](std::uint32_t done, std::uint32_t all) {
            shell.err << of << "judging " << what << ": " << done << " of " << all << "\n";
        };
    };
    auto by_devices =
        validate_by_devices(fleet, catalogue, options, request.folds, tell("on devices left out"));
    if (!by_devices) return fail(by_devices.error());
    learned.judged.by_devices = std::move(*by_devices);
    if (request.lost.share > 0) {
        learned.judged.lost = request.lost;
        auto draws = validate_with_outcomes_lost(fleet, catalogue, options, request.folds,
                                                 request.lost, tell("with outcomes lost"));
        if (!draws) return fail(draws.error());
        learned.judged.with_outcomes_lost = std::move(*draws);
    }
    auto by_time = validate_by_time(fleet, catalogue, options, tell("on later time"));
    if (!by_time) return fail(by_time.error());
    learned.judged.by_time = std::move(*by_time);
    return {};
}

Result<Learned> learn(Shell& shell, const Family& family, std::span<const History> histories,
                      const Catalogue& catalogue, const FitOptions& options,
                      const FitRequest& request) {
    const Fleet fleet = assemble(histories);
    Learned learned{.family = family, .fit = fit_rules(fleet, options)};
    tell_lives(fleet, learned);
    if (request.folds < 2 || learned.fit.pack.rules.empty()) return learned;
    const Status judged = judge_unseen(shell, fleet, catalogue, options, request, learned);
    if (!judged) return fail(judged.error());
    return learned;
}

/// One family after the other where a maker's catalogue says which there are.
Result<std::vector<Learned>> learn_all(Shell& shell, const std::vector<History>& histories,
                                       const Sources& sources, const FitOptions& options,
                                       const FitRequest& request) {
    std::vector<Learned> all;
    if (!sources.real_catalogue) {
        auto learned = learn(shell, {}, histories, sources.catalogue, options, request);
        if (!learned) return fail(learned.error());
        all.push_back(std::move(*learned));
        return all;
    }
    for (const Family& family : families_of(histories, sources.catalogue)) {
        const std::vector<History> own = of_family(histories, family);
        auto learned = learn(shell, family, own, sources.catalogue,
                             options_for(family, own, sources.catalogue, options), request);
        if (!learned) return fail(learned.error());
        all.push_back(std::move(*learned));
    }
    return all;
}

void fit(Shell& shell, FitRequest& request) {
    FitOptions options{.pack_id = request.pack_id, .precision_floor = request.precision_floor};
    if (!request.horizon.empty()) {
        const auto horizon = parse_duration(request.horizon);
        if (!horizon) return shell.fail(Exit::usage, "--horizon: " + horizon.error().message);
        options.horizons = {*horizon};
    }
    if (!request.outcomes_lost.empty()) {
        const auto share = parse_share(request.outcomes_lost);
        if (!share) return shell.fail(Exit::usage, "--outcomes-lost " + share.error().message);
        if (request.folds < 2) {
            return shell.fail(Exit::usage,
                              "--outcomes-lost judges on devices left out: --folds 2 "
                              "or more is needed");
        }
        request.lost.share = *share;
    }
    auto sources = open_sources(shell, request.sources, request.catalogue_file);
    if (!sources) return shell.fail(sources.error());
    const auto histories = read_histories(*sources);
    if (!histories) return shell.fail(histories.error());
    const auto families = learn_all(shell, *histories, *sources, options, request);
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
    command
        ->add_option("--outcomes-lost", request->outcomes_lost,
                     "Judge with such a share of the outcomes, as 30%, never reported too")
        ->type_name("SHARE");
    command->add_option("--draws", request->lost.draws, "… so many times, other outcomes each time")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    command->add_option("--seed", request->lost.seed, "… begun with this seed")
        ->capture_default_str();
    command->add_flag("--json", request->json, "One JSON object");
    add_example(*command,
                "aftercare-collector rules fit --history fleet_2025 --history errors_2024 --out "
                "pack.toml");
    command->callback([request, &shell] { fit(shell, *request); });
}

}  // namespace aftercare::collector
