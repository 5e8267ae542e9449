#include "collector/cli/doctor_checks.hpp"

#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <sstream>

#include "collector/cli/shell.hpp"
#include "collector/io/paho/paho_source.hpp"
#include "collector/io/sqlite/verify.hpp"

namespace aftercare::collector {
namespace {

/// Below this an SQLite file with its log may fail to commit.
constexpr std::uintmax_t kFreeBytesMin = 64ULL * 1024 * 1024;
constexpr std::uintmax_t kFreeBytesLow = 1024ULL * 1024 * 1024;
/// Four times what the store lets it grow to before it folds it in.
constexpr std::uintmax_t kLogBytesHigh = 256ULL * 1024 * 1024;
constexpr std::chrono::seconds kBrokerPatience{5};
constexpr milliseconds kSilenceLong{24LL * 3'600'000};

void add(DoctorChecks& checks, std::string name, std::string finding) {
    checks.push_back({std::move(name), Health::ok, std::move(finding), ""});
}
void add(DoctorChecks& checks, std::string name, Health health, std::string finding,
         std::string way_out) {
    checks.push_back({std::move(name), health, std::move(finding), std::move(way_out)});
}

std::string mode_text(mode_t mode) {
    char text[8];
    std::snprintf(text, sizeof text, "%04o", mode & 07777U);
    return text;
}

void check_secret(const std::string& name, const std::string& file, mode_t forbidden,
                  DoctorChecks& checks) {
    if (file.empty()) return;
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0 || ::access(file.c_str(), R_OK) != 0) {
        return add(checks, name, Health::fail, file + " cannot be read",
                   "correct the path, or let the collector's user read it");
    }
    if ((info.st_mode & forbidden) != 0) {
        return add(checks, name, Health::fail,
                   file + " has mode " + mode_text(info.st_mode) + " and holds a secret",
                   "chmod 0600 " + file);
    }
    add(checks, name, file + ", mode " + mode_text(info.st_mode));
}

void check_disk(const DatabaseFacts& facts, DoctorChecks& checks) {
    const std::string finding = bytes_text(facts.free_bytes) + " free beside " +
                                bytes_text(facts.database_bytes) + " of database";
    if (facts.free_bytes >= kFreeBytesLow) return add(checks, "disk", finding);
    const bool none = facts.free_bytes < kFreeBytesMin;
    add(checks, "disk", none ? Health::fail : Health::warn, finding,
        none ? "commits may start to fail: free space, or shorten the retention"
             : "free space, or shorten the retention, before commits start to fail");
}

void check_refusals(const DatabaseFacts& facts, DoctorChecks& checks) {
    std::map<RefusalReason, std::uint64_t> counts;  // of all tenants
    for (const QuarantineSummary& one : facts.quarantine) counts[one.reason] += one.count;
    std::string reasons;
    for (const auto& [reason, count] : counts) {
        reasons += (reasons.empty() ? "" : ", ") + std::string(to_string(reason)) + " " +
                   std::to_string(count);
    }
    if (reasons.empty()) return add(checks, "quarantine", "nothing was refused");
    add(checks, "quarantine", Health::warn, "messages were refused: " + reasons,
        "aftercare-collector quarantine show REASON; when its cause is gone, retry REASON");
}

void check_lag(const DatabaseFacts& facts, std::optional<WallTime> now, DoctorChecks& checks) {
    if (!facts.last_seen_at) return add(checks, "lag", "no telemetry yet");
    const std::string finding = "last telemetry " + short_time(facts.last_seen_at);
    if (!now) return add(checks, "lag", finding);
    if (*facts.last_seen_at > *now + milliseconds{60'000}) {
        return add(checks, "lag", Health::warn, finding + ", which is ahead of this clock",
                   "set the clock of this machine, or ignore it for a simulation's database");
    }
    if (*now - *facts.last_seen_at > kSilenceLong) {
        return add(checks, "lag", Health::warn, finding + ", more than a day ago",
                   "is the collector running and connected? See /readyz");
    }
    add(checks, "lag", finding);
}

/// "key value" lines, the last one wins.
std::map<std::string, std::string> settings_in(std::istream& file) {
    std::map<std::string, std::string> settings;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string key;
        std::string value;
        if (words >> key >> value && key[0] != '#') settings[key] = value;
    }
    return settings;
}

}  // namespace

std::string bytes_text(std::uintmax_t bytes) {
    constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
    return text;
}

void check_permissions(const std::string& database_path, DoctorChecks& checks) {
    std::error_code failed;
    const std::string folder = std::filesystem::absolute(database_path, failed).parent_path();
    struct stat info {};
    if (::stat(database_path.c_str(), &info) != 0) {
        return add(checks, "permissions", Health::fail, database_path + " cannot be looked at",
                   "correct the path, or run doctor as the collector's user");
    }
    if (::access(folder.c_str(), W_OK) != 0 || ::access(database_path.c_str(), W_OK) != 0) {
        return add(checks, "permissions", Health::fail,
                   "this user may not write " + database_path + " and its folder",
                   "run doctor as the collector's user; else chown the folder to it");
    }
    if ((info.st_mode & S_IRWXO) != 0) {
        return add(checks, "permissions", Health::warn,
                   database_path + " has mode " + mode_text(info.st_mode) +
                       ": every user of this machine may read customers' data",
                   "chmod 0640 " + database_path);
    }
    add(checks, "permissions", database_path + ", mode " + mode_text(info.st_mode));
}

