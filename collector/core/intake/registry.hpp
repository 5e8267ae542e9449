// Who is known: devices by number and by (tenant, id), found without allocation.
#pragma once

#include <list>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "collector/core/commands.hpp"
#include "collector/core/intake/census.hpp"
#include "collector/core/intake/device_entry.hpp"
#include "collector/core/intake/device_index.hpp"
#include "collector/core/intake/device_table.hpp"
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

    /// As a report names it.
    void set_firmware(DeviceEntry& device, std::string_view firmware);
    /// How many devices are of which kind.
    [[nodiscard]] const Census& census() const { return census_; }

    /// Has the device's work at hand, at least until the next `finish`.
    void wake(DeviceEntry& device);
    /// Wakes it; its row is part of the next `finish`.
    void touch(DeviceEntry& device);
    /// `detector`, which the world's parts refer to, becomes `next`: rules of an unchanged
    /// definition go on where they were. Pre: nothing is touched.
    void change_rules(Detector& detector, Detector& next);
    /// Appends the rows of what was touched; beyond kAwakeDevicesMax those not needed for the
    /// longest time rest, unless reports of theirs wait.
    void finish(Commit& commit);
    [[nodiscard]] std::size_t size() const { return index_.size(); }
    /// Highest device number in use.
    [[nodiscard]] DeviceNo newest_no() const { return table_.last_no(); }
    [[nodiscard]] std::size_t awake_count() const { return awake_.size(); }
    /// Devices whose stored state another version of the program wrote, found by `load`.
    [[nodiscard]] std::size_t restarted_count() const { return restarted_; }
    [[nodiscard]] TextPool& texts() { return texts_; }

  private:
    std::unique_ptr<DeviceWork> work_for(DeviceEntry& device);
    void tell_part_lives(DeviceEntry& device) const;
    DeviceEntry& add(const DeviceInfo& info);
    void set_model(DeviceEntry& device, std::string_view model);
    void append_rows(DeviceEntry& device, Commit& commit);

    World world_;
    TextPool texts_;  ///< before all that use it
    DeviceTable table_;
    DeviceIndex index_;
    Census census_;
    std::list<DeviceEntry*> awake_;  ///< the one needed last is last
    std::vector<DeviceEntry*> touched_;
    std::size_t restarted_ = 0;
};

}  // namespace aftercare::collector
