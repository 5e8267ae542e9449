#include "collector/core/intake/registry.hpp"

#include <algorithm>
#include <functional>

#include "collector/core/intake/device_state.hpp"

namespace aftercare::collector {
namespace {

/// Numbers are dense; a row far out is damage, not growth.
constexpr DeviceNo kDeviceNoMax = 16'000'000;

// The members that the maker gives; telemetry owns the others.
bool take_master_data(const DeviceInfo& from, DeviceInfo& to) {
    const auto members = [](auto& info) {
        return std::tie(info.serial, info.customer_id, info.region, info.language, info.segment,
                        info.centre, info.installed_at, info.warranty_until);
    };
    if (members(from) == members(to)) return false;
    members(to) = members(from);
    return true;
}

}  // namespace

std::size_t Registry::KeyHash::operator()(const Key& key) const {
    const std::hash<std::string_view> hash;
    return hash(key.device_id) ^ (hash(key.tenant) * 0x9E3779B97F4A7C15ULL);
}

bool Registry::knows_tenant(std::string_view tenant) const {
    const auto& tenants = world_.settings.tenants;
    return std::find(tenants.begin(), tenants.end(), tenant) != tenants.end();
}

DeviceEntry* Registry::find(std::string_view tenant, std::string_view device_id) {
    const auto found = keys_.find(Key{tenant, device_id});
    return found == keys_.end() ? nullptr : *found;
}

DeviceEntry* Registry::find(DeviceNo no) {
    return no >= 1 && no <= by_no_.size() ? by_no_[no - 1].get() : nullptr;
}

DeviceEntry& Registry::add(DeviceInfo info) {
    if (info.no == 0) info.no = static_cast<DeviceNo>(by_no_.size() + 1);
    if (by_no_.size() < info.no) by_no_.resize(info.no);
    auto entry = std::make_unique<DeviceEntry>();
    entry->info = std::move(info);
    DeviceEntry& device = *entry;
    by_no_[device.info.no - 1] = std::move(entry);
    keys_.insert(&device);
    return device;
}

void Registry::set_model(DeviceEntry& device, std::string_view model) {
    device.info.model = model;
    device.model = world_.catalogue.model(model);
    device.detection = world_.detector.begin(model);
}

Status Registry::load(std::vector<DeviceStateRow>& devices, const std::vector<StreamRow>& streams) {
    for (DeviceStateRow& row : devices) {
        const DeviceInfo& info = row.info;
        if (info.no == 0 || info.no > kDeviceNoMax || find(info.no) != nullptr ||
            find(info.tenant, info.device_id) != nullptr) {
            return fail(Errc::corrupt, "device " + info.tenant + "/" + info.device_id +
                                           ": number " + std::to_string(info.no) +
                                           " or id is used twice or out of range; restore the "
                                           "database from a backup");
        }
        DeviceEntry& device = add(std::move(row.info));
        device.model = world_.catalogue.model(device.info.model);
    }
    for (const StreamRow& row : streams) {
        DeviceEntry* device = find(row.device_no);
        if (device == nullptr) {
            return fail(Errc::corrupt, "stream " + std::to_string(row.stream_id) +
                                           " belongs to device number " +
                                           std::to_string(row.device_no) +
                                           ", which does not exist; restore the database from a "
                                           "backup");
        }
        device->streams.push_back(
            {.id = row.stream_id, .high_water = row.high_water, .last_at = row.last_at});
    }
    // Infos moved away above keep their number, so rows still find their device.
    for (std::size_t i = 0; i < devices.size(); ++i) {
        DeviceEntry& device = *find(devices[i].info.no);
        if (auto state = decode_device_state(devices[i].state, world_.detector, device); !state) {
            return state;
        }
    }
    return {};
}

DeviceEntry& Registry::enrol(std::string_view tenant, std::string_view device_id,
                             std::string_view model) {
    DeviceInfo info;
    info.tenant = tenant;
    info.device_id = device_id;
    DeviceEntry& device = add(std::move(info));
    set_model(device, model);
    touch(device);
    return device;
}

Result<CommandReply> Registry::register_device(const RegisterDevice& command) {
    const DeviceInfo& wanted = command.info;
    if (!knows_tenant(wanted.tenant)) {
        return fail(Errc::not_found, "tenant '" + wanted.tenant +
                                         "' is not configured; add it to `tenants` in the "
                                         "collector's configuration");
    }
    if (!valid_id(wanted.device_id)) {
        return fail(Errc::invalid, "device_id '" + wanted.device_id.substr(0, 80) +
                                       "': 1 to 64 characters of A-Z a-z 0-9 _ - are allowed");
    }
    CommandReply reply{.kind = CommandReply::Kind::unchanged, .id = wanted.device_id};
    DeviceEntry* device = find(wanted.tenant, wanted.device_id);
    if (device == nullptr) {
        device = &enrol(wanted.tenant, wanted.device_id, wanted.model);
        reply.kind = CommandReply::Kind::created;
    }
    bool changed = take_master_data(wanted, device->info);
    if (!wanted.model.empty() && wanted.model != device->info.model) {
        set_model(*device, wanted.model);
        changed = true;
    }
    if (changed) {
        touch(*device);
        if (reply.kind == CommandReply::Kind::unchanged) reply.kind = CommandReply::Kind::updated;
    }
    return reply;
}

void Registry::touch(DeviceEntry& device) {
    if (device.dirty) return;
    device.dirty = true;
    dirty_.push_back(&device);
}

void Registry::finish(Commit& commit) {
    commit.devices.reserve(commit.devices.size() + dirty_.size());
    for (DeviceEntry* device : dirty_) {
        DeviceStateRow& row = commit.devices.emplace_back();
        row.info = device->info;
        encode_device_state(*device, world_.detector, row.state);
        for (StreamEntry& stream : device->streams) {
            if (!stream.dirty) continue;
            stream.dirty = false;
            commit.streams.push_back(
                {device->info.no, stream.id, stream.high_water, stream.last_at});
        }
        device->dirty = false;
    }
    dirty_.clear();
}

}  // namespace aftercare::collector
