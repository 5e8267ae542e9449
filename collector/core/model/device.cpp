#include "collector/core/model/device.hpp"

namespace aftercare::collector {

WarrantyState warranty_at(const DeviceInfo& device, WallTime at) {
    if (!device.warranty_until) return WarrantyState::unknown;
    return at < *device.warranty_until ? WarrantyState::in_warranty
                                       : WarrantyState::out_of_warranty;
}

}  // namespace aftercare::collector
