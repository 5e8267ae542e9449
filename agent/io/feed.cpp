#include "agent/io/feed.hpp"

#include "agent/io/json_fields.hpp"
#include "common/json_depth.hpp"

namespace aftercare::agent {
namespace {

/// No line nests so deep.
constexpr int kFeedDepthMax = 8;

std::string refusal(std::string_view why) {
    return Json{{"ok", false}, {"error", why}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view advice(Errc code) {
    switch (code) {
        case Errc::exhausted:
            return "the spool is full of records at least as valuable: it was dropped "
                   "and counted";
        case Errc::denied:
            return "no consent for this purpose: no record was made";
        case Errc::unavailable:
            return "the storage failed: the record is not kept, see the log";
        case Errc::invalid:
            return "a value is out of bounds, or the record is larger than a sector";
        case Errc::conflict:
            return "an older consent epoch than the one in force";
        default:
            return "refused";
    }
}

std::string answer(const Result<Accepted, Errc>& accepted) {
    if (!accepted) return refusal(advice(accepted.error()));
    return Json{{"ok", true},
                {"lane", accepted->lane == Lane::urgent ? "urgent" : "bulk"},
                {"seq", accepted->seq},
                {"durable", accepted->durable}}
        .dump();
}

using Parsed = std::string;  // empty or what is wrong

Parsed parse(const Json& json, Fault& fault) {
    Fields in{json, "fault", {"code", "state", "occurrences", "snapshot"}};
    fault.code = in.number<std::uint32_t>("code");
    fault.state =
        static_cast<FaultState>(1 + in.choice("state", {"raised", "cleared", "occurred"}));
    fault.occurrences = in.number<std::uint32_t>("occurrences", 1);
    if (fault.occurrences == 0) in.complain("occurrences must be at least 1");
    in.values("snapshot", fault.snapshot);
    return in.wrong();
}

Parsed parse(const Json& json, Reading& reading) {
    Fields in{json, "reading", {"window_ms", "metrics"}};
    reading.window_ms = in.number<std::uint32_t>("window_ms");
    const Json* metrics = in.get("metrics", true);
    if (metrics == nullptr || !metrics->is_array() || metrics->empty() ||
        metrics->size() > kMetricsPerReadingMax) {
        in.complain("metrics must be a list of 1 to 16 objects");
        return in.wrong();
    }
    for (const Json& item : *metrics) {
        Fields m{item, "reading: metric", {"id", "n", "mean", "min", "max", "last", "deviation"}};
        MetricSummary summary;
        summary.metric_id = m.number<std::uint32_t>("id");
        summary.n = m.number<std::uint32_t>("n", 1);
        summary.mean = m.real("mean");
        summary.min = m.real("min", summary.mean);
        summary.max = m.real("max", summary.mean);
        summary.last = m.real("last", summary.mean);
        summary.deviation = m.real("deviation", 0.0F);
        if (summary.n == 0) m.complain("n must be at least 1");
        if (summary.min > summary.max) m.complain("min must not be above max");
        if (summary.deviation < 0) m.complain("deviation must not be negative");
        if (!m.wrong().empty()) return m.wrong();
        reading.metrics.add(summary);
    }
    return in.wrong();
}

Parsed parse(const Json& json, Usage& usage) {
    Fields in{json,
              "usage",
              {"programme", "duration_s", "energy_wh", "water_ml", "completed", "counters"}};
    usage.programme_id = in.number<std::uint32_t>("programme", 0);
    usage.duration_s = in.number<std::uint32_t>("duration_s", 0);
    usage.energy_wh = in.number<std::uint32_t>("energy_wh", 0);
    usage.water_ml = in.number<std::uint32_t>("water_ml", 0);
    usage.completed = in.flag("completed", true);
    in.each("counters", kCountersPerUsageMax, [&](std::uint32_t id, const Json& value) {
        if (!value.is_number_unsigned()) in.complain("counters must be whole numbers");
        usage.counters.add({id, value.is_number_unsigned() ? value.get<std::uint64_t>() : 0});
    });
    return in.wrong();
}

Parsed parse(const Json& json, SelfTest& test) {
    Fields in{json, "self_test", {"test", "request", "result", "measured"}};
    test.test_id = in.number<std::uint32_t>("test");
    test.request_id = in.number<std::uint64_t>("request", 0);
    test.result = static_cast<TestResult>(
        1 + in.choice("result", {"passed", "failed", "aborted", "unsupported"}));
    in.values("measured", test.measured);
    return in.wrong();
}

// The agent itself tells of boots, clocks, consent and settings.
Parsed parse(const Json& json, Lifecycle& event) {
    Fields in{json, "lifecycle", {"event", "component"}};
    in.choice("event", {"part_replaced"});
    event.kind = LifecycleKind::part_replaced;
    event.component_id = in.number<std::uint32_t>("component");
    return in.wrong();
}

struct Samples {
    BoundedList<MetricValue, kMetricsPerReadingMax> values;
};

Parsed parse(const Json& json, Samples& samples) {
    Fields in{json, "sample", {"values"}};
    in.get("values", true);
    in.values("values", samples.values);
    return in.wrong();
}

struct Signal {
    std::uint32_t code = 0;
    bool holds = false;
};

Parsed parse_condition(const Json& json, Signal& signal) {
    Fields in{json, "condition", {"code", "holds"}};
    signal.code = in.number<std::uint32_t>("code");
    in.get("holds", true);
    signal.holds = in.flag("holds", false);
    return in.wrong();
}

Parsed parse_occurred(const Json& json, Signal& signal) {
    Fields in{json, "occurred", {"code"}};
    signal.code = in.number<std::uint32_t>("code");
    return in.wrong();
}

struct Counters {
    BoundedList<CounterValue, kCountersPerUsageMax> values;
    std::uint32_t bits = 32;
};

Parsed parse(const Json& json, Counters& counters) {
    Fields in{json, "counter", {"values", "bits"}};
    counters.bits = in.number<std::uint32_t>("bits", counters.bits);
    if (counters.bits == 0 || counters.bits > 64) in.complain("bits must be from 1 to 64");
    in.get("values", true);
    in.each("values", kCountersPerUsageMax, [&](std::uint32_t id, const Json& value) {
        if (!value.is_number_unsigned()) in.complain("values must be whole numbers");
        counters.values.add({id, value.is_number_unsigned() ? value.get<std::uint64_t>() : 0});
    });
    return in.wrong();
}

struct CounterFrom {
    std::uint32_t counter = 0;
    std::uint64_t total = 0;
    std::uint64_t raw = 0;
};

Parsed parse(const Json& json, CounterFrom& from) {
    Fields in{json, "counter_from", {"counter", "total", "raw"}};
    from.counter = in.number<std::uint32_t>("counter");
    from.total = in.number<std::uint64_t>("total");
    from.raw = in.number<std::uint64_t>("raw", 0);
    return in.wrong();
}

Parsed parse(const Json& json, CycleEnd& end) {
    Fields in{json, "cycle_end", {"completed", "energy_wh", "water_ml"}};
    end.completed = in.flag("completed", true);
    end.energy_wh = in.number<std::uint32_t>("energy_wh", 0);
    end.water_ml = in.number<std::uint32_t>("water_ml", 0);
    return in.wrong();
}

struct Consent {
    std::uint32_t epoch = 0;
    std::uint32_t purposes = 0;
};

Parsed parse(const Json& json, Consent& consent) {
    Fields in{json, "consent", {"epoch", "purposes"}};
    consent.epoch = in.number<std::uint32_t>("epoch");
    const Json* purposes = in.get("purposes", true);
    if (purposes == nullptr || !purposes->is_array()) {
        in.complain("purposes must be a list");
        return in.wrong();
    }
    for (const Json& item : *purposes) {
        const Json one{{"purpose", item}};
        Fields purpose{one, "consent:", {"purpose"}};
        consent.purposes |=
            1U << purpose.choice("purpose", {"safety", "diagnostics", "usage", "contact"});
        if (!purpose.wrong().empty()) return purpose.wrong();
    }
    return in.wrong();
}

}  // namespace

std::string Feed::line(std::string_view text) {
    constexpr auto kKinds =
        "fault, reading, usage, self_test, lifecycle, sample, condition, occurred, counter, "
        "counter_from, cycle_begin, cycle_end, consent, flush, status";
    const auto record = [&](auto body, auto add) {
        return [this, body, add](const Json& json) mutable -> std::string {
            if (const Parsed bad = parse(json, body); !bad.empty()) return wrong(bad);
            const Result<Accepted, Errc> accepted = (agent_.*add)(body);
            ++(accepted ? accepted_ : refused_);
            return answer(accepted);
        };
    };
    if (text.size() > kFeedLineBytesMax) return wrong("the line is longer than 16384 bytes");
    const bool deep = nests_deeper_than(kFeedDepthMax, text);
    const Json json = deep ? Json() : Json::parse(text, nullptr, false);
    if (json.is_discarded() || !json.is_object()) {
        return wrong(
            "not a JSON object: one object per line, such as "
            "{\"kind\":\"fault\",\"code\":18,\"state\":\"occurred\"}");
    }
    const auto found = json.find("kind");
    if (found == json.end() || !found->is_string()) {
        return wrong(std::string("needs the field 'kind', one of ") + kKinds);
    }
    const std::string& kind = found->get_ref<const std::string&>();
    if (kind == "fault") return record(Fault{}, &Agent::fault)(json);
    if (kind == "reading") return record(Reading{}, &Agent::reading)(json);
    if (kind == "usage") return record(Usage{}, &Agent::usage)(json);
    if (kind == "self_test") return record(SelfTest{}, &Agent::self_test)(json);
    if (kind == "lifecycle") return record(Lifecycle{}, &Agent::lifecycle)(json);
    if (kind == "consent") {
        Consent consent;
        if (const Parsed bad = parse(json, consent); !bad.empty()) return wrong(bad);
        const auto done = agent_.consent(consent.epoch, consent.purposes);
        return done ? Json{{"ok", true}}.dump() : wrong(advice(done.error()));
    }
    if (kind == "flush") {
        agent_.flush();
        return Json{{"ok", true}}.dump();
    }
    if (auto answered = signal(kind, json)) return *answered;
    return wrong("kind '" + kind.substr(0, 40) + "' is unknown; it is one of " + kKinds);
}

std::string Feed::wrong(std::string_view why) {
    ++refused_;
    return refusal(why);
}

std::string Feed::done(const Result<void, Errc>& result, std::string_view full) {
    if (!result) return wrong(result.error() == Errc::exhausted ? full : advice(result.error()));
    ++accepted_;
    return Json{{"ok", true}}.dump();
}

std::optional<std::string> Feed::signal(std::string_view kind, const Json& json) {
    constexpr std::string_view kCodesFull = "more fault codes at a time than the agent watches";
    constexpr std::string_view kCountersFull = "counter: a usage record holds at most 16 counters";
    if (kind == "sample") {
        Samples samples;
        if (const Parsed bad = parse(json, samples); !bad.empty()) return wrong(bad);
        for (const MetricValue& s : samples.values) {
            if (!kit_->sample(s.metric_id, s.value)) {
                return wrong("sample: more metrics at a time than the agent knows");
            }
        }
        ++accepted_;
        return Json{{"ok", true}, {"windowed", true}}.dump();
    }
    if (kind == "condition") {
        Signal signal;
        if (const Parsed bad = parse_condition(json, signal); !bad.empty()) return wrong(bad);
        return done(kit_->condition(signal.code, signal.holds), kCodesFull);
    }
    if (kind == "occurred") {
        Signal signal;
        if (const Parsed bad = parse_occurred(json, signal); !bad.empty()) return wrong(bad);
        return done(kit_->occurred(signal.code), kCodesFull);
    }
    if (kind == "counter") {
        Counters counters;
        if (const Parsed bad = parse(json, counters); !bad.empty()) return wrong(bad);
        for (const CounterValue& c : counters.values) {
            if (!kit_->counter(c.counter_id, c.value, counters.bits)) {
                return wrong(kCountersFull);
            }
        }
        Json totals = Json::object();
        for (const CounterValue& c : counters.values) {
            totals[std::to_string(c.counter_id)] = kit_->counter_total(c.counter_id).value_or(0);
        }
        ++accepted_;
        return Json{{"ok", true}, {"totals", totals}}.dump();
    }
    if (kind == "counter_from") {
        CounterFrom from;
        if (const Parsed bad = parse(json, from); !bad.empty()) return wrong(bad);
        const auto taken = kit_->counter_from(from.counter, from.total, from.raw);
        if (!taken && taken.error() == Errc::conflict) {
            return wrong("counter_from: the counter was given since the start already");
        }
        return done(taken, kCountersFull);
    }
    if (kind == "cycle_begin") {
        Fields in{json, "cycle_begin", {"programme"}};
        const auto programme = in.number<std::uint32_t>("programme", 0);
        if (!in.wrong().empty()) return wrong(in.wrong());
        if (!kit_->cycle_begin(programme)) return wrong("cycle_begin: a cycle runs already");
        return done({}, {});
    }
    if (kind == "cycle_end") {
        CycleEnd end;
        if (const Parsed bad = parse(json, end); !bad.empty()) return wrong(bad);
        if (!kit_->state().cycle_running) return wrong("cycle_end: no cycle runs");
        const auto accepted = kit_->cycle_end(end);
        ++(accepted ? accepted_ : refused_);
        return answer(accepted);
    }
    return std::nullopt;
}

Feed::Feed(Agent& agent, const TelemetrySettings& own) : agent_(agent) {
    const TelemetryOptions options{
        .own = own, .metrics_max = kFeedMetricsMax, .codes_max = kFeedCodesMax};
    memory_.resize(TelemetryKit::memory_bytes(options) / sizeof(Block) + 1);
    auto opened = TelemetryKit::open(agent, options, std::as_writable_bytes(std::span{memory_}));
    AFTERCARE_ASSERT(opened.has_value());
    kit_ = *opened;
}

Feed::~Feed() {
    TelemetryKit::close(kit_);
}

}  // namespace aftercare::agent
