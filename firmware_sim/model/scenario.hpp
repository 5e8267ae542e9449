// One simulated run as values; firmware_sim/world/scenario_toml reads it. Ratios are chances per
// message, batch or device-day as each name says; 0 switches a fault off.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "firmware_sim/model/customer.hpp"
#include "firmware_sim/model/kind.hpp"
#include "firmware_sim/model/service_centre.hpp"

namespace aftercare::sim {

struct FleetOptions {
    std::uint32_t device_count = 60;
    std::array<double, kFamilyCount> mix{1, 1, 1};  ///< shares by family
    double wear_factor = 1;                         ///< > 1 packs years of wear into a short run
    double age_years_max = 8;                       ///< ages at the start are uniform up to it
    std::uint32_t reading_window_h = 1;
};

struct AgentOptions {
    std::uint32_t records_per_report = 20;
    milliseconds flush_delay = hours_ms(6);
    milliseconds ack_timeout = hours_ms(1);
    milliseconds spool_sync_period = hours_ms(1);
    std::uint32_t spool_sector_bytes = 2048;
    std::uint32_t spool_sector_count = 16;
    std::uint32_t report_bytes_max = 4096;
    double power_cuts_per_device_day = 0;
    double torn_write_ratio = 0.5;  ///< share of power cuts that strike inside a write
    milliseconds outage_max{60'000};
};

/// Between agent and broker, and between broker and collector.
struct LinkOptions {
    double loss_ratio = 0;  ///< per message and direction
    double duplicate_ratio = 0;
    double reorder_ratio = 0;  ///< share of messages held back behind later ones
    milliseconds delay_min{20};
    milliseconds delay_max{200};
    milliseconds reorder_delay{30'000};
    double partitions_per_device_day = 0;
    milliseconds partition_mean{hours_ms(3)};
    double garbage_per_day = 0;  ///< broken messages under a device's name, whole fleet
};

struct BrokerOptions {
    double restarts_per_day = 0;  ///< each loses everything queued and every connection
    std::uint32_t queue_messages_max = 20'000;
};

struct CollectorOptions {
    milliseconds batch_period{60'000};  ///< waiting messages are taken this often
    std::uint32_t batch_messages_max = 10'000;
    double kill_before_commit_ratio = 0;  ///< per batch
    double kill_inside_commit_ratio = 0;  ///< dies with the transaction under way: nothing applied
    double kill_after_commit_ratio = 0;   ///< stored, but no publication leaves
    double store_refusal_ratio = 0;       ///< per batch: disk full or locked, passes
    milliseconds restart_delay{5'000};
};

/// One bound of the run's figures: name, and what is allowed.
struct Expectation {
    std::string figure;  ///< a member of the summary: "lost", "prediction.precision", …
    std::optional<double> at_least;
    std::optional<double> at_most;
};

struct Scenario {
    std::string name;
    std::string path;
    std::uint64_t seed = 1;
    WallTime start{};
    std::uint32_t days = 90;
    std::string tenant = "demo";
    std::string catalogue;  ///< path, resolved against the scenario file
    std::string rules;
    milliseconds score_horizon{};  ///< zero: each ticket's own
    FleetOptions fleet;
    CustomerOptions customers;
    CentreOptions centre;
    AgentOptions agent;
    LinkOptions link;
    BrokerOptions broker;
    CollectorOptions collector;
    std::vector<Expectation> expect;
};

}  // namespace aftercare::sim
