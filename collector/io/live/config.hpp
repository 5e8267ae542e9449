// The collector's config file (TOML) as values. A mistake names file, line, key and what is
// allowed; an unknown key is a mistake, so that a typo never silently means the default.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/core/engine.hpp"
#include "collector/core/learn/calibration/rule_report.hpp"
#include "collector/io/http/rate_limit.hpp"
#include "collector/io/live/catalogue_name.hpp"
#include "collector/io/live/live.hpp"
#include "collector/io/live/log.hpp"
#include "collector/io/sqlite/housekeeping.hpp"
#include "common/result.hpp"
#include "common/scaled_clock.hpp"

namespace aftercare::collector {

struct BrokerConfig {
    std::string url;
    std::string client_id = "aftercare-collector";
    std::string username;
    std::string password_file;
    std::string ca_file;
    std::string cert_file;
    std::string key_file;
    std::vector<unsigned> buckets;  ///< empty = all 64
};

struct HttpConfig {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8480;  ///< 0 = any free one
    std::string port_file;      ///< where the port in use is written; empty = nowhere
    std::size_t connections_max = 256;
    ApiLimits limits;
};

struct BatchConfig {
    milliseconds interval{100};                ///< between the starts of two transactions
    std::size_t reports_max = 1'000;           ///< per transaction
    std::size_t bytes_max = 4U * 1024 * 1024;  ///< of the reports of one transaction
    std::size_t queue_reports_max = 20'000;
    std::size_t queue_bytes_max = 64U * 1024 * 1024;
};

struct CollectorConfig {
    std::string file;  ///< where it came from; empty when only flags were given
    BrokerConfig broker;
    std::string database_path;
    bool set_aside_corrupt = false;  ///< by the command line only
    HttpConfig http;
    Settings settings;
    std::vector<std::string> catalogue_files;
    std::vector<CatalogueName> catalogue_names;  ///< of the service centres: see check_centres
    std::vector<std::string> rule_files;
    std::string rules_owner;  ///< tenant; empty with several tenants = nobody by the API
    bool clock_scaled = false;
    ScaledClock clock;
    BatchConfig batch;
    std::optional<Costs> costs;  ///< what the maker said a visit and a failure cost
    LogConfig log;
    RetentionOptions retention{{hours_ms(24.0 * 3650), hours_ms(24.0 * 3650), hours_ms(24.0 * 1825),
                                hours_ms(24.0 * 730)}};
};

/// Relative file names mean: beside the config file.
/// Errors: invalid, one line per mistake: "FILE:LINE:COLUMN: [section], key 'k': what is allowed".
Result<CollectorConfig> parse_config(std::string_view text, const std::string& file);
Result<CollectorConfig> load_config(const std::string& file);

/// What the command line says wins. `real_now` is the clock's epoch where none is given.
/// Errors: invalid, naming the flag; a broker that would let strangers in (see refuse_open_broker).
Result<CollectorConfig> with_options(CollectorConfig config, const RunOptions& options,
                                     WallTime real_now);

/// "host:port".  Errors: invalid.
Status parse_listen(std::string_view text, HttpConfig& http);

/// A secret read from its file, without the newline at its end.
/// Errors: invalid when the file is missing, or readable by others than its owner and group.
Result<std::string> read_secret(const std::string& file);

}  // namespace aftercare::collector
