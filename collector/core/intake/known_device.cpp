#include "collector/core/intake/known_device.hpp"

#include <utility>

#include "collector/core/intake/bytes.hpp"

namespace aftercare::collector {

OwnTexts::OwnTexts(std::string_view device_id, std::string_view serial,
                   std::string_view customer_id) {
    std::string bytes;
    ByteWriter out{bytes};
    for (const std::string_view part : {device_id, serial, customer_id}) out.put_part(part);
    bytes_.assign(bytes);
}

OwnTexts::Parts OwnTexts::parts() const {
    ByteReader in{bytes_.view()};
    const std::string_view device_id = in.get_part();
    const std::string_view serial = in.get_part();
    return {device_id, serial, in.get_part()};
}

KnownDevice known_device(const DeviceInfo& info, TextPool& pool) {
    return {.no = info.no,
            .consent_purposes = info.consent_purposes,
            .consent_epoch = info.consent_epoch,
            .own = {info.device_id, info.serial, info.customer_id},
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
    const OwnTexts::Parts own = device.own.parts();
    return {.no = device.no,
            .tenant = device.tenant,
            .device_id = std::string{own.device_id},
            .model = device.model,
            .firmware = device.firmware,
            .serial = std::string{own.serial},
            .customer_id = std::string{own.customer_id},
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
    const OwnTexts::Parts own = to.own.parts();
    const bool same = from.serial == own.serial && from.customer_id == own.customer_id &&
                      to.region == from.region && to.language == from.language &&
                      to.segment == from.segment && to.centre == from.centre &&
                      MaybeTime{from.installed_at} == to.installed_at &&
                      MaybeTime{from.warranty_until} == to.warranty_until;
    if (same) return false;
    to.own = {own.device_id, from.serial, from.customer_id};
    to.region = pool.share(from.region);
    to.language = pool.share(from.language);
    to.segment = pool.share(from.segment);
    to.centre = pool.share(from.centre);
    to.installed_at = from.installed_at;
    to.warranty_until = from.warranty_until;
    return true;
}

}  // namespace aftercare::collector
