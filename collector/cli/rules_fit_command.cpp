// rules fit: a rule pack learned from what a fleet lived through.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/histories.hpp"
#include "collector/cli/options.hpp"
#include "collector/core/learn/fit/validate.hpp"
#include "collector/core/learn/survival/weibull.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "collector/io/toml/table_reader.hpp"
#include "collector/io/trace/trace.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

struct FitRequest {
    std::vector<std::string> histories;
    std::string out, catalogue_file, pack_id = "learned", horizon;
    double precision_floor = 0.3;
    std::uint32_t folds = 10;
    bool json = false;
};

std::string percent(double share) {
    return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}
std::string interval(const Share& share) {
    return percent(share.low) + " … " + percent(share.high);
}

/// Every model of any history with all the names of all of them.
Catalogue common_catalogue(const std::vector<History>& histories) {
    History all;
    for (const History& one : histories) {
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
    if (fitted.rule.mode == RuleMode::shadow) {
        text += "\nIn shadow: its precision may be below the floor.";
    }
    return text;
}

std::string pack_text(const Fit& fit, const std::vector<History>& histories,
                      const std::optional<Validation>& validation) {
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
    if (validation) {
        comments.head += "Judged on devices left out (" + std::to_string(validation->folds) +
                         " groups): precision " + percent(validation->precision.mean) + " (" +
                         interval(validation->precision) + "), recall " +
                         percent(validation->recall.mean) + " (" + interval(validation->recall) +
                         "); 80 % intervals.\n";
    }
    for (const LeftOut& one : fit.left_out) {
        comments.head += "No rule for " + one.component + ": " + one.reason + ".\n";
    }
    for (const FittedRule& fitted : fit.rules) comments.rules.push_back(remark(fitted));
    return rule_pack_to_toml(fit.pack, comments);
}

void print_table(Shell& shell, const Fit& fit, const std::optional<Validation>& validation) {
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
    if (!validation) return;
    const Score& score = validation->score;
    shell.out << "Judged on devices left out (" << validation->folds << " groups): precision "
              << score.right << " of " << score.tickets << " (" << interval(validation->precision)
              << "), recall " << score.found << " of " << score.failures << " ("
              << interval(validation->recall) << ")"
              << (score.f1 ? ", F1 " + std::to_string(*score.f1).substr(0, 5) : "") << "\n";
}

std::string rounded(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

/// What age alone says about each component, beside the rules.
void print_lives(Shell& shell, const Fleet& fleet) {
    for (const std::string& component : fleet.components) {
        const auto life = fit_life(fleet, component);
        if (!life) {
            shell.out << "no life model: " << life.error().message << "\n";
            continue;
        }
        const Weibull& weibull = life->weibull;
        const Interval shape = weibull.shape_interval();
        shell.out << "life of " << component << ": shape " << rounded(weibull.shape) << " ("
                  << rounded(shape.low) << " … " << rounded(shape.high) << "), scale "
                  << rounded(weibull.scale_h / 24) << " days; " << weibull.failures
                  << " failures in " << weibull.lives << " lives; "
                  << (shape.low > 1    ? "it wears"
                      : shape.high < 1 ? "it fails early or lasts"
                                       : "age says little")
                  << "\n";
    }
}

Json lives_json(const Fleet& fleet) {
    Json lives = Json::array();
    for (const std::string& component : fleet.components) {
        const auto life = fit_life(fleet, component);
        if (!life) {
            lives.push_back({{"component", component}, {"too_little", life.error().message}});
            continue;
        }
        const Interval shape = life->weibull.shape_interval();
        const Interval scale = life->weibull.scale_interval();
        lives.push_back({{"component", component},
                         {"clock", "age"},
                         {"shape", life->weibull.shape},
                         {"shape_interval", {shape.low, shape.high}},
                         {"scale_h", life->weibull.scale_h},
                         {"scale_h_interval", {scale.low, scale.high}},
                         {"failure_count", life->weibull.failures},
                         {"life_count", life->weibull.lives}});
    }
    return lives;
}

void print_json(Shell& shell, const Fit& fit, const std::optional<Validation>& validation,
                const Fleet& fleet) {
    const auto share = [](const Share& one) {
        return Json{{"mean", one.mean}, {"low", one.low}, {"high", one.high}};
    };
    Json json;
    json["rules"] = Json::array();
    for (const FittedRule& fitted : fit.rules) {
        const TrialTally& tally = fitted.trigger.trigger.tally;
        json["rules"].push_back({{"id", fitted.rule.id},
                                 {"title", fitted.rule.title},
                                 {"component", fitted.rule.component},
                                 {"horizon_h", as_hours(fitted.rule.horizon)},
                                 {"precision", share(fitted.precision)},
                                 {"recall", share(fitted.recall)},
                                 {"provisional", fitted.filter.provisional},
                                 {"shadow", fitted.rule.mode == RuleMode::shadow},
                                 {"trigger",
                                  {{"right", tally.right},
                                   {"wrong", tally.wrong},
                                   {"undecided", tally.censored},
                                   {"missed", tally.missed}}}});
    }
    json["lives"] = lives_json(fleet);
    json["left_out"] = Json::array();
    for (const LeftOut& one : fit.left_out) {
        json["left_out"].push_back({{"component", one.component}, {"reason", one.reason}});
    }
    if (validation) {
        const Score& score = validation->score;
        json["validation"] = {{"folds", validation->folds},
                              {"tickets", score.tickets},
                              {"right", score.right},
                              {"failures", score.failures},
                              {"found", score.found},
                              {"precision", share(validation->precision)},
                              {"recall", share(validation->recall)}};
    }
    shell.out << pretty_text(json);
}

void fit(Shell& shell, const FitRequest& request) {
    FitOptions options{.pack_id = request.pack_id, .precision_floor = request.precision_floor};
    if (!request.horizon.empty()) {
        const auto horizon = parse_duration(request.horizon);
        if (!horizon) return shell.fail(Exit::usage, "--horizon: " + horizon.error().message);
        options.horizons = {*horizon};
    }
    const auto histories = read_histories(shell, request.histories);
    if (!histories) return shell.fail(Exit::data, histories.error().message);
    const Catalogue catalogue = common_catalogue(*histories);
    const Fleet fleet = assemble(*histories);
    const Fit learned = fit_rules(fleet, options);
    std::optional<Validation> validation;
    if (request.folds > 1 && !learned.pack.rules.empty()) {
        auto judged = validate_by_devices(
            fleet, catalogue, options, request.folds, [&](std::uint32_t done, std::uint32_t all) {
                shell.err << "judging on devices left out: " << done << " of " << all << "\n";
            });
        if (!judged) return shell.fail(Exit::data, judged.error().message);
        validation = *judged;
    }
    if (request.json) {
        print_json(shell, learned, validation, fleet);
    } else {
        print_table(shell, learned, validation);
        print_lives(shell, fleet);
    }
    if (learned.pack.rules.empty()) {
        return shell.fail(Exit::data,
                          "too little to learn from: no rule; " + request.out + " is not written");
    }
    const Status written = write_text_file(request.out, pack_text(learned, *histories, validation));
    if (!written) return shell.fail(Exit::io, written.error().message);
    shell.err << request.out << ": " << learned.pack.rules.size() << " rules\n";
}

}  // namespace

void add_fit_command(CLI::App& rules, Shell& shell) {
    auto request = std::make_shared<FitRequest>();
    CLI::App* command = rules.add_subcommand(
        "fit", "Learn a rule pack from recorded fleets: telemetry, faults and outcomes");
    command->add_option("--history", request->histories, "Trace folder; several may differ")
        ->required()
        ->type_name("FOLDER");
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
    command->add_option("--folds", request->folds,
                        "Groups of devices left out in turn to judge the pack; 0 = do not judge");
    command->add_flag("--json", request->json, "One JSON object");
    add_example(*command,
                "aftercare-collector rules fit --history fleet_2025 --history errors_2024 --out "
                "pack.toml");
    command->callback([request, &shell] { fit(shell, *request); });
}

}  // namespace aftercare::collector
