#include "tests/integration/api/house.hpp"

#include <regex>

#include "collector/io/http/token.hpp"
#include "collector/io/sqlite/content_hash.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "tests/support/must.hpp"

namespace aftercare::collector::testing {
namespace {

using test::must;

constexpr const char* kCatalogue = R"([[model]]
id = "WM-1"
family = "washing_machine"
title = "Washer"
component = [ { id = 1, name = "drain_pump" }, { id = 2, name = "door_seal" } ]
metric = [ { id = 1, name = "drain_duration_s", unit = "s", title = "Drain time", range = [0, 300] } ]
fault = [ { id = 18, name = "E18", title = "No drain", severity = "major", component = "drain_pump" } ]
counter = [ { id = 1, name = "cycles_count" } ]
[[model.failure_mode]]
id = "drain_pump_blocked"
component = "drain_pump"
title = "Drain pump blocked"
message_key = "clean_filter"
article = "A12"
[[model.failure_mode]]
id = "door_seal_torn"
component = "door_seal"
title = "Door seal torn"
)";

constexpr const char* kRules = R"([pack]
id = "washers"
version = 1
[[rule]]
id = "pump"
component = "drain_pump"
failure_mode = "drain_pump_blocked"
horizon = "48h"
when = { fault_count = ["E18"] }
[[rule]]
id = "seal"
component = "door_seal"
failure_mode = "door_seal_torn"
mode = "shadow"
horizon = "48h"
when = { fault_count = ["E18"] }
)";

/// More than report the fault under one firmware otherwise.
constexpr unsigned kFloodDevices = 3;
constexpr WallTime kBegin = wall_from_unix_ms(1'767'225'600'000);  // 2026-01-01T00:00:00Z

std::string replaced(std::string text, std::string_view mark, const std::string& value) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
        text.replace(at, mark.size(), value);
        at += value.size();
    }
    return text;
}

}  // namespace

std::string_view to_string(Caller caller) {
    constexpr std::array<std::string_view, kCallers.size()> kNames{
        "no token", "revoked token", "maker", "auditor", "centre", "other tenant", "other centre"};
    return kNames.at(static_cast<std::size_t>(caller));
}

House::House()
    : now_(kBegin),
      catalogue_(must(parse_catalogue(kCatalogue, "catalogue"))),
      pack_(must(parse_rule_pack(kRules, "rules"))),
      detector_(must(Detector::create(pack_, catalogue_))),
      store_(std::make_unique<CountingStore>(database_.open())) {
    start_engine();
    for (const char* tenant : {"acme", "rival"}) {
        for (const std::string id : {"north", "south"}) {
            centres_.centres.push_back(
                {.tenant = tenant, .id = id, .name = "secret-of-" + (tenant + ("-" + id))});
        }
    }
    figures.conditions = {{"running", true, {}, kBegin}};
    open_api();
    const auto store = must(SqliteTokens::open(database_.path()));
    const auto make = [&](Caller caller, Role role, const char* tenant, const char* centre) {
        tokens_[static_cast<std::size_t>(caller)] = must(
            create_token(*store, {std::string(to_string(caller)), role, tenant, centre}, now_));
    };
    make(Caller::revoked, Role::maker, "acme", "");
    make(Caller::maker, Role::maker, "acme", "");
    make(Caller::auditor, Role::auditor, "acme", "");
    make(Caller::centre, Role::centre, "acme", "north");
    make(Caller::rival, Role::maker, "rival", "");
    make(Caller::south, Role::centre, "acme", "south");
    revoke(Caller::revoked);
    seed("rival");
    seed("acme");
}

House::~House() = default;

void House::start_engine() {
    Settings settings{.tenants = {"acme", "rival"}};
    settings.problems.start_devices = kFloodDevices;
    settings.problems.end_devices = 1;
    Loaded loaded = must(store_->load(settings, now_));
    engine_ = must(Engine::create(settings, catalogue_, *detector_, std::move(loaded)));
    pump_ = std::make_unique<Pump>(*engine_, *store_);
}