void check_integrity_of(const std::string& database_path, bool full, DoctorChecks& checks) {
    const Status whole =
        check_database_file(database_path, full ? Thoroughness::full : Thoroughness::start);
    if (whole) {
        return add(checks, "integrity",
                   full ? "pages, indexes and constraints agree" : "pages are whole (--full: all)");
    }
    add(checks, "integrity", Health::fail, whole.error().message,
        "restore the last backup; aftercare-collector verify says what is hit");
}

void check_facts(const DatabaseFacts& facts, std::optional<WallTime> now, DoctorChecks& checks) {
    check_disk(facts, checks);
    if (facts.log_bytes > kLogBytesHigh) {
        add(checks, "log", Health::warn, "the log has grown to " + bytes_text(facts.log_bytes),
            "a long reader (verify, an export, a backup) holds it: let it end");
    } else {
        add(checks, "log", bytes_text(facts.log_bytes));
    }
    check_refusals(facts, checks);
    check_lag(facts, now, checks);
    if (facts.counts.gap_records > 0) {
        add(checks, "gaps", Health::warn,
            std::to_string(facts.counts.gap_records) + " records were declared lost by devices",
            "spool full, device reset, or a database put back from a backup");
    } else {
        add(checks, "gaps", "no record was lost");
    }
    if (facts.silent_devices > 0) {
        add(checks, "silent_devices", Health::warn,
            std::to_string(facts.silent_devices) + " registered devices have never been heard of",
            "are they switched on, and do they know this broker and their ids?");
    }
}

void check_clock(DoctorChecks& checks) {
    timex state{};
    const int result = ::adjtimex(&state);
    if (result < 0) return add(checks, "clock", "this system does not say who keeps its clock");
    if (result == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
        return add(checks, "clock", Health::warn, "nobody keeps the clock of this machine right",
                   "switch time synchronisation on (systemd-timesyncd, chrony)");
    }
    add(checks, "clock", "synchronised");
}

void check_secrets(const CollectorConfig& config, DoctorChecks& checks) {
    check_secret("broker_password", config.broker.password_file, S_IRWXO, checks);
    check_secret("broker_key", config.broker.key_file, S_IRWXG | S_IRWXO, checks);
    check_secret("broker_certificate", config.broker.cert_file, 0, checks);
    check_secret("broker_ca", config.broker.ca_file, 0, checks);
}

void check_broker(const CollectorConfig& config, DoctorChecks& checks) {
    PahoOptions options{.url = config.broker.url,
                        .client_id = config.broker.client_id + "-doctor",
                        .username = config.broker.username,
                        .ca_file = config.broker.ca_file,
                        .cert_file = config.broker.cert_file,
                        .key_file = config.broker.key_file};
    if (!config.broker.password_file.empty()) {
        auto password = read_secret(config.broker.password_file);
        if (password) options.password = std::move(*password);
    }
    options.session_expiry = std::chrono::seconds{0};  // leaves nothing behind
    std::promise<std::string> first;
    std::atomic<bool> told = false;
    options.on_link = [&](bool connected, const std::string& why) {
        if (!told.exchange(true)) first.set_value(connected ? "" : why);
    };
    auto answer = first.get_future();
    const auto source = PahoSource::create(options);
    std::string trouble = source ? "" : source.error().message;
    if (source) {
        trouble = answer.wait_for(kBrokerPatience) == std::future_status::ready
                      ? answer.get()
                      : config.broker.url + " does not answer";
    }
    if (!trouble.empty()) {
        return add(checks, "broker", Health::fail, trouble,
                   "start it, or correct [broker] url, login and certificates");
    }
    add(checks, "broker", config.broker.url + " answers and lets the collector in");
}

void check_broker_file(const std::string& file, DoctorChecks& checks) {
    std::ifstream stream(file);
    if (!stream) {
        return add(checks, "broker_file", Health::fail, file + " cannot be read",
                   "name the mosquitto.conf in force");
    }
    const auto settings = settings_in(stream);
    const auto value = [&](const char* key) {
        const auto found = settings.find(key);
        return found == settings.end() ? std::string("not set") : found->second;
    };
    const auto demand = [&](const char* key, const char* expected, const char* because) {
        if (value(key) == expected) return;
        add(checks, "broker_file", Health::warn, std::string(key) + " is " + value(key),
            "set it to " + std::string(expected) + ": " + because);
    };
    const std::size_t before = checks.size();
    demand("persistence", "true", "else a restart of the broker drops what it holds");
    demand("max_queued_messages", "0", "else a stalled collector makes it drop messages silently");
    demand("set_tcp_nodelay", "true", "else acknowledgements wait for each other");
    demand("allow_anonymous", "false", "else anybody may send telemetry and read notices");
    if (checks.size() == before) add(checks, "broker_file", file + " is as it should be");
}

}  // namespace aftercare::collector
