#include "collector/core/detect/detector.hpp"

#include <algorithm>
#include <utility>

#include "collector/core/detect/compiled.hpp"
#include "collector/core/detect/evidence.hpp"
#include "collector/core/detect/rule_state.hpp"
#include "collector/core/detect/state.hpp"

namespace aftercare::collector {
namespace {

// Within a lane records come in order. A small step back is a clock being trimmed and counts as
// standing still; a larger one is a clock put right, and what was seen under the wrong time is of
// no use.
constexpr milliseconds kClockStepMax{86'400'000};

Lane lane_of(const Record& record) {
    const bool bulk =
        std::holds_alternative<Reading>(record.body) || std::holds_alternative<Usage>(record.body);
    return bulk ? Lane::bulk : Lane::urgent;
}

WallTime advance(DetectState::Impl& state, Lane lane, WallTime at) {
    WallTime& reached = state.lanes[index(lane)];
    if (reached != kNever && at < reached && reached - at > kClockStepMax) {
        for (std::size_t i = 0; i < state.rules.size(); ++i) {
            restart_lane(state.model->rules[i], state.rules[i], lane);
        }
        reached = at;
    }
    reached = std::max(reached, at);
    return reached;
}

void fire_into(const CompiledRule& rule, RuleState& memory, const LaneTimes& lanes,
               std::vector<Detection>& detections) {
    for (const WallTime start : fire(rule, memory, lanes)) {
        detections.push_back({.rule_index = rule.rule_index,
                              .at = start,
                              .probability = rule.rule->probability,
                              .evidence_json = evidence_json(rule, memory, start)});
    }
}

/// Shows one sample to every leaf that listens to it.
template <class Sample>
void show(DetectState::Impl& state, std::span<const LeafRef> listeners, const Sample& sample,
          WallTime at, std::vector<Detection>& detections) {
    for (const LeafRef ref : listeners) {
        const CompiledRule& rule = state.model->rules[ref.rule];
        RuleState& memory = state.rules[ref.rule];
        if (at < memory.ignore_before) continue;
        const bool changed = observe(rule.leaves[ref.leaf], memory.leaves[ref.leaf], sample, at);
        if (changed) state.melted += std::exchange(memory.leaves[ref.leaf].melted, 0);
        if (rule.negates) continue;  // settled below, with all of the record seen
        if (changed) fire_into(rule, memory, state.lanes, detections);
        prune(rule, memory, state.lanes);
    }
}

WallTime reached(const DetectState::Impl& state) {
    return std::max(state.lanes[0], state.lanes[1]);
}

/// What becomes true because time went on.
void pass_time(DetectState::Impl& state, std::vector<Detection>& detections) {
    for (const LeafRef ref : state.model->silences) speak(state.rules[ref.rule].leaves[ref.leaf]);
    for (const LeafRef ref : state.model->ages) {
        const CompiledRule& rule = state.model->rules[ref.rule];
        RuleState& memory = state.rules[ref.rule];
        if (!pass_age(rule.leaves[ref.leaf], memory.leaves[ref.leaf], reached(state))) continue;
        fire_into(rule, memory, state.lanes, detections);
    }
}

void take_installation(DetectState::Impl& state, WallTime at) {
    for (const LeafRef ref : state.model->ages) {
        RuleState& memory = state.rules[ref.rule];
        if (!take_installation(memory.leaves[ref.leaf], at)) continue;
        // What the wrong date led to may come again with the right one.
        (void)fire(state.model->rules[ref.rule], memory, state.lanes);
    }
}

/// A `not` is known once its lane has passed, whatever the record was about.
void settle_negations(DetectState::Impl& state, std::vector<Detection>& detections) {
    for (const std::uint16_t i : state.model->negating) {
        const CompiledRule& rule = state.model->rules[i];
        if (waits(rule, state.rules[i])) {
            fire_into(rule, state.rules[i], state.lanes, detections);
        }
        prune(rule, state.rules[i], state.lanes);
    }
}

}  // namespace

DetectState::DetectState() = default;
DetectState::~DetectState() = default;
DetectState::DetectState(const DetectState& other)
    : impl(other.impl ? std::make_unique<Impl>(*other.impl) : nullptr) {}
DetectState& DetectState::operator=(const DetectState& other) {
    if (this != &other) impl = other.impl ? std::make_unique<Impl>(*other.impl) : nullptr;
    return *this;
}
DetectState::DetectState(DetectState&&) noexcept = default;
DetectState& DetectState::operator=(DetectState&&) noexcept = default;

struct Detector::Impl {
    RulePack pack;
    std::vector<CompiledModel> models;