void House::restart() {
    start_engine();
    open_api();
}

void House::store(const Commit& commit) {
    const Status stored = store_->apply(commit);
    AFTERCARE_ASSERT(stored.has_value());
}

void House::open_api() {
    api_ = std::make_unique<Api>(ApiPorts{
        [this]() -> Result<ReadSide> {
            if (!readable_) return fail(Errc::unavailable, "the database is away");
            return ReadSide{must(SqliteQueries::open(database_.path())),
                            must(SqliteTokens::open(database_.path()))};
        },
        commands_,
        [this] { return now_; },
        [this] { return figures; },
        catalogue_,
        centres_,
        {[this]() -> Result<RuleKnowledge::Kept> {
             return RuleKnowledge::Kept{pack_, {{rule_name(pack_.rules.front()), {kBegin, {}}}}};
         },
         Costs{100, 80, 400, "EUR"}, "acme",
         [this](const std::string&, const RuleKnowledge::Done& done) { done(reloaded); }},
        [this] { return instant_; },
        limits_});
}

void House::limit_to(ApiLimits limits) {
    limits_ = limits;
    open_api();
}

void House::lose_database() {
    readable_ = false;
    open_api();
}

void House::revoke(Caller caller) {
    const Status revoked =
        must(SqliteTokens::open(database_.path()))->revoke(std::string(to_string(caller)), now_);
    AFTERCARE_ASSERT(revoked.has_value());
}

void House::serve(std::span<const Message> messages) {
    std::vector<PendingCommand> pending;
    commands_.take(pending);
    pass(turn_takes);
    must(pump_->run(messages, pending, {instant_, now_}));
}

CommandReply House::command(Command command) {
    std::optional<CommandReply> answer;
    std::vector<Command> commands;
    commands.push_back(std::move(command));
    const Status submitted = commands_.submit(
        std::move(commands),
        [&](std::vector<Result<CommandReply>> replies, Commit&) {
            answer = must(std::move(replies.front()));
        },
        [] {});
    AFTERCARE_ASSERT(submitted.has_value());
    serve();
    return answer.value();
}

namespace {

Report report_of(const std::string& device, Lane lane, Record record,
                 std::string_view firmware = "1.0") {
    Report report;
    report.header.device_id = std::string_view(device);
    report.header.model = "WM-1";
    report.header.firmware = firmware;
    report.header.stream_id = 77;
    report.header.lane = lane;
    report.header.first_seq = report.header.oldest_seq = 1;
    report.header.boot = 1;
    report.header.uptime_ms = 10'000;
    report.header.consent_epoch = 1;
    record.seq = 1;
    record.boot = 1;
    record.uptime_ms = 5'000;
    report.records.push_back(std::move(record));
    return report;
}

Message message_of(const std::string& tenant, const std::string& device, const Report& report) {
    return {std::string(format_topic(tenant, device, Leg::up).view()),
            proto::Codec().encode_report(report)};
}

/// The rules see it.
Message fault_of(const std::string& tenant, const std::string& device,
                 std::string_view firmware = "1.0") {
    return message_of(
        tenant, device,
        report_of(device, Lane::urgent,
                  {.body = Fault{.code = 18, .state = FaultState::occurred, .occurrences = 1}},
                  firmware));
}

Message reading_of(const std::string& tenant, const std::string& device) {
    Reading reading;
    reading.window_ms = 60'000;
    reading.metrics.add({.metric_id = 1, .mean = 20, .min = 10, .max = 30, .last = 25});
    return message_of(tenant, device, report_of(device, Lane::bulk, {.body = reading}));
}

}  // namespace

Message House::fault(const std::string& tenant, const std::string& device) {
    return fault_of(tenant, device);
}

