#include "collector/core/intake/registry.hpp"

#include <algorithm>
#include <utility>

#include "collector/core/intake/device_state.hpp"

namespace aftercare::collector {
namespace {

/// Numbers are dense; a row far out is damage, not growth.
constexpr DeviceNo kDeviceNoMax = 16'000'000;

/// What a state usually grows by from one commit to the next, at most.
constexpr std::size_t kStateGrowthBytes = 32;

bool has_waiting(const DeviceEntry& device) {
    return std::any_of(device.streams.begin(), device.streams.end(), [](const StreamEntry& s) {
        return s.work != nullptr && (s.work->lanes[0].intake.waiting_count() > 0 ||
                                     s.work->lanes[1].intake.waiting_count() > 0);
    });
}

/// All but the detection state, whose memory is used again.
void clear_for_another(DeviceWork& work) {
    work.turns = {};
    work.part_lives.clear();
    work.lapse_times.clear();
}

void let_rest(DeviceEntry& device) {
    device.work.reset();
    for (StreamEntry& stream : device.streams) stream.work.reset();
}

}  // namespace

bool Registry::knows_tenant(std::string_view tenant) const {
    const auto& tenants = world_.settings.tenants;
    return std::find(tenants.begin(), tenants.end(), tenant) != tenants.end();
}

DeviceEntry* Registry::find(std::string_view tenant, std::string_view device_id) {
    return find(index_.find(DeviceIndex::hash_of(tenant, device_id), [&](DeviceNo no) {
        const KnownDevice& info = table_.find(no)->info;
        return info.device_id() == device_id && info.tenant == tenant;
    }));
}

DeviceEntry* Registry::find(DeviceNo no) {
    return table_.find(no);
}

DeviceEntry& Registry::add(const DeviceInfo& info) {
    const DeviceNo no = info.no == 0 ? table_.last_no() + 1 : info.no;
    DeviceEntry& device = table_.add(no);
    device.info = known_device(info, texts_);
    device.info.no = no;
    const auto hash_of = [this](DeviceNo number) {
        const KnownDevice& known = table_.find(number)->info;
        return DeviceIndex::hash_of(known.tenant, known.device_id());
    };
    index_.add(hash_of(device.info.no), device.info.no, hash_of);
    census_.add(device.info);
    return device;
}

void Registry::set_model(DeviceEntry& device, std::string_view model) {
    touch(device);
    census_.remove(device.info);
    device.info.model = texts_.share(model);
    census_.add(device.info);
    device.model = world_.catalogue.model(model);
    device.awake().detection = world_.detector.begin(model);
}

void Registry::set_firmware(DeviceEntry& device, std::string_view firmware) {
    if (device.info.firmware == firmware) return;
    census_.remove(device.info);
    device.info.firmware = texts_.share(firmware);
    census_.add(device.info);
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
        DeviceEntry& device = add(info);
        device.model = world_.catalogue.model(device.info.model);
        device.stored.assign(row.state);
        row = {};
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
    // Each is read once now, so that damage shows before anything is taken in.
    auto work = std::make_unique<DeviceWork>();
    for (DeviceNo no = 1; no <= table_.last_no(); ++no) {
        DeviceEntry* device = table_.find(no);
        if (device == nullptr) continue;
        device->work = std::move(work);
        const auto read = decode_device_state(device->stored.view(), world_.detector, *device);
        work = std::move(device->work);
        let_rest(*device);
        clear_for_another(*work);
        if (!read) return fail(read.error());
        if (*read == StateRead::other_version) ++restarted_;
    }
    return {};
}

DeviceEntry& Registry::enrol(std::string_view tenant, std::string_view device_id,
                             std::string_view model) {
    DeviceInfo info;
    info.tenant = tenant;
    info.device_id = device_id;
    DeviceEntry& device = add(info);
    set_model(device, model);
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
    bool changed = take_master_data(wanted, texts_, device->info);
    if (!wanted.model.empty() && !(device->info.model == wanted.model)) {
        set_model(*device, wanted.model);
        changed = true;
    }
    if (changed) {
        touch(*device);
        world_.detector.describe(device->awake().detection,
                                 {.firmware = {}, .installed_at = device->info.installed_at});
        if (reply.kind == CommandReply::Kind::unchanged) reply.kind = CommandReply::Kind::updated;
    }
    return reply;
}

// With all places taken the one idle for longest gives up place and memory.
std::unique_ptr<DeviceWork> Registry::work_for(DeviceEntry& device) {
    if (awake_.size() < kAwakeDevicesMax || awake_.front()->awake().dirty ||
        has_waiting(*awake_.front())) {
        auto work = std::make_unique<DeviceWork>();
        work->place = awake_.insert(awake_.end(), &device);
        return work;
    }
    DeviceEntry& idle = *awake_.front();
    std::unique_ptr<DeviceWork> work = std::move(idle.work);
    let_rest(idle);
    awake_.splice(awake_.end(), awake_, work->place);
    *work->place = &device;
    clear_for_another(*work);
    return work;
}

void Registry::wake(DeviceEntry& device) {
    if (device.work) {
        awake_.splice(awake_.end(), awake_, device.work->place);
        return;
    }
    device.work = work_for(device);
    if (device.stored.empty()) {
        device.work->detection = world_.detector.begin(device.info.model);
        return;
    }
    // Read before, or written by this engine.
    const auto read = decode_device_state(device.stored.view(), world_.detector, device);
    AFTERCARE_ASSERT(read.has_value());
    tell_part_lives(device);
}

// Rules that began afresh with a changed pack know nothing of them.
void Registry::tell_part_lives(DeviceEntry& device) const {
    for (const auto& [component, at] : device.work->part_lives) {
        world_.detector.part_replaced(device.work->detection, component, at);
    }
}

void Registry::change_rules(Detector& detector, Detector& next) {
    AFTERCARE_ASSERT(&detector == &world_.detector && touched_.empty());
    std::vector<std::string> states;
    for (const DeviceEntry* device : awake_) {
        detector.encode(device->work->detection, states.emplace_back());
    }
    detector.become(next);
    auto bytes = states.begin();
    for (DeviceEntry* device : awake_) {
        auto state = detector.decode(device->info.model, *bytes++);
        device->work->detection = state ? std::move(*state) : detector.begin(device->info.model);
        tell_part_lives(*device);
    }
}

void Registry::touch(DeviceEntry& device) {
    wake(device);
    if (std::exchange(device.awake().dirty, true)) return;
    touched_.push_back(&device);
}

void Registry::append_rows(DeviceEntry& device, Commit& commit) {
    DeviceStateRow& row = commit.devices.emplace_back();
    row.info = info_of(device.info);
    row.state.reserve(device.stored.size() + kStateGrowthBytes);
    encode_device_state(device, world_.detector, row.state);
    device.stored.assign(row.state);
    for (StreamEntry& stream : device.streams) {
        if (!std::exchange(stream.dirty, false)) continue;
        commit.streams.push_back({device.info.no, stream.id, stream.high_water, stream.last_at});
    }
    device.awake().dirty = false;
}

void Registry::finish(Commit& commit) {
    for (DeviceEntry* device : touched_) append_rows(*device, commit);
    touched_.clear();
    auto next = awake_.begin();
    while (awake_.size() > kAwakeDevicesMax && next != awake_.end()) {
        if (has_waiting(**next)) {
            ++next;
            continue;
        }
        let_rest(**next);
        next = awake_.erase(next);
    }
}

}  // namespace aftercare::collector
