#include "firmware_sim/model/kind.hpp"

#include "firmware_sim/model/kinds.hpp"

namespace aftercare::sim {

std::string_view to_string(Family family) {
    switch (family) {
        case Family::washing_machine:
            return "washing_machine";
        case Family::refrigerator:
            return "refrigerator";
        case Family::air_conditioner:
            return "air_conditioner";
    }
    return "unknown";
}

std::string_view to_string(Cause cause) {
    switch (cause) {
        case Cause::wear_out:
            return "wear_out";
        case Cause::infant:
            return "infant";
        case Cause::random:
            return "random";
        case Cause::user_caused:
            return "user_caused";
    }
    return "unknown";
}

const FailureModeSpec* ApplianceKind::mode(std::string_view mode_id) const {
    for (const auto& spec : modes) {
        if (spec.id == mode_id) return &spec;
    }
    return nullptr;
}

const ApplianceKind& kind_of(Family family) {
    switch (family) {
        case Family::washing_machine:
            return washing_machine();
        case Family::refrigerator:
            return refrigerator();
        case Family::air_conditioner:
            break;
    }
    return air_conditioner();
}

std::span<const ApplianceKind* const> all_kinds() {
    static const ApplianceKind* const kKinds[] = {&washing_machine(), &refrigerator(),
                                                  &air_conditioner()};
    return kKinds;
}

}  // namespace aftercare::sim
