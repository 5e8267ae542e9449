#include "collector/core/desk/dispatch.hpp"

#include <algorithm>

namespace aftercare::collector {

Dispatch::Dispatch(const World& world, Registry& registry)
    : world_(world), registry_(registry), days_(world.settings.sla.centres.size()) {}

bool Dispatch::routes(std::string_view tenant) const {
    const auto& centres = world_.settings.sla.centres;
    return std::any_of(centres.begin(), centres.end(), [&](const ServiceCentre& centre) {
        return centre.serves_tenant(tenant) && centre.routes();
    });
}

std::optional<std::size_t> Dispatch::place_of(std::string_view tenant,
                                              std::string_view centre) const {
    const auto& centres = world_.settings.sla.centres;
    for (std::size_t i = 0; i < centres.size(); ++i) {
        if (centres[i].id == centre && centres[i].serves_tenant(tenant)) return i;
    }
    return std::nullopt;
}

const Calendar& Dispatch::calendar_of(const ServiceCentre& centre) const {
    const SlaSettings& sla = world_.settings.sla;
    const Calendar* named =
        sla.calendar(centre.calendar.empty() ? sla.otherwise.calendar : centre.calendar);
    return named == nullptr ? always_ : *named;
}

void Dispatch::count(std::string_view tenant, std::string_view centre, WallTime at, int change) {
    const auto place = place_of(tenant, centre);
    if (!place) return;
    Day& day = days_[*place];
    const std::string date =
        next_service_date(calendar_of(world_.settings.sla.centres[*place]), at);
    if (change > 0 && date > day.date) day = {date, 0};
    if (date != day.date) return;
    if (change > 0) ++day.job_count;
    if (change < 0 && day.job_count > 0) --day.job_count;
}

void Dispatch::load(const Ticket& ticket) {
    if (ticket.work.routed_at) count(ticket.tenant, ticket.centre, *ticket.work.routed_at, 1);
}

void Dispatch::moved(const Ticket& ticket, const std::string& before,
                     std::optional<WallTime> since) {
    if (since) count(ticket.tenant, before, *since, -1);
    load(ticket);
}

Route Dispatch::route(const Ticket& ticket, WallTime now) {
    const std::vector<ServiceCentre>& centres = world_.settings.sla.centres;
    std::vector<DayLoad> loads(centres.size());
    for (std::size_t i = 0; i < centres.size(); ++i) {
        if (!centres[i].serves_tenant(ticket.tenant)) continue;
        const Calendar& calendar = calendar_of(centres[i]);
        const std::string date = next_service_date(calendar, now);
        if (date == days_[i].date) loads[i].job_count = days_[i].job_count;
        // Asked again, a ticket is not in its own way.
        const auto& routed_at = ticket.work.routed_at;
        if (routed_at && centres[i].id == ticket.centre && loads[i].job_count > 0 &&
            next_service_date(calendar, *routed_at) == date) {
            --loads[i].job_count;
        }
        if (date != local_date(calendar, now)) loads[i].when = "on " + date;
    }
    const ModelInfo* model = world_.catalogue.model(ticket.model);
    const FailureMode* mode =
        model == nullptr ? nullptr : model->failure_mode(std::string_view{ticket.failure_mode});
    const DeviceEntry* device = registry_.find(ticket.device_no);
    RouteFacts facts{.tenant = ticket.tenant, .region = ticket.region};
    if (model != nullptr) facts.family = model->family;
    if (mode != nullptr) facts.skill = mode->skill;
    if (device != nullptr) {
        facts.language = device->info.language.view();
        facts.home = device->info.centre.view();
    }
    return collector::route(facts, centres, loads);
}

Status Dispatch::check(std::string_view tenant, const std::string& centre) const {
    const auto& centres = world_.settings.sla.centres;
    std::string known;
    for (const ServiceCentre& one : centres) {
        if (!one.serves_tenant(tenant)) continue;
        if (one.id == centre) return {};
        known += (known.empty() ? "" : ", ") + one.id;
    }
    // Where the configuration names no centres they are names that devices were registered with.
    if (known.empty()) return {};
    return fail(Errc::invalid, "member \"centre\": there is no service centre \"" + centre +
                                   "\"; one of " + known);
}

}  // namespace aftercare::collector
