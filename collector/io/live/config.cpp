#include "collector/io/live/config.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "collector/io/live/config_section.hpp"
#include "collector/io/live/sla_config.hpp"
#include "collector/io/paho/paho_source.hpp"
#include "common/time_text.hpp"
#include "common/topic.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

constexpr milliseconds kRetentionMin = hours_ms(24);
constexpr double kClockSpeedMin = 0.001;
constexpr double kClockSpeedMax = 10'000'000;
constexpr std::array<std::string_view, 17> kSections{
    "broker",   "database", "http",  "tenants", "catalogue", "rules", "intake",    "tickets", "sla",
    "calendar", "centre",   "clock", "batch",   "costs",     "log",   "retention", "problems"};

Status id_status(const std::string& id) {
    if (valid_id(id)) return {};
    return fail(Errc::invalid, "\"" + id + "\" is not an id: 1 to 64 of A-Z a-z 0-9 _ -");
}

Status url_status(const std::string& url) {
    const auto address = parse_broker_url(url);
    if (address) return {};
    return fail(address.error());
}

void read_broker(Section section, BrokerConfig& broker) {
    section.text("url", broker.url);
    if (!broker.url.empty()) section.check("url", url_status(broker.url));
    section.text("client_id", broker.client_id);
    section.check("client_id", id_status(broker.client_id));
    section.text("username", broker.username);
    section.file("password_file", broker.password_file);
    section.file("ca_file", broker.ca_file);
    section.file("cert_file", broker.cert_file);
    section.file("key_file", broker.key_file);
    const toml::node* buckets = section->node("buckets");
    if (buckets == nullptr) return;
    const toml::array* list = buckets->as_array();
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto bucket = list->get(i)->value_exact<std::int64_t>().value_or(-1);
        if (bucket < 0 || bucket >= kBucketCount)
            list = nullptr;
        else
            broker.buckets.push_back(static_cast<unsigned>(bucket));
    }
    if (list == nullptr) section->mistake("buckets", "expected whole numbers from 0 to 63");
}

