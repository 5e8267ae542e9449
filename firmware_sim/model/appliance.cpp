#include "firmware_sim/model/appliance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/result.hpp"

namespace aftercare::sim {
namespace {

constexpr milliseconds kHour = hours_ms(1);
constexpr double kHoursPerYear = 8766;
/// A washing machine runs when people are at home: weights of the hours of a day, sum 24.
constexpr double kWashHours[24] = {0.1, 0,   0,   0,   0,   0.2, 0.9, 1.6, 2.0, 2.2, 1.8, 1.3,
                                   1.0, 1.0, 1.1, 1.0, 1.1, 1.5, 2.0, 2.1, 1.6, 0.9, 0.4, 0.2};
constexpr double kWeekendFactor = 1.3, kWorkdayFactor = 0.88;  // 5 · 0.88 + 2 · 1.3 = 7
/// Usual hours of cooling on a day of the season, before the household's own habit.
constexpr double kCoolingHoursPerDay = 8;

double units_per_day(const ApplianceKind& kind, LifeUnit unit, double uses_per_day) {
    switch (kind.family) {
        case Family::washing_machine:
            return unit == LifeUnit::cycles ? uses_per_day : 0.83 * uses_per_day;
        case Family::refrigerator:
            return 24;
        case Family::air_conditioner:
            return kCoolingHoursPerDay * uses_per_day;
    }
    return 1;
}

}  // namespace

Appliance::Appliance(const ApplianceKind& kind, ApplianceOptions options, Rng rng)
    : kind_(&kind),
      options_(std::move(options)),
      now_(options_.start),
      habit_rng_(rng.fork(1)),
      noise_rng_(rng.fork(2)),
      fault_rng_(rng.fork(3)),
      lie_rng_(rng.fork(4)),
      uses_per_day_(kind.uses_per_day * std::exp(habit_rng_.normal(0, kind.uses_spread))) {
    AFTERCARE_ASSERT(options_.reading_window_h >= 1 &&
                     kind.metrics.size() <= kMetricsPerReadingMax);
    std::uint64_t tag = 100;
    for (const auto& mode : kind.modes) {
        const double per_day = units_per_day(kind, mode.unit, uses_per_day_);
        wears_.emplace_back(mode, per_day, options_.age_years * 365.25 * per_day,
                            options_.wear_factor, rng.fork(tag++));
    }
    failed_at_.resize(wears_.size());
    for (const auto& metric : kind.metrics) {
        unit_offsets_.push_back(habit_rng_.normal(0, metric.unit_spread));
    }
    last_values_.assign(kind.metrics.size(), std::numeric_limits<double>::quiet_NaN());
    lies_.resize(kind.lies.size());
    window_.resize(kind.metrics.size());
    hours_total_ =
        options_.age_years * 365.25 * units_per_day(kind, LifeUnit::hours_of_use, uses_per_day_);
    cycles_total_ = options_.age_years * 365.25 * uses_per_day_;
    energy_total_wh_ = hours_total_ * kind.power_in_use_w;
}

WallTime Appliance::installed_at() const {
    return options_.start - hours_ms(options_.age_years * kHoursPerYear);
}

void Appliance::advance(WallTime to, Telemetry& telemetry, TruthLedger& truth) {
    while (now_ + kHour <= to) {
        live_hour(telemetry, truth);
        now_ += kHour;
    }
}

void Appliance::live_hour(Telemetry& telemetry, TruthLedger& truth) {
    const auto first = static_cast<std::ptrdiff_t>(telemetry.size());
    for (auto& emission : pending_) {
        emission.at = std::max(emission.at, now_);
        telemetry.push_back(std::move(emission));
    }
    pending_.clear();
    const HourOfUse use = use_of_hour();
    wear(use, telemetry, truth);
    sample(use, truth);
    tell_precursors(use, telemetry);
    tell_transients(telemetry, truth);
    tell_use(use, telemetry);
    if (++window_hours_ >= options_.reading_window_h) tell_reading(telemetry);
    if (dark()) telemetry.resize(static_cast<std::size_t>(first));
    std::stable_sort(telemetry.begin() + first, telemetry.end(),
                     [](const Emission& a, const Emission& b) { return a.at < b.at; });
}

Appliance::HourOfUse Appliance::use_of_hour() {
    const double outdoor = options_.climate.outdoor_celsius(now_);
    HourOfUse use{.ambient_celsius = options_.climate.indoor_celsius(now_)};
    // Drawn every hour, broken or not, so that a repair does not shift the habits that follow.
    const double draw = habit_rng_.uniform(), length = habit_rng_.uniform(0.68, 0.98);
    switch (kind_->family) {
        case Family::washing_machine: {
            const double week = weekday(now_) >= 5 ? kWeekendFactor : kWorkdayFactor;
            const double weight = kWashHours[hour_of_day(now_)] * week / 24.0;
            if (draw < uses_per_day_ * weight) use = {length, 1, use.ambient_celsius};
            break;
        }
        case Family::refrigerator:
            use.hours = 1;
            break;
        case Family::air_conditioner:
            use.ambient_celsius = outdoor;
            if (draw < uses_per_day_ * std::clamp((outdoor - 16.0) / 10.0, 0.0, 1.0)) use.hours = 1;
            break;
    }
    if (broken()) use.hours = use.cycles = 0;
    return use;
}

double Appliance::units_of(const HourOfUse& use, const FailureModeSpec& mode) const {
    return mode.unit == LifeUnit::cycles ? use.cycles : use.hours;
}

void Appliance::wear(const HourOfUse& use, Telemetry& telemetry, TruthLedger& truth) {
    for (std::size_t i = 0; i < wears_.size(); ++i) {
        Wear& wear = wears_[i];
        switch (wear.use(units_of(use, wear.spec()))) {
            case Wear::Change::none:
                break;
            case Wear::Change::onset:
                begin_episode(wear, truth);
                break;
            case Wear::Change::failed:
                failed_at_[i] = moment_within_hour();
                truth.fail(*wear.episode, *failed_at_[i]);
                if (wear.spec().fault_code != 0) {
                    telemetry.push_back(
                        {*failed_at_[i], fault(wear.spec().fault_code, FaultState::raised)});
                }
                break;
        }
    }
}

void Appliance::begin_episode(Wear& wear, TruthLedger& truth) const {
    wear.episode = truth.begin({.device_id = options_.device_id,
                                .component = std::string(wear.spec().component),
                                .failure_mode = std::string(wear.spec().id),
                                .cause = wear.spec().cause,
                                .silent = wear.silent(),
                                .onset_at = now_});
}

void Appliance::tell_precursors(const HourOfUse& use, Telemetry& telemetry) {
    for (const Wear& wear : wears_) {
        const FailureModeSpec& mode = wear.spec();
        const double symptom = wear.symptom();
        if (mode.fault_code == 0 || wear.failed() || symptom < mode.fault_from_level) continue;
        const double share_of_day =
            units_of(use, mode) / units_per_day(*kind_, mode.unit, uses_per_day_);
        if (fault_rng_.chance(mode.faults_per_day * symptom * share_of_day)) {
            telemetry.push_back(
                {moment_within_hour(), fault(mode.fault_code, FaultState::occurred)});
        }
    }
}

void Appliance::tell_transients(Telemetry& telemetry, TruthLedger& truth) {
    for (const auto& transient : kind_->transients) {
        if (!fault_rng_.chance(transient.per_year / kHoursPerYear)) continue;
        if (broken()) continue;
        ++truth.transient_fault_count;
        telemetry.push_back({moment_within_hour(), fault(transient.code, FaultState::occurred)});
    }
}

Fault Appliance::fault(std::uint32_t code, FaultState state) const {
    Fault told{.code = code, .state = state};
    for (std::size_t i = 0; i < last_values_.size(); ++i) {
        if (std::isnan(last_values_[i])) continue;
        told.snapshot.add({kind_->metrics[i].id, static_cast<float>(last_values_[i])});
    }
    return told;
}

void Appliance::sample(const HourOfUse& use, TruthLedger& truth) {
    std::array<double, kMetricsPerReadingMax> lie{};
    for (std::size_t i = 0; i < lies_.size(); ++i) {
        const double offset = lie_of(kind_->lies[i], lies_[i], truth);
        for (std::size_t m = 0; m < window_.size(); ++m) {
            if (kind_->metrics[m].id == kind_->lies[i].metric_id) lie[m] += offset;
        }
    }
    for (std::size_t m = 0; m < window_.size(); ++m) {
        const MetricSpec& metric = kind_->metrics[m];
        const double value = value_of(metric, m, use.ambient_celsius) + lie[m];
        if (metric.in_use_only && use.hours <= 0) continue;
        last_values_[m] = std::clamp(value, metric.low, metric.high);
        window_[m].add(last_values_[m]);
    }
}

double Appliance::value_of(const MetricSpec& metric, std::size_t index, double ambient_celsius) {
    double value = metric.base + unit_offsets_[index] +
                   metric.ambient_slope * (ambient_celsius - 20.0) +
                   noise_rng_.normal(0, metric.noise);
    for (const Wear& wear : wears_) {
        const double symptom = wear.symptom();
        if (symptom <= 0) continue;
        for (const Drift& drift : wear.spec().drifts) {
            if (drift.metric_id == metric.id) value += drift.shift * symptom;
        }
    }
    return value;
}

double Appliance::lie_of(const SensorLie& lie, RunningLie& running, TruthLedger& truth) {
    const bool begins = lie_rng_.chance(lie.per_year / kHoursPerYear);
    if (now_ < running.until) return running.offset;
    if (!begins) return 0;
    running.offset = lie_rng_.chance(0.5) ? lie.offset : -lie.offset;
    running.until = now_ + hours_ms(24 * lie_rng_.exponential(lie.days));
    ++truth.sensor_lie_count;
    return running.offset;
}

void Appliance::tell_use(const HourOfUse& use, Telemetry& telemetry) {
    const double power = use.hours * kind_->power_in_use_w + (1 - use.hours) * kind_->power_idle_w;
    energy_total_wh_ += power;
    hours_total_ += use.hours;
    cycles_total_ += use.cycles;
    session_hours_ += use.hours;
    session_span_h_ += 1;
    switch (kind_->family) {
        case Family::washing_machine:
            if (use.cycles > 0) tell_usage_record(use.hours, now_ + hours_ms(use.hours), telemetry);
            break;
        case Family::refrigerator:
            if (session_span_h_ >= 24) tell_usage_record(session_hours_, now_ + kHour, telemetry);
            break;
        case Family::air_conditioner:
            // A session ends with the first hour without use.
            if (use.hours <= 0 && session_hours_ > 0) {
                cycles_total_ += 1;
                tell_usage_record(session_hours_, now_, telemetry);
            }
            break;
    }
}

void Appliance::tell_usage_record(double hours, WallTime at, Telemetry& telemetry) {
    Usage usage;
    usage.programme_id = static_cast<std::uint32_t>(
        1 + habit_rng_.fork(static_cast<std::uint64_t>(unix_ms(now_))).below(4));
    usage.duration_s = static_cast<std::uint32_t>(hours * 3600);
    usage.energy_wh = static_cast<std::uint32_t>(hours * kind_->power_in_use_w);
    usage.water_ml = kind_->water_ml_per_cycle;
    usage.counters.add({kind_->counters.cycles, static_cast<std::uint64_t>(cycles_total_)});
    usage.counters.add({kind_->counters.hours_of_use, static_cast<std::uint64_t>(hours_total_)});
    usage.counters.add({kind_->counters.energy_wh, static_cast<std::uint64_t>(energy_total_wh_)});
    telemetry.push_back({at, usage});
    session_hours_ = session_span_h_ = 0;
}

void Appliance::tell_reading(Telemetry& telemetry) {
    Reading reading;
    reading.window_ms = static_cast<std::uint32_t>((window_hours_ * kHour).count());
    for (std::size_t m = 0; m < window_.size(); ++m) {
        if (window_[m].n > 0) reading.metrics.add(window_[m].summary(kind_->metrics[m].id));
        window_[m] = WindowSum{};
    }
    window_hours_ = 0;
    if (reading.metrics.count > 0) telemetry.push_back({now_ + kHour, reading});
}

void Appliance::WindowSum::add(double value) {
    low = n == 0 ? value : std::min(low, value);
    high = n == 0 ? value : std::max(high, value);
    last = value;
    sum += value;
    squares += value * value;
    ++n;
}

MetricSummary Appliance::WindowSum::summary(std::uint32_t metric_id) const {
    const double mean = sum / n;
    const double variance = n < 2 ? 0 : std::max(0.0, (squares - n * mean * mean) / (n - 1));
    return {.metric_id = metric_id,
            .n = n,
            .mean = static_cast<float>(mean),
            .min = static_cast<float>(low),
            .max = static_cast<float>(high),
            .last = static_cast<float>(last),
            .deviation = static_cast<float>(std::sqrt(variance))};
}

std::vector<Finding> Appliance::inspect() const {
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < wears_.size(); ++i) {
        const Wear& wear = wears_[i];
        findings.push_back(
            {&wear.spec(), wear.level(), wear.symptom(), wear.failed(), failed_at_[i]});
    }
    return findings;
}

