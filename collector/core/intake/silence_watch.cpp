#include "collector/core/intake/silence_watch.hpp"

#include <algorithm>

namespace aftercare::collector {

SilenceWatch::SilenceWatch(const World& world, Registry& registry)
    : world_(world), registry_(registry) {
    pack_changed();
}

void SilenceWatch::pack_changed() {
    const std::vector<Rule>& rules = world_.detector.pack().rules;
    wanted_ = std::any_of(rules.begin(), rules.end(), [](const Rule& rule) {
        return mentions(rule.when, PredicateKind::silence);
    });
    for (DeviceNo no = 1; no <= registry_.newest_no(); ++no) {
        if (DeviceEntry* device = registry_.find(no)) device->silence_due = {};
    }
}

void SilenceWatch::heard(DeviceEntry& device, WallTime now) {
    device.silence_due = {};
    if (!hearing_since_ || now - heard_at_ > kDeafAfter) hearing_since_ = now;
    heard_at_ = now;
}

bool SilenceWatch::due(const DeviceEntry& device, WallTime now) const {
    // Who withdrew every consent is silent as asked.
    const bool withdrawn = device.info.consent_epoch > 0 && device.info.consent_purposes == 0;
    if (!device.info.last_seen_at || withdrawn) return false;
    if (device.silence_due) return now >= *device.silence_due;
    const milliseconds shortest = world_.detector.silence_min(device.info.model);
    return shortest > milliseconds{0} && now - *device.info.last_seen_at >= shortest;
}

std::vector<SilenceWatch::Found> SilenceWatch::look(WallTime now) {
    std::vector<Found> found;
    const bool hearing =
        hearing_since_ && now - heard_at_ <= kDeafAfter && now - *hearing_since_ >= kHearingFor;
    if (!wanted_ || !hearing) return found;
    const std::size_t looks = std::min<std::size_t>(kSilenceLooksPerTick, registry_.newest_no());
    for (std::size_t i = 0; i < looks; ++i) {
        if (next_ > registry_.newest_no()) next_ = 1;
        DeviceEntry* device = registry_.find(next_++);
        if (device == nullptr || !due(*device, now)) continue;
        registry_.wake(*device);
        std::vector<Detection> detections;
        const auto again = world_.detector.listen(device->awake().detection,
                                                  *device->info.last_seen_at, now, detections);
        device->silence_due = again.value_or(WallTime::max());
        if (detections.empty()) continue;
        registry_.touch(*device);
        found.push_back({device, std::move(detections)});
    }
    return found;
}

}  // namespace aftercare::collector
