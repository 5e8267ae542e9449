// The board under the superloop example, with a collector behind its MQTT client. One per process,
// as the example's own state is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/report.hpp"

namespace aftercare::test {

struct FakeBoard {
    std::uint32_t now_ms = 0;
    std::int64_t wall_unix_ms = 0;  ///< 0 = the clock is not set
    bool network = true;
    bool acknowledging = true;
    float water_celsius = 60;
    std::uint32_t fault_code = 0;

    std::vector<Report> reports;  ///< as the collector decoded them
    std::string up_topic;
    std::uint32_t spoilt_programs = 0;  ///< that real flash would not have taken
    std::vector<std::uint32_t> erases_by_page;

    /// A blank flash, a network, an acknowledging collector.
    void reset();
    /// Takes turns of the loop until so much time has passed.
    void run(std::uint32_t duration_ms);
};

FakeBoard& board();

}  // namespace aftercare::test
