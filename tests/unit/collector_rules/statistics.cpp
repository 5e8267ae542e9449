#include "tests/unit/collector_rules/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>

#include "collector/core/learn/calibration/rule_report.hpp"
#include "common/rng.hpp"
#include "tests/unit/collector_core/station.hpp"

namespace aftercare::collector::testing {
namespace {

constexpr std::size_t kModels = 3, kRules = 5, kDevicesPerModel = 40, kEpisodesPerRule = 5;
constexpr double kReported = 0.7;  ///< of what happens; the rest is declined or never told
constexpr double kSpacingH = 24.0 * 30;

std::string numbered(const char* name, std::size_t no) {
    return name + std::to_string(no);
}

struct Truth {
    std::array<std::array<double, kModels>, kRules> precision{};
    std::array<double, kRules> recall{};
};

/// Precisions of one rule differ between models by a tenth or so; the pack is off by as much.
Truth draw_truth(Rng& rng, RulePack& pack) {
    Truth truth;
    for (std::size_t r = 0; r < kRules; ++r) {
        const double mean = rng.uniform(0.3, 0.9);
        for (double& p : truth.precision[r]) {
            p = std::clamp(mean + rng.normal(0, 0.08), 0.05, 0.97);
        }
        truth.recall[r] = rng.uniform(0.4, 0.95);
        Rule rule{.id = numbered("rule", r)};
        rule.component = numbered("part", r);
        rule.failure_mode = numbered("mode", r);
        rule.horizon = hours_ms(48);
        rule.probability = std::clamp(mean + rng.normal(0, 0.1), 0.05, 0.97);
        rule.precision_floor = 0;
        pack.rules.push_back(rule);
    }
    return truth;
}

Catalogue three_models() {
    Catalogue catalogue;
    for (std::size_t m = 0; m < kModels; ++m) {
        ModelInfo& model = catalogue.models.emplace_back();
        model.id = numbered("M", m);
        for (std::uint32_t r = 0; r < kRules; ++r) {
            model.components.push_back({r + 1, numbered("part", r)});
            model.faults.push_back({.id = r + 1, .name = numbered("E", r)});
            model.failure_modes.push_back(
                {.id = numbered("mode", r), .component = numbered("part", r)});
        }
    }
    return catalogue;
}

/// Something that happens to one part at one time.
struct Episode {
    double hour = 0;
    std::size_t device = 0, rule = 0;
    bool detected = false, failure = false, reported = false;
};

class FleetRun {
  public:
    explicit FleetRun(std::uint64_t seed) : rng_(seed), truth_(draw_truth(rng_, pack_)) {
        detector_ = std::move(*Detector::create(pack_, catalogue_));
        Settings settings;
        settings.tenants = {"brand"};
        settings.notices = false;
        engine_ = std::move(*Engine::create(settings, catalogue_, *detector_, {}));
        for (std::size_t d = 0; d < kModels * kDevicesPerModel; ++d) {
            fleet_.emplace_back().id = numbered("d", d);
            DeviceInfo info{.tenant = "brand"};
            info.device_id = fleet_.back().id;
            info.model = numbered("M", d % kModels);
            command(RegisterDevice{info}, 0);
        }
    }

    RuleReport live() {
        const std::vector<Episode> episodes = draw_episodes();
        for (const Episode& episode : episodes) {
            if (episode.detected) detect(episode);
            // A failure between its detection and the visit that tells of it.
            if (episode.failure || episode.detected) tell(episode);
        }
        tick(episodes.back().hour + 24.0 * 60);
        KpiRows rows;
        for (auto& [no, device] : devices_) rows.devices.push_back(device);
        for (auto& [id, ticket] : tickets_) rows.tickets.push_back(ticket);
        rows.state_events = events_;
        rows.outcomes = outcomes_;
        return rule_report(pack_, rows, {}, {}, {});
    }
    [[nodiscard]] const Truth& truth() const { return truth_; }

  private:
    std::vector<Episode> draw_episodes() {
        std::vector<Episode> all;
        for (std::size_t d = 0; d < fleet_.size(); ++d) {
            for (std::size_t r = 0; r < kRules; ++r) {
                const double p = truth_.precision[r][d % kModels], found = truth_.recall[r];
                const double failures = p / (p + found * (1 - p));
                for (std::size_t e = 0; e < kEpisodesPerRule; ++e) {
                    Episode one{.device = d, .rule = r};
                    one.hour = kSpacingH * (static_cast<double>(e) + rng_.uniform(0.1, 0.8));
                    one.failure = rng_.chance(failures);
                    one.detected = !one.failure || rng_.chance(found);
                    one.reported = rng_.chance(kReported);
                    all.push_back(one);
                }
            }
        }
        std::sort(all.begin(), all.end(),
                  [](const Episode& a, const Episode& b) { return a.hour < b.hour; });
        return all;
    }

