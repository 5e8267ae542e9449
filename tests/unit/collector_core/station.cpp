#include "tests/unit/collector_core/station.hpp"

// CppUTest comes last: it defines macros that other headers do not expect.
#include <CppUTest/TestHarness.h>

namespace aftercare::collector::testing {

Catalogue washing_catalogue() {
    ModelInfo model{.id = "WM-200", .family = "washing_machine"};
    model.components = {{1, "pump"}, {2, "belt"}, {3, "lid"}};
    for (std::uint32_t code = 1; code <= 9; ++code) {
        model.faults.push_back({.id = code, .name = "E" + std::to_string(code)});
    }
    model.failure_modes = {{.id = "pump_blocked",
                            .component = "pump",
                            .article = "A12",
                            .message_key = "clean_filter"},
                           {.id = "belt_worn", .component = "belt"},
                           {.id = "lid_jam", .component = "lid"},
                           {.id = "pump_noise", .component = "pump", .message_key = "pump_noise"}};
    return {.models = {std::move(model)}};
}

RulePack washing_rules() {
    const auto rule = [](std::string id, std::string component, std::string mode, double hours) {
        return Rule{.id = std::move(id),
                    .component = std::move(component),
                    .failure_mode = std::move(mode),
                    .horizon = hours_ms(hours),
                    .severity = Severity::minor,
                    .probability = 0.6};
    };
    RulePack pack{.id = "test"};
    pack.rules = {
        rule("pump", "pump", "pump_blocked", 48),  rule("belt", "belt", "belt_worn", 72),
        rule("lid", "lid", "lid_jam", 24),         rule("noise", "pump", "pump_noise", 48),
        rule("burst", "pump", "pump_blocked", 24), rule("rinse", "pump", "pump_blocked", 48),
        rule("check", "pump", "pump_noise", 48)};
    for (std::size_t i = 0; i < pack.rules.size(); ++i) {
        pack.rules[i].when = {.kind = PredicateKind::fault_count,
                              .faults = {"E" + std::to_string(i + 1)},
                              .count = 1,
                              .window = hours_ms(6)};
    }
    pack.rules[2].mode = RuleMode::shadow;
    pack.rules[5].action = RuleAction::notice;
    pack.rules[6].action = RuleAction::self_test;
    pack.rules[4].severity = Severity::critical;
    pack.rules[4].probability = 0.9;
    return pack;
}

Record Appliance::make(WallTime at, Lane lane) {
    Record record;
    record.seq = next_seq[index(lane)]++;
    record.boot = boot;
    record.uptime_ms = static_cast<std::uint64_t>((at - booted_at).count());
    return record;
}

Record Appliance::fault(WallTime at, std::uint32_t code, FaultState state) {
    Record record = make(at, Lane::urgent);
    record.body = Fault{.code = code, .state = state};
    return record;
}

Record Appliance::reading(WallTime at, float value) {
    Record record = make(at, Lane::bulk);
    Reading reading{.window_ms = 60'000};
    reading.metrics.add({.metric_id = 1, .mean = value, .min = value, .max = value, .last = value});
    record.body = reading;
    return record;
}

Record Appliance::lifecycle(WallTime at, const Lifecycle& event) {
    Record record = make(at, Lane::urgent);
    record.body = event;
    return record;
}

Report Appliance::lost_end(WallTime at) const {
    Appliance device = *this;
    Report report = device.report(at, {device.reading(at)}, true);
    report.records.clear();
    report.header.oldest_seq = report.header.first_seq;
    return report;
}

Report Appliance::report(WallTime at, std::vector<Record> records, bool ack_now) const {
    Report report;
    ReportHeader& header = report.header;
    const bool bulk = std::holds_alternative<Reading>(records.front().body);
    header.lane = bulk ? Lane::bulk : Lane::urgent;
    header.device_id = std::string_view{id};
    header.model = "WM-200";
    header.firmware = "1.0";
    header.stream_id = stream;
    header.first_seq = records.front().seq;
    header.oldest_seq = std::min(oldest_seq[index(header.lane)], header.first_seq);
    header.boot = boot;
    header.uptime_ms = static_cast<std::uint64_t>((at - booted_at).count());
    header.wall_unix_ms = unix_ms(at);
    header.clock_quality = ClockQuality::synced;
    header.consent_epoch = consent_epoch;
    header.consent_purposes = purposes;
    header.ack_now = ack_now;
    report.records = std::move(records);
    return report;
}

Settings Station::default_settings() {
    Settings settings;
    settings.tenants = {"brand", "other"};
    return settings;
}

Station::Station(Settings settings, RulePack rules) : settings_(std::move(settings)) {
    auto detector = Detector::create(std::move(rules), catalogue_);
    if (!detector) FAIL(detector.error().message.c_str());
    detector_ = std::move(*detector);
    restart();
}

void Station::restart() {
    pump_.reset();
    auto loaded = store.load(settings_, now_.wall);
    CHECK_TRUE_TEXT(loaded.has_value(), "the store loads");
    auto engine = Engine::create(settings_, catalogue_, *detector_, std::move(*loaded));
    if (!engine) FAIL(engine.error().message.c_str());
    engine_ = std::move(*engine);
    pump_ = std::make_unique<Pump>(*engine_, store);
}

RulesChange Station::change_rules(RulePack rules) {
    auto next = Detector::create(std::move(rules), catalogue_);
    if (!next) FAIL(next.error().message.c_str());
    return engine_->change_rules(*detector_, **next);
}

void Station::send(const Report& report, const std::string& tenant) {
    const TopicText topic = format_topic(tenant, report.header.device_id, Leg::up);
    inbox.push_back({std::string{topic.view()}, codec_.encode_report(report)});
}

Sent Station::decode(const std::vector<OutgoingMessage>& outgoing) {
    Sent sent;
    for (const OutgoingMessage& message : outgoing) {
        const auto topic = parse_topic(message.topic);
        CHECK_TRUE(topic.has_value() && topic->leg == Leg::down);
        const auto down = codec_.decode_downlink(
            std::as_bytes(std::span{message.payload.data(), message.payload.size()}));
        CHECK_TRUE(down.has_value());
        const std::string device{topic->device.view()};
        if (const auto* ack = std::get_if<Ack>(&*down)) {
            LONGS_EQUAL(0, message.qos);
            sent.acks.emplace_back(device, *ack);
        } else if (const auto* notice = std::get_if<Notice>(&*down)) {
            LONGS_EQUAL(1, message.qos);
            sent.notices.emplace_back(device, *notice);
        } else if (const auto* test = std::get_if<SelfTestRequest>(&*down)) {
            sent.self_tests.emplace_back(device, *test);
        } else if (const auto* query = std::get_if<ConsentQuery>(&*down)) {
            LONGS_EQUAL(1, message.qos);
            sent.consent_queries.emplace_back(device, *query);
        } else if (const auto* config = std::get_if<Config>(&*down)) {
            LONGS_EQUAL(1, message.qos);
            Config kept = *config;
            kept.telemetry = {};
            sent.configs.emplace_back(device, kept);
        }
    }
    return sent;
}

Sent Station::commit() {
    auto outgoing = pump_->run(inbox, {}, now_);
    inbox.clear();
    if (!outgoing) FAIL(outgoing.error().message.c_str());
    return decode(*outgoing);
}

Result<CommandReply> Station::command(Command command) {
    std::optional<Result<CommandReply>> answer;
    PendingCommand pending{std::move(command),
                           [&](Result<CommandReply> reply) { answer = std::move(reply); }};
    const auto outgoing = pump_->run({}, std::span{&pending, 1}, now_);
    CHECK_TRUE(outgoing.has_value());
    CHECK_TRUE_TEXT(answer.has_value(), "a stored command is answered");
    return std::move(*answer);
}

void Station::enrol(const std::string& device_id, const std::string& language) {
    DeviceInfo info;
    info.tenant = "brand";
    info.device_id = device_id;
    info.model = "WM-200";
    info.language = language;
    CHECK_TRUE(command(RegisterDevice{info}).has_value());
}

void Station::go_to(WallTime at) {
    now_.instant += at - now_.wall;
    now_.wall = at;
}

const Ticket& Station::ticket() const {
    LONGS_EQUAL(1, tables().tickets.size());
    return tables().tickets.begin()->second;
}

}  // namespace aftercare::collector::testing
