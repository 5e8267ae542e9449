#include "collector/core/intake/presence_book.hpp"

#include <utility>

namespace aftercare::collector {
namespace {

std::string key_of(std::string_view tenant, std::string_view device_id) {
    std::string key;
    key.reserve(tenant.size() + 1 + device_id.size());
    return key.append(tenant).append("/").append(device_id);
}

}  // namespace

PresenceBook::State& PresenceBook::state(DeviceNo no) {
    if (no >= states_.size()) states_.resize(no + std::size_t{1});
    return states_[no];
}

void PresenceBook::load(const PresenceRow& row) {
    State& known = state(row.device_no);
    known.since = row.presence.since;
    known.online = row.presence.online;
    if (known.online) ++online_;
}

void PresenceBook::on_presence(DeviceNo no, bool online, WallTime at) {
    State& known = state(no);
    if (known.since && known.online == online) return;
    if (known.online) --online_;
    if (online) ++online_;
    known.since = at;
    known.online = online;
    ++changes_;
    if (!std::exchange(known.changed, true)) changed_.push_back(no);
}

bool PresenceBook::on_early_presence(std::string_view tenant, std::string_view device_id,
                                     bool online, WallTime at) {
    std::string key = key_of(tenant, device_id);
    const auto known = early_.find(key);
    if (known != early_.end()) {
        known->second = {online, at};
        return true;
    }
    if (early_.size() >= kEarlyPresencesMax) return false;
    early_.emplace(std::move(key), DevicePresence{online, at});
    return true;
}

void PresenceBook::adopt(const KnownDevice& device) {
    if (early_.empty() || state(device.no).since) return;
    const auto early = early_.find(key_of(device.tenant, device.device_id()));
    if (early == early_.end()) return;
    on_presence(device.no, early->second.online, early->second.since);
    early_.erase(early);
}

void PresenceBook::on_tick(Instant now, Commit& commit) {
    if (now - stored_at_ < kPresenceStoredEvery) return;
    stored_at_ = now;
    flush(commit);
}

void PresenceBook::flush(Commit& commit) {
    for (const DeviceNo no : changed_) {
        State& known = states_[no];
        known.changed = false;
        commit.presences.push_back({no, {known.online, *known.since}});
    }
    changed_.clear();
}

}  // namespace aftercare::collector
