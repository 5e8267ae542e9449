// Who is known: devices by number and by (tenant, id), found without allocation.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "collector/core/commands.hpp"
#include "collector/core/intake/device_entry.hpp"
#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

class Registry {
  public:
    explicit Registry(const World& world) : world_(world) {}

    /// Errors: corrupt, naming the device (state unreadable, or two rows of one number or id).
    Status load(std::vector<DeviceStateRow>& devices, const std::vector<StreamRow>& streams);

    [[nodiscard]] bool knows_tenant(std::string_view tenant) const;
    DeviceEntry* find(std::string_view tenant, std::string_view device_id);
    DeviceEntry* find(DeviceNo no);
    /// A device that reported without being registered (open enrolment).  Pre: unknown so far.
    DeviceEntry& enrol(std::string_view tenant, std::string_view device_id, std::string_view model);
    /// Errors: invalid (ids), not_found (tenant).
    Result<CommandReply> register_device(const RegisterDevice& command);

    void touch(DeviceEntry& device);
    /// Appends the rows of what was touched.
    void finish(Commit& commit);
    [[nodiscard]] std::size_t size() const { return keys_.size(); }

  private:
    struct Key {
        std::string_view tenant;
        std::string_view device_id;
        friend bool operator==(const Key&, const Key&) = default;
    };
    static Key key_of(const DeviceEntry* device) {
        return {device->info.tenant, device->info.device_id};
    }
    struct KeyHash {
        using is_transparent = void;
        std::size_t operator()(const Key& key) const;
        std::size_t operator()(const DeviceEntry* device) const { return (*this)(key_of(device)); }
    };
    struct KeyEqual {
        using is_transparent = void;
        bool operator()(const DeviceEntry* a, const DeviceEntry* b) const { return a == b; }
        bool operator()(const Key& a, const DeviceEntry* b) const { return a == key_of(b); }
        bool operator()(const DeviceEntry* a, const Key& b) const { return b == key_of(a); }
    };

    DeviceEntry& add(DeviceInfo info);
    void set_model(DeviceEntry& device, std::string_view model);

    World world_;
    std::vector<std::unique_ptr<DeviceEntry>> by_no_;  ///< [no − 1]
    std::unordered_set<DeviceEntry*, KeyHash, KeyEqual> keys_;
    std::vector<DeviceEntry*> dirty_;
};

}  // namespace aftercare::collector
