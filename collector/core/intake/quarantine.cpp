#include "collector/core/intake/quarantine.hpp"

#include "common/topic.hpp"

namespace aftercare::collector {

void Quarantine::load(const RefusalCount& stored) {
    owners_[stored.tenant].refused[static_cast<std::size_t>(stored.reason)] = stored.count;
}

void Quarantine::add(const Refusal& refusal, std::string_view topic, std::string_view bytes,
                     const Step& step) {
    if (diverted_ != nullptr) {
        *diverted_ = refusal;
        return;
    }
    // Whoever may publish can claim any tenant; only those served get counts of their own.
    std::string_view tenant = tenant_of_topic(topic);
    if (!registry_.knows_tenant(tenant)) tenant = {};
    auto found = owners_.find(tenant);
    if (found == owners_.end()) found = owners_.try_emplace(std::string{tenant}).first;
    Owner& owner = found->second;
    owner.dirty = true;
    ++totals_.refused[static_cast<std::size_t>(refusal.reason)];
    const std::uint64_t ordinal = ++owner.refused[static_cast<std::size_t>(refusal.reason)];
    if (owner.rows >= kQuarantineRowsPerCommitMax) return;
    ++owner.rows;
    step.commit.quarantine.push_back(
        {.tenant = std::string{tenant},
         .reason = refusal.reason,
         .ordinal = ordinal,
         .detail = refusal.detail,
         .topic = std::string{topic.substr(0, kQuarantineTextBytesMax)},
         .sample = std::string{bytes.substr(0, kQuarantineSampleBytesMax)},
         .size_bytes = bytes.size(),
         .received_at = step.now.wall});
}

void Quarantine::finish(Commit& commit) {
    for (auto& [tenant, owner] : owners_) {
        if (!owner.dirty) continue;
        for (std::size_t i = 0; i < kRefusalReasonCount; ++i) {
            if (owner.refused[i] == 0) continue;
            commit.refusal_counts.push_back(
                {tenant, static_cast<RefusalReason>(i), owner.refused[i]});
        }
        owner.rows = 0;
        owner.dirty = false;
    }
}

}  // namespace aftercare::collector
