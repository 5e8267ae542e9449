// The single checks behind `doctor`: each says what it found and, when that is not well, the way
// out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/io/live/config.hpp"
#include "collector/ports/queries.hpp"

namespace aftercare::collector {

enum class Health : std::uint8_t { ok, warn, fail };
constexpr std::string_view to_string(Health health) {
    return health == Health::ok ? "ok" : health == Health::warn ? "warn" : "fail";
}

struct DoctorCheck {
    std::string name;  ///< stable: "disk", "integrity", …
    Health health = Health::ok;
    std::string finding;
    std::string way_out;  ///< empty when ok
};
using DoctorChecks = std::vector<DoctorCheck>;

/// What reading the database told.
struct DatabaseFacts {
    Counts counts;
    std::vector<QuarantineSummary> quarantine;
    std::uintmax_t database_bytes = 0;
    std::uintmax_t log_bytes = 0;
    std::uintmax_t free_bytes = 0;
    std::optional<WallTime> last_seen_at;
    std::uint64_t silent_devices = 0;  ///< registered, never heard of
};

std::string bytes_text(std::uintmax_t bytes);

/// File and folder of the database: who may read and write them.
void check_permissions(const std::string& database_path, DoctorChecks& checks);
/// Pages of the file; `full` also holds indexes against their tables, as long as it takes.
void check_integrity_of(const std::string& database_path, bool full, DoctorChecks& checks);
/// Disk space, log, refusals, silence, gaps. `now` is null when the database lives in a time of its
/// own.
void check_facts(const DatabaseFacts& facts, std::optional<WallTime> now, DoctorChecks& checks);
/// Is this machine's clock kept right by somebody?
void check_clock(DoctorChecks& checks);
/// Secrets and certificates that the config names.
void check_secrets(const CollectorConfig& config, DoctorChecks& checks);
/// Does the broker answer, and let the collector in?
void check_broker(const CollectorConfig& config, DoctorChecks& checks);
/// The settings of a Mosquitto without which a stalled consumer or a restart costs resends, or
/// more.
void check_broker_file(const std::string& file, DoctorChecks& checks);

}  // namespace aftercare::collector