void House::seed(const std::string& tenant) {
    for (const char* centre : {"north", "south"}) seed_centre(tenant, centre);
    serve(std::array{fault_of(tenant, tenant + "-stranger")});
    const std::string problem = new_problem(tenant);
    if (tenant == "acme") incident_ = problem;
    // A standing that a person set.
    if (tenant == "acme") {
        command(ChangeRule{"seal", RuleMode::shadow, "api:maker", "secret-of-acme"});
    }
}

void House::seed_centre(const std::string& tenant, const std::string& centre) {
    const std::string whose = tenant + "-" + centre;
    DeviceInfo info;
    info.tenant = tenant;
    info.device_id = whose;
    info.model = "WM-1";
    info.serial = "secret-of-" + whose;
    info.customer_id = "customer-of-" + whose;
    info.centre = centre;
    info.installed_at = kBegin - milliseconds{86'400'000};
    command(RegisterDevice{info});
    serve(std::array{
        Message{std::string(format_topic(tenant, whose, Leg::presence).view()),
                proto::Codec().encode_presence({.online = true, .boot = 1, .stream_id = 77})},
        fault_of(tenant, whose), reading_of(tenant, whose)});
    InboundContact call;
    call.contact_id = "call-of-" + whose;
    call.tenant = tenant;
    call.device_id = whose;
    call.at = now_;
    call.failure_mode = "drain_pump_blocked";
    call.note = "secret-of-" + whose;
    const std::string ticket_id = command(call).ticket_id;
    if (whose == "acme-north") case_ = ticket_id;
    command(OutboundContact{"mail-of-" + whose, ticket_id, now_, Channel::email, "reached", {}});
    Outcome outcome;
    outcome.id = "outcome-of-" + whose;
    outcome.tenant = tenant;
    outcome.ticket_id = ticket_id;
    outcome.at = now_;
    outcome.component = "drain_pump";
    outcome.parts = {{"P-1", "secret-of-" + whose, "new"}};
    outcome.note = "secret-of-" + whose;
    outcome.centre = centre;
    command(SubmitOutcome{outcome});
}

std::string House::new_problem(const std::string& tenant) {
    const std::string firmware = "f" + std::to_string(++number_);
    for (unsigned i = 0; i < kFloodDevices; ++i) {
        DeviceInfo info;
        info.tenant = tenant;
        info.device_id = tenant + "-" + firmware + "-" + std::to_string(i);
        info.model = "WM-1";
        info.centre = "north";
        command(RegisterDevice{info});
        serve(std::array{fault_of(tenant, info.device_id, firmware)});
    }
    return database_.sql("SELECT problem_id FROM problem WHERE tenant = '" + tenant +
                         "' AND firmware = '" + firmware + "'");
}

std::string House::new_ticket() {
    DeviceInfo info;
    info.tenant = "acme";
    info.device_id = "fresh-" + std::to_string(++number_);
    info.model = "WM-1";
    info.centre = "north";
    command(RegisterDevice{info});
    InboundContact call;
    call.contact_id = "fresh-" + std::to_string(number_);
    call.tenant = info.tenant;
    call.device_id = info.device_id;
    call.at = now_;
    call.component = "drain_pump";
    return command(call).ticket_id;
}

// Of the device that new_ticket made.
/// Names the failure mode of one ticket of five days ago, 0.95 · (1 − ½ · 5/30) = 0.87, and the
/// component of one of now, 0.80: too near.
std::string House::new_review() {
    new_ticket();
    InboundContact call;
    call.device_id = "fresh-" + std::to_string(number_);
    call.contact_id = "second-" + std::to_string(number_);
    call.tenant = "acme";
    call.at = now_ - milliseconds{5LL * 86'400'000};
    call.component = "hose";
    call.failure_mode = "hose_loose";
    command(call);
    Outcome outcome;
    outcome.id = "review-" + std::to_string(number_);
    outcome.tenant = call.tenant;
    outcome.device_id = call.device_id;
    outcome.at = now_;
    outcome.code = OutcomeCode::failure_repaired;
    outcome.component = "drain_pump";
    outcome.failure_mode = "hose_loose";
    outcome.centre = "north";
    command(SubmitOutcome{outcome});
    return outcome.id;
}

