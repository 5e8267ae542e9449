// What a collector's database really holds, counted record by record from the bytes as received:
// the oracle of the crash tests, independent of the collector's own bookkeeping.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/result.hpp"
#include "common/telemetry.hpp"

namespace aftercare::test {

struct LaneContent {
    std::map<Seq, unsigned> copies;         ///< per stored record, how many times
    std::vector<std::pair<Seq, Seq>> gaps;  ///< declared, first to last
    std::map<Seq, std::uint32_t> fault_codes;

    [[nodiscard]] bool in_gap(Seq seq) const;
    /// The highest seq that is stored or declared lost.
    [[nodiscard]] Seq reach() const;
    /// Every seq of 1..`made` is stored once or lies in a declared gap, and nothing else is there.
    /// Empty when so, else what is wrong first.
    [[nodiscard]] std::string fault(Seq made) const;
};

struct StreamKey {
    std::string device_id;
    std::uint64_t stream_id = 0;
    auto operator<=>(const StreamKey&) const = default;
};

using StoredRecords = std::map<StreamKey, std::array<LaneContent, kLaneCount>>;

/// Errors: unavailable (cannot be read), corrupt (bytes that do not decode).
Result<StoredRecords> read_stored_records(const std::filesystem::path& database);

}  // namespace aftercare::test
