// How many devices of a tenant run which model and firmware: what a flood is measured against.
// A firmware that no device runs any more is forgotten.
#pragma once

#include <string>

#include "collector/core/desk/names.hpp"
#include "collector/core/intake/known_device.hpp"

namespace aftercare::collector {

/// The three texts in one, each ended by a zero byte.
inline std::string kind_key(std::string_view tenant, std::string_view model,
                            std::string_view firmware) {
    std::string key;
    key.reserve(tenant.size() + model.size() + firmware.size() + 3);
    for (const std::string_view part : {tenant, model, firmware}) {
        key += part;
        key += '\0';
    }
    return key;
}

class Census {
  public:
    void add(const KnownDevice& device) { ++counts_[key_of(device)]; }
    /// Pre: it was added as it is.
    void remove(const KnownDevice& device) {
        const auto found = counts_.find(key_of(device));
        AFTERCARE_ASSERT(found != counts_.end());
        if (--found->second == 0) counts_.erase(found);
    }
    [[nodiscard]] std::size_t count(const KnownDevice& like) const {
        const auto found = counts_.find(key_of(like));
        return found == counts_.end() ? 0 : found->second;
    }

  private:
    static std::string key_of(const KnownDevice& device) {
        return kind_key(device.tenant.view(), device.model.view(), device.firmware.view());
    }
    ByName<std::size_t> counts_;
};

}  // namespace aftercare::collector
