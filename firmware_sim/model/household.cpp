#include "firmware_sim/model/household.hpp"

#include <algorithm>
#include <utility>

namespace aftercare::sim {
namespace {

/// Symptoms that a customer hears or sees.
constexpr double kAnnoyingLevel = 0.75;
/// After an early call the customer waits this long for somebody to come.
constexpr milliseconds kPatience = hours_ms(14 * 24);
constexpr double kWarrantyYears = 2;

const Finding* worst_visible(const std::vector<Finding>& findings) {
    const Finding* worst = nullptr;
    for (const auto& finding : findings) {
        if (finding.symptom < kAnnoyingLevel) continue;
        if (worst == nullptr || finding.symptom > worst->symptom) worst = &finding;
    }
    return worst;
}

}  // namespace

Household::Household(std::string tenant, std::string centre, Appliance appliance, Customer customer)
    : tenant_(std::move(tenant)),
      centre_(std::move(centre)),
      appliance_(std::move(appliance)),
      customer_(std::move(customer)) {}

void Household::advance(WallTime to, std::vector<Emission>& telemetry,
                        std::vector<collector::Command>& commands, TruthLedger& truth) {
    while (appliance_.now() + hours_ms(1) <= to) {
        appliance_.advance(appliance_.now() + hours_ms(1), telemetry, truth);
        try_self_help(commands, truth);
        plan_calls();
        if (call_at_ && *call_at_ <= appliance_.now()) place_call(*call_at_, commands);
    }
}

void Household::plan_calls() {
    const WallTime now = appliance_.now();
    if (!appliance_.broken()) {
        calls_about_failure_ = 0;
        if (hour_of_day(now) != 9 || call_at_ || (annoyed_until_ && now < *annoyed_until_)) return;
        const auto findings = appliance_.inspect();
        const Finding* worst = worst_visible(findings);
        if (worst != nullptr && customer_.annoyed_today()) {
            call_at_ = now;
            annoyed_until_ = now + kPatience;
        }
        return;
    }
    if (!call_at_) call_at_ = customer_.call_time(now, calls_about_failure_ > 0);
}

void Household::place_call(WallTime at, std::vector<collector::Command>& commands) {
    call_at_.reset();
    const auto findings = appliance_.inspect();
    const Finding* worst = worst_visible(findings);
    if (worst == nullptr) return;  // repaired meanwhile
    if (worst->failed) ++calls_about_failure_;
    collector::InboundContact call;
    call.contact_id = appliance_.device_id() + "-call-" + std::to_string(++contact_count_);
    call.tenant = tenant_;
    call.device_id = appliance_.device_id();
    call.at = at;
    if (customer_.names_component()) call.component = std::string(worst->mode->component);
    call.failed_at = worst->failed_at;
    call.note = worst->failed ? "It does not work any more." : "Something is not as it used to be.";
    commands.emplace_back(std::move(call));
}

void Household::on_notice(const Notice& notice, WallTime now) {
    const std::string failure_mode(notice.message_key.view());
    const FailureModeSpec* mode = appliance_.kind().mode(failure_mode);
    if (mode == nullptr || !mode->self_help || self_help_) return;
    if (const auto at = customer_.heeds_notice(now)) self_help_ = SelfHelp{*at, failure_mode};
}

void Household::try_self_help(std::vector<collector::Command>& commands, TruthLedger& truth) {
    if (!self_help_ || self_help_->at > appliance_.now()) return;
    const SelfHelp attempt = *std::exchange(self_help_, std::nullopt);
    if (!customer_.self_help_succeeds()) return;
    const FailureModeSpec* mode = appliance_.kind().mode(attempt.failure_mode);
    const auto finding = appliance_.inspect(mode->component);
    if (!appliance_.self_help(attempt.failure_mode, attempt.at, truth)) return;
    collector::Outcome outcome;
    outcome.id = appliance_.device_id() + "-self-" + std::to_string(++outcome_count_);
    outcome.tenant = tenant_;
    outcome.device_id = appliance_.device_id();
    outcome.at = attempt.at;
    outcome.code = collector::OutcomeCode::self_resolved;
    outcome.component = std::string(mode->component);
    outcome.failure_mode = attempt.failure_mode;
    if (finding) outcome.failed_at = finding->failed_at;
    outcome.visit_count = 0;
    outcome.avoidable_cause = "missing_maintenance";
    commands.emplace_back(collector::SubmitOutcome{std::move(outcome)});
}

void Household::on_visit(WallTime now) {
    annoyed_until_ = now;
    call_at_.reset();
}

collector::DeviceInfo Household::registration() const {
    collector::DeviceInfo info;
    info.tenant = tenant_;
    info.device_id = appliance_.device_id();
    info.model = std::string(appliance_.kind().model);
    info.firmware = std::string(appliance_.kind().firmware);
    info.serial = "SN-" + appliance_.device_id();
    info.customer_id = customer_.id();
    info.region = customer_.region();
    info.language = customer_.language();
    info.segment = customer_.segment();
    info.centre = centre_;
    info.installed_at = appliance_.installed_at();
    info.warranty_until = *info.installed_at + hours_ms(kWarrantyYears * 8766);
    info.consent_purposes = customer_.consent_purposes();
    return info;
}

}  // namespace aftercare::sim
