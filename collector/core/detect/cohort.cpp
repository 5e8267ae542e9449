#include "collector/core/detect/cohort.hpp"

#include <algorithm>

#include "common/hash.hpp"

namespace aftercare::collector {
namespace {

const CohortReference* reference_for(const Predicate& predicate,
                                     std::span<const CohortChoice> choices,
                                     std::uint32_t firmware) {
    const CohortReference* fallback = nullptr;
    for (const CohortChoice& choice : choices) {
        const CohortReference* reference = &predicate.references[choice.reference];
        if (choice.firmware == 0) fallback = reference;
        if (choice.firmware != 0 && choice.firmware == firmware) return reference;
    }
    return fallback;
}

}  // namespace

std::uint32_t firmware_hash(std::string_view firmware) {
    if (firmware.empty()) return 0;
    Hash64 hash;
    hash.add(firmware);
    return std::max(static_cast<std::uint32_t>(hash.value()), 1U);
}

double percentile_of(const CohortReference& reference, double value) {
    const auto& quantiles = reference.quantiles;
    if (value < quantiles.front()) return 0;
    if (value > quantiles.back()) return 100;
    const auto above = std::upper_bound(quantiles.begin(), quantiles.end(), value);
    if (above == quantiles.end()) return kCohortPercents.back();
    const auto i = static_cast<std::size_t>(above - quantiles.begin()) - 1;
    const double share = (value - quantiles[i]) / (quantiles[i + 1] - quantiles[i]);
    return kCohortPercents[i] + share * (kCohortPercents[i + 1] - kCohortPercents[i]);
}

Verdict judge(const Predicate& predicate, std::span<const CohortChoice> choices, CohortState& state,
              bool was_true, float value, WallTime at) {
    const Moments window = add_reading(predicate, state.window, value, at);
    const CohortReference* reference = reference_for(predicate, choices, state.firmware);
    if (reference == nullptr || window.count < predicate.samples_min) return {};
    const double percentile = percentile_of(*reference, window.mean);
    const double beyond = predicate.side == Side::below ? 100 - percentile : percentile;
    const double limit = was_true ? predicate.clear_limit : predicate.limit;
    return {.truth = beyond >= limit ? Truth::yes : Truth::no,
            .start = at,
            .value = static_cast<float>(window.mean),
            .baseline = static_cast<float>(reference->quantiles[kCohortPercents.size() / 2]),
            .deviation = static_cast<float>(beyond)};
}

bool take_firmware(CohortState& state, std::uint32_t firmware) {
    if (firmware == 0 || state.firmware == firmware) return false;
    state = {.firmware = firmware, .window = {}};
    return true;
}

void encode(const CohortState& state, ByteWriter& bytes) {
    bytes.put(state.firmware);
    encode(state.window, bytes);
}

void decode(ByteReader& bytes, CohortState& state) {
    state.firmware = bytes.get<std::uint32_t>();
    decode(bytes, state.window);
}

}  // namespace aftercare::collector