    void detect(const Episode& episode) {
        Appliance& device = fleet_[episode.device];
        const WallTime at = at_h(episode.hour);
        const auto code = static_cast<std::uint32_t>(episode.rule + 1);
        Report report = device.report(at, {device.fault(at, code)});
        const std::string model = numbered("M", episode.device % kModels);
        report.header.model = std::string_view{model};
        engine_->on_report("brand", device.id, report, "bytes", now(episode.hour), commit_);
        take();
    }

    void tell(const Episode& episode) {
        Outcome said{.id = numbered("o", outcomes_.size()), .tenant = "brand"};
        said.device_id = fleet_[episode.device].id;
        said.at = at_h(episode.hour + 1);
        said.component = numbered("part", episode.rule);
        if (!episode.reported) {
            // Half of them say no to the visit, of the others nobody hears again.
            if (!episode.detected || rng_.chance(0.5)) return;
            said.code = OutcomeCode::customer_declined;
        } else if (episode.failure) {
            said.code = OutcomeCode::failure_repaired;
            said.failed_at = at_h(episode.hour + 0.5);
        } else {
            said.code = OutcomeCode::no_fault_found;
        }
        command(SubmitOutcome{said}, episode.hour + 1);
    }

    static Now now(double hour) { return {Instant{} + hours_ms(hour), at_h(hour)}; }
    void tick(double hour) {
        engine_->on_tick(now(hour), commit_);
        take();
    }
    void command(const Command& what, double hour) {
        engine_->on_tick(now(hour), commit_);
        AFTERCARE_ASSERT(engine_->on_command(what, now(hour), commit_).has_value());
        take();
    }
    void take() {
        engine_->finish(commit_);
        for (DeviceStateRow& row : commit_.devices) devices_[row.info.no] = std::move(row.info);
        for (Ticket& ticket : commit_.tickets) {
            std::string id = ticket.id;
            tickets_.insert_or_assign(std::move(id), std::move(ticket));
        }
        for (TicketEvent& event : commit_.events) {
            if (event.to) events_.push_back(std::move(event));
        }
        for (Outcome& outcome : commit_.outcomes) outcomes_.push_back(std::move(outcome));
        commit_.clear();
    }

    Rng rng_;
    RulePack pack_{.id = "hidden"};
    Truth truth_;
    Catalogue catalogue_ = three_models();
    std::unique_ptr<Detector> detector_;
    std::unique_ptr<Engine> engine_;
    std::vector<Appliance> fleet_;
    Commit commit_;
    std::map<DeviceNo, DeviceInfo> devices_;
    std::map<std::string, Ticket> tickets_;
    std::vector<TicketEvent> events_;
    std::vector<Outcome> outcomes_;
};

void add(const RuleReport& report, const Truth& truth, Judgement& judgement) {
    for (std::size_t r = 0; r < kRules; ++r) {
        const RuleLine& line = report.rules.at(r);
        for (const RuleCut& cut : line.cuts) {
            const auto model = static_cast<std::size_t>(cut.model.back() - '0');
            const auto covers = [](const std::optional<Interval>& interval, double value) {
                return interval && interval->low <= value && value <= interval->high;
            };
            ++judgement.precision_intervals;
            ++judgement.recall_intervals;
            judgement.precision_covered +=
                covers(cut.figures.precision_interval(), truth.precision[r][model]);
            judgement.recall_covered += covers(cut.figures.recall_interval(), truth.recall[r]);
        }
    }
}

}  // namespace

Judgement judge_fleets(std::uint64_t seeds) {
    Judgement judgement;
    std::array<ReliabilityBin, kReliabilityBins> pooled{};
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        FleetRun run(seed);
        const RuleReport report = run.live();
        add(report, run.truth(), judgement);
        const Reliability& table = report.tickets.value();
        judgement.decided += table.count;
        judgement.calibration_error_mean += table.calibration_error / static_cast<double>(seeds);
        judgement.brier_mean += table.brier / static_cast<double>(seeds);
        for (std::size_t i = 0; i < kReliabilityBins; ++i) {
            pooled[i].count += table.bins[i].count;
            pooled[i].right += table.bins[i].right;
            pooled[i].mean_probability +=
                table.bins[i].mean_probability * static_cast<double>(table.bins[i].count);
        }
    }
    for (const ReliabilityBin& bin : pooled) {
        judgement.calibration_error_pooled +=
            std::abs(bin.mean_probability - static_cast<double>(bin.right)) /
            static_cast<double>(judgement.decided);
    }
    return judgement;
}

}  // namespace aftercare::collector::testing
