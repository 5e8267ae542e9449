#include "collector/core/desk/desk_outbox.hpp"

#include <algorithm>

#include "collector/core/engine.hpp"

namespace aftercare::collector {
namespace {

/// Until what a broker did not take is handed to it again.
constexpr milliseconds kAgainAfter{10'000};
/// Of a tick: a start finds many.
constexpr std::size_t kAgainPerTickMax = 1'000;

}  // namespace

void DeskOutbox::load(const DeskDue& due) {
    Key key{due.ticket_id, due.centre};
    again_.emplace(WallTime::min(), key);
    due_[std::move(key)] = due.version;
}

bool DeskOutbox::serves(const Ticket& ticket) const {
    const auto& centres = settings_.sla.centres;
    return std::any_of(centres.begin(), centres.end(), [&](const ServiceCentre& centre) {
        return centre.delivery == Delivery::mqtt && centre.id == ticket.centre &&
               centre.serves_tenant(ticket.tenant);
    });
}

void DeskOutbox::mail(const Ticket& ticket, const std::string& centre, Commit& commit) {
    const DeskDue due{ticket.id, centre, ticket.version};
    due_[{due.ticket_id, due.centre}] = due.version;
    commit.desk_due.push_back(due);
    commit.desk_mail.push_back({due, ticket});
}

void DeskOutbox::changed(const Ticket& ticket, std::string& told, Commit& commit) {
    const bool served = serves(ticket);
    if (!told.empty() && told != ticket.centre) mail(ticket, told, commit);
    if (served) mail(ticket, ticket.centre, commit);
    told = served ? ticket.centre : std::string{};
}

void DeskOutbox::receipt(const DeskDue& due, bool taken, WallTime now, Commit& commit) {
    const auto found = due_.find({due.ticket_id, due.centre});
    if (found == due_.end()) return;
    if (!taken) {
        again_.emplace(now + kAgainAfter, found->first);
        return;
    }
    commit.desk_done.push_back(due);
    if (found->second <= due.version) due_.erase(found);
}

std::vector<DeskOutbox::Key> DeskOutbox::take_ready(WallTime now) {
    std::vector<Key> ready;
    while (!again_.empty() && again_.begin()->first <= now && ready.size() < kAgainPerTickMax) {
        ready.push_back(std::move(again_.extract(again_.begin()).value().second));
    }
    return ready;
}

void DeskOutbox::again(const Key& key, const Ticket* ticket, Commit& commit) {
    const auto due = due_.find(key);
    if (due == due_.end()) return;  // taken meanwhile
    if (ticket != nullptr) return mail(*ticket, key.second, commit);
    commit.desk_done.push_back({key.first, key.second, due->second});
    due_.erase(due);
}

}  // namespace aftercare::collector
