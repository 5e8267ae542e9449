// Which fault codes, or pairs of them, come before a component's failure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collector/core/learn/fit/tally.hpp"

namespace aftercare::collector {

/// Nats within which a simpler or shorter form of the same condition is preferred.
inline constexpr double kNatsAlike = 3;

/// What was right only once is a coincidence.
inline constexpr std::uint32_t kRightMin = 2;

struct Trigger {
    enum class Kind : std::uint8_t {
        codes,   ///< any of `codes`
        repeat,  ///< `count` of one code within `window`
        pair     ///< both codes within `window`
    };
    static constexpr std::size_t kKinds = 3;
    Kind kind = Kind::codes;
    std::vector<std::uint32_t> codes;
    std::uint32_t count = 1;
    milliseconds window{};
    milliseconds horizon{};
    TrialTally tally;
    double score = 0;  ///< evidence less the price of the search, in nats
};

/// The condition with the highest score over all devices, with readings or without, when that is
/// above zero; behind it those of other kinds that are above zero too and announce more failures: a
/// filter may make them the better ones. The price is the logarithm of the number of candidates of
/// its kind, so that a search among many codes must find more; what was right only once is a
/// coincidence. Horizons: those to be tried.
std::vector<Trigger> find_triggers(const Fleet& fleet, std::uint32_t component,
                                   std::span<const milliseconds> horizons);

/// How long the condition goes on counting as evidence once it became true.
milliseconds hold_of(const Trigger& trigger);
Episodes episodes_of(const Fleet& fleet, const Trigger& trigger);
Predicate predicate_of(const Fleet& fleet, const Trigger& trigger);

/// The shortest of `horizons` that is half as long again as the lead of nine right tickets in ten:
/// the next device will not keep exactly to what these did.
milliseconds horizon_for(const TrialTally& tally, std::span<const milliseconds> horizons);

}  // namespace aftercare::collector
