#include "collector/core/model/device.hpp"

namespace aftercare::collector {

WarrantyState warranty_at(std::optional<WallTime> warranty_until, WallTime at) {
    if (!warranty_until) return WarrantyState::unknown;
    return at < *warranty_until ? WarrantyState::in_warranty : WarrantyState::out_of_warranty;
}

}  // namespace aftercare::collector
