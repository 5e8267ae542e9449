#include "collector/core/sla/policy.hpp"

#include <algorithm>

namespace aftercare::collector {
namespace {

template <class Value>
bool any_or_one_of(const std::vector<Value>& allowed, const Value& value) {
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

}  // namespace

bool SlaPolicy::fits(const Ticket& ticket) const {
    return any_or_one_of(severities, ticket.severity) &&
           any_or_one_of(warranties, ticket.warranty) && any_or_one_of(segments, ticket.segment);
}

const Calendar* SlaSettings::calendar(std::string_view name) const {
    const auto found = std::find_if(calendars.begin(), calendars.end(),
                                    [&](const NamedCalendar& one) { return one.name == name; });
    return found == calendars.end() ? nullptr : &found->calendar;
}

bool SlaSettings::any_desk() const {
    return std::any_of(centres.begin(), centres.end(), [](const ServiceCentre& centre) {
        return centre.delivery == Delivery::mqtt;
    });
}

std::string_view to_string(SlaTarget target) {
    return target == SlaTarget::first_response ? "first_response" : "resolution";
}

void SlaTermsBook::load(SlaTerms terms) {
    std::string id = terms.id;
    terms_.insert_or_assign(std::move(id), std::move(terms));
}

const std::string& SlaTermsBook::calendar_of(const SlaPolicy& policy, const Ticket& ticket) const {
    if (&policy != &settings_.otherwise && !policy.calendar.empty()) return policy.calendar;
    for (const ServiceCentre& centre : settings_.centres) {
        if (!centre.serves_tenant(ticket.tenant) || centre.id != ticket.centre) continue;
        return centre.calendar.empty() ? settings_.otherwise.calendar : centre.calendar;
    }
    return settings_.otherwise.calendar;
}

const SlaTerms& SlaTermsBook::in_force(const Ticket& ticket) {
    const auto found = std::find_if(settings_.policies.begin(), settings_.policies.end(),
                                    [&](const SlaPolicy& one) { return one.fits(ticket); });
    const SlaPolicy& policy = found == settings_.policies.end() ? settings_.otherwise : *found;
    const std::string& calendar = calendar_of(policy, ticket);
    const auto made = made_.find({&policy, calendar});
    return made == made_.end() ? make(policy, calendar) : *made->second;
}

const SlaTerms& SlaTermsBook::make(const SlaPolicy& policy, const std::string& calendar_name) {
    SlaTerms terms{.policy = policy.id,
                   .calendar_name = std::string(kAlwaysOpen),
                   .first_response = policy.first_response,
                   .resolution = policy.resolution,
                   .at_risk_percent = policy.at_risk_percent};
    if (const Calendar* calendar = settings_.calendar(calendar_name)) {
        terms.calendar_name = calendar_name;
        terms.calendar = *calendar;
    }
    terms.id = terms_id(terms);
    const auto [entry, fresh] = terms_.try_emplace(terms.id, std::move(terms));
    if (fresh) new_.push_back(&entry->second);
    made_[{&policy, calendar_name}] = &entry->second;
    return entry->second;
}

const SlaTerms& SlaTermsBook::of(const SlaClock& clock) const {
    const auto found = terms_.find(clock.terms);
    return found == terms_.end() ? unknown_ : found->second;
}

std::vector<SlaTerms> SlaTermsBook::take_new() {
    std::vector<SlaTerms> fresh;
    for (const SlaTerms* terms : new_) fresh.push_back(*terms);
    new_.clear();
    return fresh;
}

}  // namespace aftercare::collector
