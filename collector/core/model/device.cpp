#include "collector/core/model/device.hpp"

#include "collector/core/model/text.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 6> kRefusals{"none",      "old_version", "bad_value",
                                                    "malformed", "unsupported", "storage"};

}  // namespace

std::string_view to_string(ConfigRefusal refusal) {
    return name_in(kRefusals, refusal);
}

std::optional<ConfigRefusal> parse_config_refusal(std::string_view text) {
    return member_in<ConfigRefusal>(kRefusals, text);
}

WarrantyState warranty_at(std::optional<WallTime> warranty_until, WallTime at) {
    if (!warranty_until) return WarrantyState::unknown;
    return at < *warranty_until ? WarrantyState::in_warranty : WarrantyState::out_of_warranty;
}

}  // namespace aftercare::collector
