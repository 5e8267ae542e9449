#include "collector/core/intake/quarantine.hpp"

namespace aftercare::collector {

void Quarantine::add(const Refusal& refusal, std::string_view topic, std::string_view bytes,
                     const Step& step) {
    if (diverted_ != nullptr) {
        *diverted_ = refusal;
        return;
    }
    ++totals_.refused[static_cast<std::size_t>(refusal.reason)];
    auto& rows = step.commit.quarantine;
    if (rows.size() >= kQuarantineRowsPerCommitMax) return;
    rows.push_back({.reason = refusal.reason,
                    .detail = refusal.detail,
                    .topic = std::string{topic.substr(0, kQuarantineTextBytesMax)},
                    .sample = std::string{bytes.substr(0, kQuarantineSampleBytesMax)},
                    .size_bytes = bytes.size(),
                    .received_at = step.now.wall});
}

}  // namespace aftercare::collector
