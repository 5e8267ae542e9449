#include "collector/core/kpi/cut.hpp"

#include <algorithm>
#include <set>

namespace aftercare::collector {
namespace {

Result<std::string_view> known_dimension(std::string_view dimension) {
    const auto found = std::find(kDimensions.begin(), kDimensions.end(), dimension);
    if (found != kDimensions.end()) return *found;
    std::string allowed;
    for (const std::string_view name : kDimensions) {
        if (!name.empty()) allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    }
    return fail(Errc::invalid,
                "unknown dimension \"" + std::string(dimension) + "\": allowed are " + allowed);
}

bool of_tickets_only(std::string_view dimension) {
    return dimension == "component" || dimension == "failure_mode" || dimension == "rule";
}

}  // namespace

std::string_view dimension_value(const Ticket& ticket, std::string_view dimension) {
    if (dimension == "tenant") return ticket.tenant;
    if (dimension == "model") return ticket.model;
    if (dimension == "firmware") return ticket.firmware;
    if (dimension == "region") return ticket.region;
    if (dimension == "centre") return ticket.centre;
    if (dimension == "component") return ticket.component;
    if (dimension == "failure_mode") return ticket.failure_mode;
    if (dimension == "rule") return ticket.rule;
    if (dimension == "warranty") return to_string(ticket.warranty);
    return ticket.segment;
}

Result<CutFilter> CutFilter::create(const Cut& cut) {
    const Result<std::string_view> dimension = known_dimension(cut.dimension);
    if (!dimension) return fail(dimension.error());
    CutFilter filter;
    filter.dimension_ = *dimension;
    filter.value_ = cut.value;
    return filter;
}

bool CutFilter::keeps(const Ticket& ticket) const {
    return dimension_.empty() || dimension_value(ticket, dimension_) == value_;
}

bool CutFilter::keeps(const DeviceInfo& device, WallTime at) const {
    if (dimension_.empty() || of_tickets_only(dimension_)) return true;
    if (dimension_ == "tenant") return device.tenant == value_;
    if (dimension_ == "model") return device.model == value_;
    if (dimension_ == "firmware") return device.firmware == value_;
    if (dimension_ == "region") return device.region == value_;
    if (dimension_ == "centre") return device.centre == value_;
    if (dimension_ == "warranty")
        return to_string(warranty_at(device.warranty_until, at)) == value_;
    return device.segment == value_;
}

bool CutFilter::keeps(const Outcome& outcome, const Ticket* ticket,
                      const DeviceInfo* device) const {
    if (dimension_.empty()) return true;
    if (dimension_ == "component" && !outcome.component.empty()) {
        return outcome.component == value_;
    }
    if (dimension_ == "failure_mode" && !outcome.failure_mode.empty()) {
        return outcome.failure_mode == value_;
    }
    if (ticket != nullptr) return keeps(*ticket);
    if (of_tickets_only(dimension_)) return value_.empty();
    return device != nullptr && keeps(*device, outcome.at);
}

Result<std::vector<std::string>> kpi_dimension_values(const KpiRows& rows,
                                                      std::string_view dimension) {
    const Result<std::string_view> known = known_dimension(dimension);
    if (!known) return fail(known.error());
    std::set<std::string, std::less<>> values;
    const auto add = [&values](std::string_view value) {
        if (values.find(value) == values.end()) values.emplace(value);
    };
    if (known->empty()) return std::vector<std::string>{};
    for (const Ticket& ticket : rows.tickets) add(dimension_value(ticket, *known));
    for (const Outcome& outcome : rows.outcomes) {
        if (*known == "component" && !outcome.component.empty()) add(outcome.component);
        if (*known == "failure_mode" && !outcome.failure_mode.empty()) add(outcome.failure_mode);
    }
    return std::vector<std::string>(values.begin(), values.end());
}

}  // namespace aftercare::collector
