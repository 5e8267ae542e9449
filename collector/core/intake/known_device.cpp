#include "collector/core/intake/known_device.hpp"

#include <utility>

namespace aftercare::collector {

KnownDevice known_device(DeviceInfo info, TextPool& pool) {
    return {.no = info.no,
            .consent_purposes = info.consent_purposes,
            .consent_epoch = info.consent_epoch,
            .device_id = std::move(info.device_id),
            .serial = std::move(info.serial),
            .customer_id = std::move(info.customer_id),
            .tenant = pool.share(info.tenant),
            .model = pool.share(info.model),
            .firmware = pool.share(info.firmware),
            .region = pool.share(info.region),
            .language = pool.share(info.language),
            .segment = pool.share(info.segment),
            .centre = pool.share(info.centre),
            .installed_at = info.installed_at,
            .warranty_until = info.warranty_until,
            .first_seen_at = info.first_seen_at,
            .last_seen_at = info.last_seen_at};
}

DeviceInfo info_of(const KnownDevice& device) {
    return {.no = device.no,
            .tenant = device.tenant,
            .device_id = device.device_id,
            .model = device.model,
            .firmware = device.firmware,
            .serial = device.serial,
            .customer_id = device.customer_id,
            .region = device.region,
            .language = device.language,
            .segment = device.segment,
            .centre = device.centre,
            .installed_at = device.installed_at,
            .warranty_until = device.warranty_until,
            .first_seen_at = device.first_seen_at,
            .last_seen_at = device.last_seen_at,
            .consent_purposes = device.consent_purposes,
            .consent_epoch = device.consent_epoch};
}

bool take_master_data(const DeviceInfo& from, TextPool& pool, KnownDevice& to) {
    const bool same = from.serial == to.serial && from.customer_id == to.customer_id &&
                      to.region == from.region && to.language == from.language &&
                      to.segment == from.segment && to.centre == from.centre &&
                      MaybeTime{from.installed_at} == to.installed_at &&
                      MaybeTime{from.warranty_until} == to.warranty_until;
    if (same) return false;
    to.serial = from.serial;
    to.customer_id = from.customer_id;
    to.region = pool.share(from.region);
    to.language = pool.share(from.language);
    to.segment = pool.share(from.segment);
    to.centre = pool.share(from.centre);
    to.installed_at = from.installed_at;
    to.warranty_until = from.warranty_until;
    return true;
}

}  // namespace aftercare::collector
