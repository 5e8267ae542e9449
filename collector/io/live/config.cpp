#include "collector/io/live/config.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

#include "collector/io/live/toml_section.hpp"
#include "collector/io/paho/paho_source.hpp"
#include "common/topic.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kConfigBytesMax = 1024 * 1024;
constexpr double kClockSpeedMin = 0.001;
constexpr double kClockSpeedMax = 10'000'000;
constexpr std::array<std::string_view, 11> kSections{"broker",    "database", "http",   "tenants",
                                                     "catalogue", "rules",    "intake", "tickets",
                                                     "sla",       "clock",    "batch"};

void read_broker(TomlSection section, BrokerConfig& broker) {
    section.checked("url", "mqtt://host:port or mqtts://host:port", [&](std::string_view text) {
        broker.url = text;
        return parse_broker_url(broker.url).has_value();
    });
    section.checked("client_id", "1 to 64 of A-Z a-z 0-9 _ -", [&](std::string_view text) {
        broker.client_id = text;
        return valid_id(text);
    });
    section.text("username", broker.username);
    section.file("password_file", broker.password_file);
    section.file("ca_file", broker.ca_file);
    section.file("cert_file", broker.cert_file);
    section.file("key_file", broker.key_file);
    section.integers("buckets", 0, kBucketCount - 1, broker.buckets);
    section.refuse_unknown();
}

