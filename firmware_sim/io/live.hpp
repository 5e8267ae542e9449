// The live run: a scenario's appliances as real MQTT clients of a real broker, its people as
// clients of a real collector's HTTP API, on a virtual clock that both sides share.
#pragma once

#include <optional>
#include <string>

#include "common/time.hpp"
#include "firmware_sim/model/scenario.hpp"

namespace aftercare::sim {

struct LiveOptions {
    Scenario scenario;             ///< with --seed, --devices and --days already in it
    std::string broker_url;        ///< "mqtt://HOST:PORT"
    std::string api_url;           ///< "http://HOST:PORT"
    std::string token_file;        ///< bearer token of role `maker`
    std::string credentials_file;  ///< MQTT, "DEVICE_ID:PASSWORD" per line; empty = anonymous
    std::string ledger_file;  ///< what every agent made, one JSON object per line; empty = none
    std::optional<WallTime> clock_start;  ///< default: the scenario's start
    std::optional<double> clock_speed;    ///< default: the scenario in 60 s
    std::optional<WallTime> clock_epoch;  ///< default: 2 s from now
    bool json = false;
};

/// Runs until every record is acknowledged and every command answered; SIGINT and SIGTERM end
/// virtual time early. Progress goes to stderr, the figures to stdout. Returns a sysexits code: 0,
/// 64 usage, 66 a file cannot be read, 69 collector or broker cannot be reached, 74 the ledger
/// cannot be written, 75 something was still unacknowledged after a minute without progress.
int run_live_fleet(const LiveOptions& options);

/// The scenario's devices on stdout, ids only or as the JSON that POST /api/v1/devices takes: to
/// make credentials, or to register them by hand. Returns 0.
int print_devices(const Scenario& scenario, bool json);

}  // namespace aftercare::sim