std::optional<Finding> Appliance::inspect(std::string_view component) const {
    std::optional<Finding> worst;
    for (const Finding& finding : inspect()) {
        if (finding.mode->component != component) continue;
        if (!worst || finding.level > worst->level) worst = finding;
    }
    return worst;
}

bool Appliance::broken() const {
    return std::any_of(wears_.begin(), wears_.end(), [](const Wear& wear) {
        return wear.failed() && wear.spec().stops_appliance;
    });
}

bool Appliance::dark() const {
    return std::any_of(wears_.begin(), wears_.end(),
                       [](const Wear& wear) { return wear.failed() && wear.spec().goes_dark; });
}

void Appliance::end_episode(Wear& wear, WallTime at, Ending ending, TruthLedger& truth) {
    const auto index = static_cast<std::size_t>(&wear - wears_.data());
    if (wear.episode) {
        const auto remaining = hours_ms(24 * wear.remaining_days());
        truth.end(*wear.episode, at, ending, at + remaining);
    }
    if (failed_at_[index] && wear.spec().fault_code != 0) {
        pending_.push_back({at, fault(wear.spec().fault_code, FaultState::cleared)});
    }
    failed_at_[index].reset();
    wear.renew();
}

void Appliance::repair(std::string_view component, WallTime at, TruthLedger& truth) {
    std::uint32_t component_id = 0;
    for (Wear& wear : wears_) {
        if (wear.spec().component != component) continue;
        component_id = wear.spec().component_id;
        end_episode(wear, at, Ending::repaired, truth);
    }
    if (component_id == 0) return;
    pending_.push_back(
        {at, Lifecycle{.kind = LifecycleKind::part_replaced, .component_id = component_id}});
}

bool Appliance::self_help(std::string_view mode_id, WallTime at, TruthLedger& truth) {
    for (Wear& wear : wears_) {
        if (wear.spec().id != mode_id || !wear.spec().self_help || !wear.degrading()) continue;
        end_episode(wear, at, Ending::self_help, truth);
        return true;
    }
    return false;
}

SelfTest Appliance::self_test(const SelfTestRequest& request) const {
    const bool failed = std::any_of(wears_.begin(), wears_.end(),
                                    [](const Wear& wear) { return wear.symptom() > 0.5; });
    SelfTest result{.test_id = request.test_id,
                    .request_id = request.request_id,
                    .result = failed ? TestResult::failed : TestResult::passed};
    for (std::size_t m = 0; m < last_values_.size(); ++m) {
        if (std::isnan(last_values_[m])) continue;
        result.measured.add({kind_->metrics[m].id, static_cast<float>(last_values_[m])});
    }
    return result;
}

WallTime Appliance::moment_within_hour() {
    return now_ + milliseconds{static_cast<std::int64_t>(fault_rng_.below(3'599'000)) + 500};
}

}  // namespace aftercare::sim