void read_http(TomlSection section, HttpConfig& http) {
    section.checked("listen", "\"host:port\" such as \"127.0.0.1:8480\"; port 0 takes a free one",
                    [&](std::string_view text) { return parse_listen(text, http).has_value(); });
    section.file("port_file", http.port_file);
    section.integer("connections_max", 1, 10'000, http.connections_max);
    section.refuse_unknown();
}

void read_tenants(TomlSection section, Settings& settings) {
    section.texts("list", settings.tenants);
    for (const std::string& tenant : settings.tenants) {
        if (!valid_id(tenant)) section.refuse("list", "expected ids of 1 to 64 of A-Z a-z 0-9 _ -");
    }
    section.checked("enrolment", "\"open\" (unknown devices register themselves) or \"registered\"",
                    [&](std::string_view text) {
                        settings.open_enrolment = text == "open";
                        return text == "open" || text == "registered";
                    });
    section.refuse_unknown();
}

void read_decisions(TomlSection intake, TomlSection tickets, TomlSection sla, Settings& settings) {
    intake.integer("reorder_reports_max", 0, 1'024, settings.reorder_reports_max);
    intake.integer("reorder_reports_total_max", 0, 1'000'000, settings.reorder_reports_total_max);
    intake.integer("ack_reports_lazy", 1, 1'024, settings.ack_reports_lazy);
    intake.duration("ack_delay_lazy", milliseconds{0}, settings.ack_delay_lazy);
    intake.refuse_unknown();
    tickets.duration("recurrence_window", milliseconds{0}, settings.recurrence_window);
    tickets.duration("match_window", milliseconds{0}, settings.match_window);
    tickets.duration("contact_gap_min", milliseconds{0}, settings.contact_gap_min);
    tickets.duration("close_after", milliseconds{0}, settings.close_after);
    tickets.flag("notices", settings.notices);
    tickets.refuse_unknown();
    sla.duration("first_response_target", milliseconds{1}, settings.first_response_target);
    sla.duration("resolution_target", milliseconds{1}, settings.resolution_target);
    sla.refuse_unknown();
}

void read_clock(TomlSection section, CollectorConfig& config) {
    std::optional<WallTime> start;
    std::optional<WallTime> epoch;
    section.time("start", start);
    section.time("epoch", epoch);
    section.real("speed", kClockSpeedMin, kClockSpeedMax, config.clock.speed);
    section.refuse_unknown();
    if (start.has_value() != epoch.has_value()) {
        section.refuse(start ? "start" : "epoch", "start and epoch come together");
    }
    config.clock_scaled = start.has_value();
    config.clock.start = start.value_or(WallTime{});
    config.clock.epoch = epoch.value_or(WallTime{});
}

void read_batch(TomlSection section, BatchConfig& batch) {
    section.duration("interval", milliseconds{1}, batch.interval);
    section.integer("reports_max", 1, 100'000, batch.reports_max);
    section.integer("queue_reports_max", 1, 1'000'000, batch.queue_reports_max);
    section.integer("queue_bytes_max", 1'048'576, 8LL << 30, batch.queue_bytes_max);
    section.refuse_unknown();
}

Result<std::string> read_text(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return fail(Errc::invalid, file + ": cannot be read; give --config FILE");
    std::string text(kConfigBytesMax + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kConfigBytesMax) return fail(Errc::invalid, file + ": larger than 1 MiB");
    return text;
}

Status refuse_unknown_sections(const toml::table& root, const std::string& file) {
    for (const auto& [key, node] : root) {
        if (std::find(kSections.begin(), kSections.end(), key.str()) != kSections.end()) continue;
        std::string allowed;
        for (const auto name : kSections) allowed += " [" + std::string(name) + "]";
        return fail(Errc::invalid, file + ":" + std::to_string(node.source().begin.line) + ": " +
                                       std::string(key.str()) + ": unknown; allowed are" + allowed);
    }
    return {};
}

/// Anyone on the network could inject telemetry and read notices.
Status refuse_open_broker(const BrokerConfig& broker, bool insecure_lab) {
    const auto address = parse_broker_url(broker.url);
    if (!address) return fail(address.error());
    const bool anonymous = broker.username.empty() && broker.cert_file.empty();
    if (address->loopback || insecure_lab || (address->tls && !anonymous)) return {};
    return fail(
        Errc::invalid,
        "broker " + broker.url +
            (address->tls ? " would be used without a login" : " is plain text over the network") +
            "; use mqtts:// with username and password_file or cert_file and key_file, or "
            "--insecure-lab on a closed test network");
}

}  // namespace

Status parse_listen(std::string_view text, HttpConfig& http) {
    const std::size_t colon = text.rfind(':');
    unsigned port = 0;
    const char* const end = text.data() + text.size();
    if (colon != std::string_view::npos && colon > 0) {
        const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
        if (error == std::errc{} && stop == end && port <= 65'535) {
            http.host = text.substr(0, colon);
            http.port = static_cast<std::uint16_t>(port);
            return {};
        }
    }
    return fail(Errc::invalid, "listen address \"" + std::string(text) +
                                   "\": expected host:port such as 127.0.0.1:8480");
}

Result<CollectorConfig> parse_config(std::string_view text, const std::string& file) {
    toml::table root;
    try {
        root = toml::parse(text, file);
    } catch (const toml::parse_error& error) {
        return fail(Errc::invalid, file + ":" + std::to_string(error.source().begin.line) + ": " +
                                       std::string(error.description()));
    }
    CollectorConfig config;
    config.file = file;
    std::optional<Error> mistake;
    const auto section = [&](const char* name) { return TomlSection(root, name, file, mistake); };
    if (Status status = refuse_unknown_sections(root, file); !status) {
        return fail(std::move(status.error()));
    }
    read_broker(section("broker"), config.broker);
    TomlSection database = section("database");
    database.file("path", config.database_path);
    database.refuse_unknown();
    read_http(section("http"), config.http);
    read_tenants(section("tenants"), config.settings);
    TomlSection catalogue = section("catalogue");
    catalogue.files("file", config.catalogue_files);
    catalogue.refuse_unknown();
    TomlSection rules = section("rules");
    rules.files("file", config.rule_files);
    rules.refuse_unknown();
    read_decisions(section("intake"), section("tickets"), section("sla"), config.settings);
    read_clock(section("clock"), config);
    read_batch(section("batch"), config.batch);
    if (mistake) return fail(std::move(*mistake));
    return config;
}

Result<CollectorConfig> load_config(const std::string& file) {
    auto text = read_text(file);
    if (!text) return fail(std::move(text.error()));
    return parse_config(*text, file);
}

Result<CollectorConfig> with_options(CollectorConfig config, const RunOptions& options,
                                     WallTime real_now) {
    if (!options.broker_url.empty()) config.broker.url = options.broker_url;
    if (!options.database_path.empty()) config.database_path = options.database_path;
    if (!options.port_file.empty()) config.http.port_file = options.port_file;
    if (!options.listen.empty()) {
        if (Status status = parse_listen(options.listen, config.http); !status) {
            return fail(status.error().within("--listen"));
        }
    }
    if (options.clock_speed) {
        if (!(*options.clock_speed >= kClockSpeedMin && *options.clock_speed <= kClockSpeedMax)) {
            return fail(Errc::invalid, "--clock-speed: expected 0.001 to 10000000");
        }
        config.clock.speed = *options.clock_speed;
    }
    if (options.clock_start) config.clock.start = *options.clock_start;
    if (options.clock_epoch) config.clock.epoch = *options.clock_epoch;
    const bool by_flag = options.clock_start || options.clock_speed || options.clock_epoch;
    if (!config.clock_scaled) {
        if (!options.clock_epoch) config.clock.epoch = real_now;
        if (!options.clock_start) config.clock.start = config.clock.epoch;
    }
    config.clock_scaled = config.clock_scaled || by_flag;

    const std::string where = config.file.empty() ? "flags" : config.file;
    const auto missing = [&](const char* what) { return fail(Errc::invalid, where + ": " + what); };
    if (config.broker.url.empty()) return missing("[broker] url is missing: mqtt://host:port");
    if (config.database_path.empty()) return missing("[database] path is missing");
    if (config.settings.tenants.empty()) return missing("[tenants] list is missing: [\"brand\"]");
    if (Status status = refuse_open_broker(config.broker, options.insecure_lab); !status) {
        return fail(status.error().within(where + ": [broker] url"));
    }
    return config;
}

Result<std::string> read_secret(const std::string& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return fail(Errc::invalid, file + ": cannot be read");
    if ((info.st_mode & S_IRWXO) != 0) {
        return fail(Errc::invalid, file + ": holds a secret but others may read it; chmod 0600");
    }
    auto text = read_text(file);
    if (!text) return text;
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    if (text->empty()) return fail(Errc::invalid, file + ": is empty");
    return text;
}

}  // namespace aftercare::collector