std::string House::another_ticket() {
    InboundContact call;
    call.device_id = "fresh-" + std::to_string(number_);
    call.contact_id = "other-" + std::to_string(number_);
    call.tenant = "acme";
    call.at = now_;
    call.component = "seal";
    return command(call).ticket_id;
}

House::Filled House::fill(std::string_view target, std::string_view body) {
    constexpr char kBetween = '\n';
    const std::string both = fill(std::string(target) + kBetween + std::string(body));
    const std::size_t at = both.find(kBetween);
    return {both.substr(0, at), both.substr(at + 1)};
}

std::string House::fill(std::string text) {
    if (text.find("{ticket}") != std::string::npos) {
        text = replaced(std::move(text), "{ticket}", new_ticket());
    }
    if (text.find("{other}") != std::string::npos) {
        text = replaced(std::move(text), "{other}", another_ticket());
    }
    if (text.find("{problem}") != std::string::npos) {
        text = replaced(std::move(text), "{problem}", new_problem("acme"));
    }
    if (text.find("{review}") != std::string::npos) {
        text = replaced(std::move(text), "{review}", new_review());
    }
    text = replaced(std::move(text), "{incident}", incident_);
    text = replaced(std::move(text), "{case}", case_);
    text = replaced(std::move(text), "{device}", "acme-north");
    return replaced(std::move(text), "{n}", std::to_string(++number_));
}

Response House::ask(Request request) {
    const std::lock_guard lock(mutex_);
    std::optional<Response> answer;
    api_->handle(std::move(request), [&](Response response) {
        AFTERCARE_ASSERT(!answer.has_value());
        answer = std::move(response);
    });
    if (!answer) serve();
    return answer.value();
}

Response House::ask(Caller caller, std::string_view method, const std::string& target,
                    const std::string& body,
                    std::map<std::string, std::string, std::less<>> headers) {
    if (caller != Caller::nobody) headers["authorization"] = "Bearer " + token(caller);
    return ask({std::string(method), target, std::move(headers), body});
}

std::set<std::string> House::secrets_from(Caller caller) const {
    const std::string whose =
        caller == Caller::rival    ? "d.tenant <> 'rival'"
        : caller == Caller::south  ? "d.tenant <> 'acme' OR d.centre <> 'south'"
        : caller == Caller::centre ? "d.tenant <> 'acme' OR d.centre <> 'north'"
                                   : "d.tenant <> 'acme'";
    std::set<std::string> secrets;
    const auto add = [&](const std::string& column, const std::string& table) {
        std::string all = database_.sql("SELECT group_concat(DISTINCT " + column + ") FROM " +
                                        table + " JOIN device d USING (device_no) WHERE (" + whose +
                                        ") AND " + column + " <> ''");
        for (std::size_t at = 0; (at = all.find(',')) != std::string::npos;) {
            secrets.insert(all.substr(0, at));
            all.erase(0, at + 1);
        }
        if (!all.empty()) secrets.insert(all);
    };
    add("x.device_id", "device x");
    add("x.serial", "device x");
    add("x.customer_id", "device x");
    add("x.ticket_id", "ticket x");
    add("x.contact_id", "contact x");
    add("x.outcome_id", "outcome x");
    add("x.trial_id", "trial x");
    add("x.problem_id", "problem_device x");
    if (caller == Caller::rival) secrets.insert({"secret-of-acme", "acme"});
    if (caller != Caller::rival) secrets.insert({"secret-of-rival", "rival-stranger"});
    return secrets;
}

std::uint64_t House::content() const {
    return must(database_content_hash(database_.path()));
}

}  // namespace aftercare::collector::testing