void read_http(Section section, HttpConfig& http) {
    std::string listen = http.host + ":" + std::to_string(http.port);
    section.text("listen", listen);
    section.check("listen", parse_listen(listen, http));
    section.file("port_file", http.port_file);
    section.whole("connections_max", 1, 10'000, http.connections_max);
    constexpr std::uint32_t kRateMax = 1'000'000;
    section.whole("token_requests_per_s", 1, kRateMax, http.limits.token.per_second);
    section.whole("token_burst", 1, kRateMax, http.limits.token.burst);
    section.whole("address_requests_per_s", 1, kRateMax, http.limits.address.per_second);
    section.whole("address_burst", 1, kRateMax, http.limits.address.burst);
}

void read_tenants(Section section, Settings& settings) {
    constexpr std::array<std::string_view, 2> kEnrolments{"registered", "open"};
    section.texts("list", settings.tenants);
    for (const std::string& tenant : settings.tenants) section.check("list", id_status(tenant));
    settings.open_enrolment = section->choice("enrolment", Need::optional, kEnrolments, 0) == 1;
}

/// After the tenants.
void read_rules(Section section, CollectorConfig& config) {
    section.files("file", config.rule_files);
    const std::vector<std::string>& tenants = config.settings.tenants;
    if (tenants.size() == 1) config.rules_owner = tenants.front();
    section.text("owner", config.rules_owner);
    if (!config.rules_owner.empty() &&
        std::find(tenants.begin(), tenants.end(), config.rules_owner) == tenants.end()) {
        section->mistake("owner", "expected one of [tenants] list");
    }
}

void read_intake(Section section, Settings& settings) {
    section.whole("reorder_reports_max", 0, 1'024, settings.reorder_reports_max);
    section.whole("reorder_reports_total_max", 0, 1'000'000, settings.reorder_reports_total_max);
    section.whole("ack_reports_lazy", 1, 1'024, settings.ack_reports_lazy);
    section.duration("ack_delay_lazy", milliseconds{0}, settings.ack_delay_lazy);
    settings.consent_query_every = hours_ms(7 * 24);
    section.duration("consent_query_every", milliseconds{0}, settings.consent_query_every);
}

void read_tickets(Section section, Settings& settings) {
    section.duration("recurrence_window", milliseconds{0}, settings.recurrence_window);
    section.duration("match_window", milliseconds{0}, settings.match_window);
    section.duration("contact_gap_min", milliseconds{0}, settings.contact_gap_min);
    section.duration("close_after", milliseconds{0}, settings.close_after);
    section.duration("verify_after", milliseconds{0}, settings.verify_after);
    section.whole("verify_cycles", 0, 1'000'000, settings.verify_cycles);
    settings.notices = section->flag("notices", settings.notices);
}

/// What ends a flood must not lie above what begins it: the guard would come and go.
void read_problems(Section section, ProblemSettings& problems) {
    problems.guard = section->flag("guard", problems.guard);
    section.duration("window", milliseconds{60'000}, problems.window);
    if (problems.window > kProblemWindowMax) {
        section->mistake("window", "allowed is at most " + format_duration(kProblemWindowMax));
    }
    section.whole("start_devices", 2, 1'000'000, problems.start_devices);
    section.whole("end_devices", 1, 1'000'000, problems.end_devices);
    problems.start_share =
        section->number("start_share", Need::optional, problems.start_share, 0, 1);
    problems.end_share = section->number("end_share", Need::optional, problems.end_share, 0, 1);
    if (problems.end_devices > problems.start_devices) {
        section->mistake("end_devices", "allowed is at most start_devices");
    }
    if (problems.end_share > problems.start_share) {
        section->mistake("end_share", "allowed is at most start_share");
    }
}

void read_sla(Section section, TableReader& root, const std::string& file, Mistakes& mistakes,
              CollectorConfig& config) {
    SlaSettings& sla = config.settings.sla;
    SlaPolicy& otherwise = sla.otherwise;
    section.duration("first_response_target", milliseconds{1}, otherwise.first_response);
    section.duration("resolution_target", milliseconds{1}, otherwise.resolution);
    section.whole("at_risk_percent", 1, 100, otherwise.at_risk_percent);
    section.text("calendar", otherwise.calendar);
    read_service_levels(
        {root.tables("calendar", Need::optional), root.tables("centre", Need::optional),
         section->tables("policy", Need::optional), config.settings.tenants},
        file, mistakes, sla, config.catalogue_names);
    check_calendar_name(*section.operator->(), "calendar", otherwise.calendar, sla);
}

void read_clock(Section section, CollectorConfig& config) {
    std::optional<WallTime> start;
    std::optional<WallTime> epoch;
    section.time("start", start);
    section.time("epoch", epoch);
    config.clock.speed = section->number("speed", Need::optional, config.clock.speed,
                                         kClockSpeedMin, kClockSpeedMax);
    if (start.has_value() != epoch.has_value()) {
        section->mistake(start ? "start" : "epoch", "start and epoch come together");
    }
    config.clock_scaled = start.has_value();
    config.clock.start = start.value_or(WallTime{});
    config.clock.epoch = epoch.value_or(WallTime{});
}

void read_batch(Section section, BatchConfig& batch) {
    section.duration("interval", milliseconds{1}, batch.interval);
    section.whole("reports_max", 1, 100'000, batch.reports_max);
    section.whole("bytes_max", 65'536, 1'000'000'000, batch.bytes_max);
    section.whole("queue_reports_max", 1, 1'000'000, batch.queue_reports_max);
    section.whole("queue_bytes_max", 1'048'576, 4'000'000'000, batch.queue_bytes_max);
}

/// No section, no costs: figures of money only from the maker's own.
void read_costs(Section section, const TableReader& root, std::optional<Costs>& costs) {
    if (!root.has("costs")) return;
    constexpr double kCostMax = 1e9;
    Costs read;
    read.visit = section->number("visit", Need::required, 0, 0, kCostMax);
    read.no_fault_found =
        section->number("no_fault_found", Need::optional, read.visit, 0, kCostMax);
    read.unplanned_failure = section->number("unplanned_failure", Need::required, 0, 0, kCostMax);
    read.currency = section->text("currency", Need::required);
    costs = read;
}

void read_log(Section section, LogConfig& log) {
    constexpr std::array<std::string_view, 2> kFormats{"text", "json"};
    constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
    log.json = section->choice("format", Need::optional, kFormats, 0) == 1;
    log.level = kLevels.at(section->choice("level", Need::optional, kLevels, 1));
}

/// 0 keeps for ever; less than a day would take records away before they are merged.
void read_retention(Section section, RetentionOptions& retention) {
    const std::array<std::string_view, kRecordClassCount> keys{"fault", "lifecycle", "usage",
                                                               "reading"};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        section.duration(keys[i], milliseconds{0}, retention.keep[i]);
        if (retention.keep[i].count() > 0 && retention.keep[i] < kRetentionMin) {
            section->mistake(keys[i], "allowed is \"0s\" (for ever), or at least " +
                                          format_duration(kRetentionMin));
        }
    }
}

/// Every section is a key of the file itself, so that a misspelt one is found too.
void refuse_unknown_sections(const toml::table& root, Mistakes& mistakes) {
    for (const auto& [key, node] : root) {
        if (std::find(kSections.begin(), kSections.end(), key.str()) != kSections.end()) continue;
        mistakes.add(node, "unknown section '" + std::string(key.str()) + "': allowed are " +
                               joined(kSections));
    }
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
    const auto root = parse_toml(text, file);
    if (!root) return fail(root.error());
    CollectorConfig config;
    config.file = file;
    Mistakes mistakes(file);
    TableReader reader(*root, "the file", mistakes);
    const auto section = [&](std::string_view name) {
        return Section(reader, name, file, mistakes);
    };
    refuse_unknown_sections(*root, mistakes);
    read_broker(section("broker"), config.broker);
    section("database").file("path", config.database_path);
    read_http(section("http"), config.http);
    read_tenants(section("tenants"), config.settings);
    section("catalogue").files("file", config.catalogue_files);
    read_rules(section("rules"), config);
    read_intake(section("intake"), config.settings);
    read_tickets(section("tickets"), config.settings);
    read_problems(section("problems"), config.settings.problems);
    read_sla(section("sla"), reader, file, mistakes, config);
    read_clock(section("clock"), config);
    read_batch(section("batch"), config.batch);
    read_costs(section("costs"), reader, config.costs);
    read_log(section("log"), config.log);
    read_retention(section("retention"), config.retention);
    if (!mistakes.empty()) return fail(mistakes.error());
    return config;
}

Result<CollectorConfig> load_config(const std::string& file) {
    auto text = read_text_file(file);
    if (!text) return fail(Errc::invalid, text.error().message);
    return parse_config(*text, file);
}

Result<CollectorConfig> with_options(CollectorConfig config, const RunOptions& options,
                                     WallTime real_now) {
    if (!options.broker_url.empty()) config.broker.url = options.broker_url;
    if (!options.database_path.empty()) config.database_path = options.database_path;
    config.set_aside_corrupt = options.set_aside_corrupt;
    if (!options.log_level.empty()) config.log.level = options.log_level;
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
    auto text = read_text_file(file);
    if (!text) return fail(Errc::invalid, text.error().message);
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    if (text->empty()) return fail(Errc::invalid, file + ": is empty");
    return text;
}

}  // namespace aftercare::collector
