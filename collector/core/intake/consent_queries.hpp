// Asks the appliance to ask its owner: as long as a device reports consent epoch 0, what it may
// tell is the firmware's guess. At most once in Settings::consent_query_every for each device; a
// restart forgets who was asked, which costs one more query.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/core/engine.hpp"
#include "collector/core/intake/device_entry.hpp"
#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

class ConsentQueries {
  public:
    /// Lifetime: `settings` must outlive it.
    explicit ConsentQueries(const Settings& settings) : settings_(settings) {}

    /// The device reported something new.
    void on_report(const DeviceEntry& device, const Step& step);
    [[nodiscard]] std::uint64_t count() const { return count_; }

  private:
    const Settings& settings_;
    std::vector<std::uint32_t> next_at_min_;  // by device number, for there are many; monotonic
    std::uint64_t count_ = 0;
};

}  // namespace aftercare::collector
