#include "agent/io/config.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "agent/io/config_telemetry.hpp"
#include "common/topic.hpp"

namespace aftercare::agent {
namespace {

Result<std::string> read_secret(const std::filesystem::path& path) {
    struct stat info {};
    std::ifstream in{path};
    std::string line;
    if (!in || !std::getline(in, line) || ::stat(path.c_str(), &info) != 0) {
        return fail(Errc::invalid, "broker.password_file " + path.string() +
                                       " cannot be read; it holds the password in its first line");
    }
    if ((info.st_mode & 077) != 0) {
        return fail(Errc::invalid, "broker.password_file " + path.string() +
                                       " can be read by others; run chmod 600 on it");
    }
    return line;
}

std::uint32_t purposes(Table& table) {
    const toml::node* node = table.get("purposes");
    if (node == nullptr) return kAllPurposes;
    constexpr std::string_view kNames[] = {"safety", "diagnostics", "usage", "contact"};
    const auto allowed =
        "must be a list out of \"safety\", \"diagnostics\", \"usage\", \"contact\"";
    const toml::array* list = node->as_array();
    if (list == nullptr) {
        table.complain(*node, "purposes", allowed);
        return 0;
    }
    std::uint32_t bits = 0;
    for (const toml::node& item : *list) {
        const auto name = item.value<std::string>();
        const auto* const found =
            std::find(std::begin(kNames), std::end(kNames), name.value_or(""));
        if (found == std::end(kNames)) {
            table.complain(item, "purposes", allowed);
        } else {
            bits |= 1U << (found - std::begin(kNames));
        }
    }
    return bits;
}

void read_broker(Table& t, BrokerOptions& broker) {
    broker.url = t.text("url");
    const toml::node* url = t.get("url");
    if (url == nullptr) {
        t.missing("url", "is mqtt://host:port or mqtts://host:port");
    } else if (!broker.url.starts_with("mqtt://") && !broker.url.starts_with("mqtts://")) {
        t.complain(*url, "url", "must be mqtt://host:port or mqtts://host:port");
    }
    broker.username = t.text("username");
    broker.ca_file = t.text("ca_file");
    broker.cert_file = t.text("cert_file");
    broker.key_file = t.text("key_file");
    for (const auto key : {"ca_file", "cert_file", "key_file"}) {
        const std::string file = t.text(key);
        if (!file.empty() && !std::ifstream{file}) {
            t.complain(*t.get(key), key, "names " + file + ", which cannot be read");
        }
        if (!file.empty() && !broker.url.starts_with("mqtts://")) {
            t.complain(*t.get(key), key, "needs an mqtts:// url");
        }
    }
    broker.keepalive_s = t.duration_ms("keepalive", 60'000, "5s", "12h") / 1000;
    broker.session_expiry_s = t.duration_ms("session_expiry", 86'400'000, "0s", "40d") / 1000;
    broker.mqtt5 = t.number("mqtt_version", 5, 4, 5) == 5;
}

void read_rest(const std::string& file, const toml::table& root, DaemonConfig& c,
               std::string& wrong) {
    Table device{file, root, "device", {"tenant", "id", "model", "firmware"}, wrong};
    c.tenant = device.id("tenant");
    c.device_id = device.id("id");
    for (const auto& [key, into] :
         {std::pair{"model", &c.model}, std::pair{"firmware", &c.firmware}}) {
        *into = device.text(key);
        if (into->empty() || into->size() > 32) {
            if (const auto* node = device.get(key))
                device.complain(*node, key, "must be 1-32 bytes");
            device.missing(key, "must be 1-32 bytes");
        }
    }
    Table spool{file, root, "spool", {"path", "size_kib", "sync_period"}, wrong};
    c.host.spool.path = spool.text("path");
    if (c.host.spool.path.empty()) spool.missing("path", "names the file that keeps the records");
    c.host.spool.sector_count = spool.number("size_kib", 256, 16, 65'536) / 4;
    Options& agent = c.host.agent;
    agent.spool_sync_period_ms = spool.duration_ms("sync_period", 300'000, "1s", "1d");
    Table report{file, root, "report", {"records_max", "flush_delay", "in_flight_max"}, wrong};
    agent.records_per_report = report.number("records_max", 20, 1, kRecordsPerReportMax);
    agent.flush_delay_ms = report.duration_ms("flush_delay", 60'000, "10ms", "1d");
    agent.reports_in_flight_max = report.number("in_flight_max", 4, 1, kReportsInFlightMax);
    agent.report_bytes_max = std::max(4096U, agent.records_per_report * 256);
    Table link{file,
               root,
               "link",
               {"ack_timeout", "backoff_base", "backoff_cap", "reconnect_spread", "boot_spread",
                "bytes_per_day_max"},
               wrong};
    agent.ack_timeout_ms = link.duration_ms("ack_timeout", 20'000, "100ms", "1h");
    agent.backoff_base_ms = link.duration_ms("backoff_base", 1'000, "10ms", "10m");
    agent.backoff_cap_ms = link.duration_ms("backoff_cap", 300'000, "100ms", "1d");
    agent.backoff_cap_ms = std::max(agent.backoff_cap_ms, agent.backoff_base_ms);
    agent.reconnect_spread_ms = link.duration_ms("reconnect_spread", 5'000, "0s", "1h");
    agent.boot_spread_ms = link.duration_ms("boot_spread", 10'000, "0s", "1h");
    agent.bytes_per_day_max = link.number("bytes_per_day_max", 0, 0, UINT32_MAX);
    Table readings{file, root, "readings", {"window"}, wrong};
    agent.reading_window_s = readings.duration_ms("window", 900'000, "1s", "1d") / 1000;
    Table consent{file, root, "consent", {"epoch", "purposes"}, wrong};
    agent.consent_epoch = consent.number("epoch", 0, 0, UINT32_MAX);
    agent.consent_purposes = purposes(consent);
    c.telemetry = read_telemetry(file, root, wrong);
    Table feed{file, root, "feed", {"socket"}, wrong};
    c.socket = feed.text("socket");
}

}  // namespace

Result<std::unique_ptr<DaemonConfig>> load_config(const std::filesystem::path& path) {
    std::ifstream in{path};
    std::stringstream text;
    text << in.rdbuf();
    if (!in) return fail(Errc::unavailable, path.string() + ": cannot be read");
    toml::table root;
    try {
        root = toml::parse(text.str(), path.string());
    } catch (const toml::parse_error& error) {
        return fail(Errc::invalid, path.string() + ":" + std::to_string(error.source().begin.line) +
                                       ": " + std::string(error.description()));
    }
    auto config = std::make_unique<DaemonConfig>();
    std::string wrong;
    constexpr std::string_view kTables[] = {"device",   "broker",    "spool",   "report", "link",
                                            "readings", "telemetry", "consent", "feed"};
    for (const auto& [key, value] : root) {
        if (std::find(std::begin(kTables), std::end(kTables), key.str()) == std::end(kTables)) {
            wrong = path.string() + ":" + std::to_string(value.source().begin.line) + ": [" +
                    std::string(key.str()) +
                    "] is unknown; allowed are device, broker, spool, report, link, readings, "
                    "telemetry, consent, feed";
            break;
        }
    }
    read_rest(path.string(), root, *config, wrong);
    Table broker{path.string(),
                 root,
                 "broker",
                 {"url", "username", "password_file", "ca_file", "cert_file", "key_file",
                  "keepalive", "session_expiry", "mqtt_version"},
                 wrong};
    read_broker(broker, config->host.broker);
    if (!wrong.empty()) return fail(Errc::invalid, wrong);
    if (const std::string secret = broker.text("password_file"); !secret.empty()) {
        auto password = read_secret(secret);
        if (!password) return fail(password.error().within(path.string()));
        config->host.broker.password = *password;
    }
    Options& agent = config->host.agent;
    agent.tenant = config->tenant;
    agent.device_id = config->device_id;
    agent.model = config->model;
    agent.firmware = config->firmware;
    return config;
}

}  // namespace aftercare::agent
