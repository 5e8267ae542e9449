// The detector of these tests: rule i becomes true at each raised fault with code i + 1, and stands
// for six hours after it. Takes the place of the real one at link time, so that what is tested here
// does not rest on what rules mean.
#include <array>

#include "collector/core/detect/detector.hpp"
#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

constexpr std::size_t kRulesMax = 8;

struct DetectState::Impl {
    std::array<std::int64_t, kRulesMax> last_ms{};
    std::array<std::int64_t, kRulesMax> replaced_ms{};
    std::uint32_t observed = 0;
};
struct Detector::Impl {
    RulePack pack;
};

DetectState::DetectState() : impl(std::make_unique<Impl>()) {}
DetectState::~DetectState() = default;
DetectState::DetectState(DetectState&&) noexcept = default;
DetectState& DetectState::operator=(DetectState&&) noexcept = default;

Detector::Detector(RulePack pack) : impl_(std::make_unique<Impl>()) {
    impl_->pack = std::move(pack);
}
Detector::~Detector() = default;

Result<std::unique_ptr<Detector>> Detector::create(RulePack pack, const Catalogue&) {
    return std::unique_ptr<Detector>{new Detector(std::move(pack))};
}
DetectState Detector::begin(std::string_view) const {
    return {};
}
const RulePack& Detector::pack() const {
    return impl_->pack;
}

void Detector::observe(DetectState& state, const Record& record, WallTime occurred_at,
                       std::vector<Detection>& detections) const {
    ++state.impl->observed;
    const auto* fault = std::get_if<Fault>(&record.body);
    if (fault == nullptr || fault->state != FaultState::raised) return;
    if (fault->code == 0 || fault->code > impl_->pack.rules.size()) return;
    const std::uint32_t rule = fault->code - 1;
    state.impl->last_ms[rule] = unix_ms(occurred_at);
    detections.push_back({rule, occurred_at, impl_->pack.rules[rule].probability,
                          R"({"code":)" + std::to_string(fault->code) + R"(,"seq":)" +
                              std::to_string(record.seq) + "}"});
}

void Detector::become(Detector& other) {
    std::swap(impl_, other.impl_);
}

RulesChange compare(const RulePack&, const RulePack&) {
    return {};
}

void Detector::describe(DetectState&, const DeviceFacts&) const {}

// A rule of kind silence is true once, three hours after the last report.
std::optional<WallTime> Detector::listen(DetectState& state, WallTime heard_at, WallTime now,
                                         std::vector<Detection>& detections) const {
    const WallTime due = heard_at + silence_min({});
    if (now < due) return due;
    for (std::uint32_t i = 0; i < impl_->pack.rules.size(); ++i) {
        const bool told = state.impl->last_ms[i] == unix_ms(due);
        if (impl_->pack.rules[i].when.kind != PredicateKind::silence || told) continue;
        state.impl->last_ms[i] = unix_ms(due);
        detections.push_back({i, due, impl_->pack.rules[i].probability, "{}"});
    }
    return std::nullopt;
}

milliseconds Detector::silence_min(std::string_view) const {
    for (const Rule& rule : impl_->pack.rules) {
        if (rule.when.kind == PredicateKind::silence) return milliseconds{3 * 3'600'000};
    }
    return milliseconds{0};
}

void Detector::part_replaced(DetectState& state, std::string_view component, WallTime at) const {
    for (std::size_t i = 0; i < impl_->pack.rules.size(); ++i) {
        const bool news = unix_ms(at) > state.impl->replaced_ms[i];
        if (impl_->pack.rules[i].component != component || !news) continue;
        state.impl->last_ms[i] = 0;
        state.impl->replaced_ms[i] = unix_ms(at);
    }
}

bool Detector::stands(const DetectState& state, std::uint32_t rule_index, WallTime now) const {
    return unix_ms(now) - state.impl->last_ms[rule_index] < 6 * 3'600'000;
}

std::uint32_t Detector::take_melted(DetectState&) const {
    return 0;
}

void Detector::encode(const DetectState& state, std::string& bytes) const {
    ByteWriter out{bytes};
    out.put(state.impl->observed);
    for (const auto last_ms : state.impl->last_ms) out.put(last_ms);
    for (const auto replaced_ms : state.impl->replaced_ms) out.put(replaced_ms);
}

bool Detector::reads(std::string_view) {
    return true;
}

Result<DetectState> Detector::decode(std::string_view, std::string_view bytes,
                                     DetectState /*spare*/) const {
    ByteReader in{bytes};
    DetectState state;
    state.impl->observed = in.get<std::uint32_t>();
    for (auto& last_ms : state.impl->last_ms) last_ms = in.get<std::int64_t>();
    for (auto& replaced_ms : state.impl->replaced_ms) replaced_ms = in.get<std::int64_t>();
    if (!in.ok() || !in.at_end()) return fail(Errc::corrupt, "detection state of another size");
    return state;
}

}  // namespace aftercare::collector