    [[nodiscard]] const CompiledModel* model(std::string_view id) const {
        const auto found = std::find_if(models.begin(), models.end(),
                                        [&](const CompiledModel& item) { return item.id == id; });
        return found == models.end() ? nullptr : &*found;
    }
    [[nodiscard]] DetectState begin(std::string_view id, DetectState spare) const;
};

Detector::Detector(RulePack pack) : impl_(std::make_unique<Impl>()) {
    impl_->pack = std::move(pack);
}
Detector::~Detector() = default;

Result<std::unique_ptr<Detector>> Detector::create(RulePack pack, const Catalogue& catalogue) {
    std::unique_ptr<Detector> detector(new Detector(std::move(pack)));
    auto models = compile(detector->impl_->pack, catalogue);
    if (!models) return fail(models.error());
    detector->impl_->models = std::move(*models);
    return detector;
}

DetectState Detector::begin(std::string_view model) const {
    return impl_->begin(model, {});
}

DetectState Detector::Impl::begin(std::string_view id, DetectState spare) const {
    const CompiledModel* compiled = model(id);
    if (compiled && spare.impl && spare.impl->model == compiled) {
        begin_again(*spare.impl);
        return spare;
    }
    DetectState state;
    if (!compiled) return state;
    state.impl = std::make_unique<DetectState::Impl>();
    state.impl->model = compiled;
    state.impl->rules.reserve(compiled->rules.size());
    for (const CompiledRule& rule : compiled->rules) state.impl->rules.push_back(begin_rule(rule));
    return state;
}

void Detector::observe(DetectState& state, const Record& record, WallTime occurred_at,
                       std::vector<Detection>& detections) const {
    if (!state.impl || std::holds_alternative<UnknownRecord>(record.body)) return;
    const WallTime at = advance(*state.impl, lane_of(record), occurred_at);
    const CompiledModel& model = *state.impl->model;
    pass_time(*state.impl, detections);
    if (const auto* fault = std::get_if<Fault>(&record.body)) {
        show(*state.impl, model.by_fault.of(fault->code), *fault, at, detections);
    } else if (const auto* reading = std::get_if<Reading>(&record.body)) {
        for (const MetricSummary& metric : reading->metrics) {
            show(*state.impl, model.by_metric.of(metric.metric_id), metric, at, detections);
        }
    } else if (const auto* usage = std::get_if<Usage>(&record.body)) {
        for (const CounterValue& counter : usage->counters) {
            show(*state.impl, model.by_counter.of(counter.counter_id), counter, at, detections);
        }
    }
    settle_negations(*state.impl, detections);
}

void Detector::describe(DetectState& state, const DeviceFacts& facts) const {
    if (!state.impl) return;
    const CompiledModel& model = *state.impl->model;
    if (facts.installed_at) take_installation(*state.impl, *facts.installed_at);
    if (model.cohorts.empty()) return;
    const std::uint32_t firmware = firmware_hash(facts.firmware);
    for (const LeafRef ref : model.cohorts) {
        LeafState& leaf = state.impl->rules[ref.rule].leaves[ref.leaf];
        if (auto* cohort = std::get_if<CohortState>(&leaf.memory)) {
            take_firmware(*cohort, firmware);
        }
    }
}

std::optional<WallTime> Detector::listen(DetectState& state, WallTime heard_at, WallTime now,
                                         std::vector<Detection>& detections) const {
    if (!state.impl || reached(*state.impl) == kNever) return std::nullopt;
    const WallTime last_event = reached(*state.impl);
    const WallTime silent_since = std::max(last_event, heard_at);
    std::optional<WallTime> next;
    for (const LeafRef ref : state.impl->model->silences) {
        const CompiledRule& rule = state.impl->model->rules[ref.rule];
        RuleState& memory = state.impl->rules[ref.rule];
        const CompiledLeaf& leaf = rule.leaves[ref.leaf];
        const WallTime due = later_by(silent_since, leaf.predicate->duration);
        if (now < due) {
            next = std::min(next.value_or(due), due);
        } else if (last_event >= memory.ignore_before &&
                   fall_silent(leaf, memory.leaves[ref.leaf], last_event)) {
            fire_into(rule, memory, state.impl->lanes, detections);
        }
    }
    return next;
}

void Detector::part_replaced(DetectState& state, std::string_view component, WallTime at) const {
    if (!state.impl) return;
    for (std::size_t i = 0; i < state.impl->rules.size(); ++i) {
        const CompiledRule& rule = state.impl->model->rules[i];
        if (rule.rule->component == component) forget_before(rule, state.impl->rules[i], at);
    }
}

bool Detector::stands(const DetectState& state, std::uint32_t rule_index, WallTime now) const {
    if (!state.impl) return false;
    const auto& rules = state.impl->model->rules;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].rule_index != rule_index) continue;
        return aftercare::collector::stands(rules[i], state.impl->rules[i], now);
    }
    return false;
}

milliseconds Detector::silence_min(std::string_view model) const {
    const CompiledModel* compiled = impl_->model(model);
    return compiled ? compiled->silence_min : milliseconds{0};
}

std::uint32_t Detector::take_melted(DetectState& state) const {
    return state.impl ? std::exchange(state.impl->melted, 0) : 0;
}

void Detector::encode(const DetectState& state, std::string& bytes) const {
    if (state.impl) aftercare::collector::encode(*state.impl, bytes);
}

Result<DetectState> Detector::decode(std::string_view model, std::string_view bytes,
                                     DetectState spare) const {
    DetectState state = impl_->begin(model, std::move(spare));
    // Nothing stored, or no rule for this model any more: afresh.
    if (!state.impl || bytes.empty()) return state;
    if (Status decoded = aftercare::collector::decode(bytes, *state.impl); !decoded) {
        return fail(decoded.error());
    }
    return state;
}

bool Detector::reads(std::string_view bytes) {
    return bytes.empty() || static_cast<std::uint8_t>(bytes.front()) == kDetectStateVersion;
}

const RulePack& Detector::pack() const {
    return impl_->pack;
}

void Detector::become(Detector& other) {
    std::swap(impl_, other.impl_);
}

}  // namespace aftercare::collector
