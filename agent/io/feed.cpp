#include "agent/io/feed.hpp"

#include <charconv>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

namespace aftercare::agent {
namespace {

using Json = nlohmann::ordered_json;

// Reads the fields of one object and remembers the first thing that is wrong with it.
class Fields {
  public:
    Fields(const Json& object, std::string where, std::initializer_list<std::string_view> known)
        : object_(object), where_(std::move(where)) {
        if (!object.is_object()) {
            complain("must be an object");
            return;
        }
        for (const auto& [key, value] : object.items()) {
            bool found = key == "kind";
            std::string names;
            for (const auto name : known) {
                found |= key == name;
                names += (names.empty() ? "" : ", ") + std::string(name);
            }
            if (!found) complain("has no field '" + key + "'; its fields are " + names);
        }
    }

    template <class Number>
    Number number(std::string_view key, std::optional<Number> fallback = {}) {
        const Json* value = get(key, !fallback);
        if (value == nullptr) return fallback.value_or(Number{});
        constexpr auto kMax = std::numeric_limits<Number>::max();
        if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kMax) {
            complain(std::string(key) + " must be a whole number from 0 to " +
                     std::to_string(kMax));
            return {};
        }
        return static_cast<Number>(value->get<std::uint64_t>());
    }
    float real(std::string_view key, std::optional<float> fallback = {}) {
        const Json* value = get(key, !fallback);
        if (value == nullptr) return fallback.value_or(0.0F);
        return real_of(*value, key);
    }
    bool flag(std::string_view key, bool fallback) {
        const Json* value = get(key, false);
        if (value == nullptr) return fallback;
        if (!value->is_boolean()) complain(std::string(key) + " must be true or false");
        return value->is_boolean() && value->get<bool>();
    }
    /// The position of the text in `names`.
    std::size_t choice(std::string_view key, std::initializer_list<std::string_view> names) {
        const Json* value = get(key, true);
        std::string all;
        std::size_t position = 0;
        for (const auto name : names) {
            if (value != nullptr && value->is_string() &&
                value->get_ref<const std::string&>() == name) {
                return position;
            }
            all += (all.empty() ? "" : ", ") + std::string(name);
            ++position;
        }
        complain(std::string(key) + " must be one of " + all);
        return 0;
    }
    template <std::size_t kMax>
    void values(std::string_view key, BoundedList<MetricValue, kMax>& into) {
        each(key, kMax, [&](std::uint32_t id, const Json& value) {
            into.add({id, real_of(value, key)});
        });
    }
    /// Calls with each id and value of an object such as {"1": 45.5}.
    template <class Take>
    void each(std::string_view key, std::size_t max, Take take) {
        const Json* list = get(key, false);
        if (list == nullptr) return;
        if (!list->is_object() || list->size() > max) {
            complain(std::string(key) + " must be an object of at most " + std::to_string(max) +
                     " ids and values, such as {\"1\": 45.5}");
            return;
        }
        for (const auto& [id_text, value] : list->items()) {
            std::uint32_t id = 0;
            const char* end = id_text.data() + id_text.size();
            if (std::from_chars(id_text.data(), end, id).ptr != end || id_text.empty()) {
                complain(std::string(key) + ": '" + id_text + "' is no id (a whole number)");
                return;
            }
            take(id, value);
        }
    }
    float real_of(const Json& value, std::string_view key) {
        const double wide = value.is_number() ? value.get<double>() : 0;
        if (!value.is_number() || !(std::abs(wide) <= std::numeric_limits<float>::max())) {
            complain(std::string(key) + " must be a number");
            return 0;
        }
        return static_cast<float>(wide);
    }
    const Json* get(std::string_view key, bool required) {
        if (!object_.is_object()) return nullptr;
        const auto found = object_.find(std::string(key));
        if (found != object_.end()) return &*found;
        if (required) complain("needs the field '" + std::string(key) + "'");
        return nullptr;
    }
    void complain(std::string what) {
        if (wrong_.empty()) wrong_ = where_ + " " + std::move(what);
    }
    [[nodiscard]] const std::string& wrong() const { return wrong_; }

  private:
    const Json& object_;
    std::string where_;
    std::string wrong_;
};

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
        "fault, reading, usage, self_test, lifecycle, sample, consent, flush, status";
    const auto wrong = [&](std::string_view why) {
        ++refused_;
        return refusal(why);
    };
    const auto record = [&](auto body, auto add) {
        return [this, body, add, wrong](const Json& json) mutable -> std::string {
            if (const Parsed bad = parse(json, body); !bad.empty()) return wrong(bad);
            const Result<Accepted, Errc> accepted = (agent_.*add)(body);
            ++(accepted ? accepted_ : refused_);
            return answer(accepted);
        };
    };
    if (text.size() > kFeedLineBytesMax) return wrong("the line is longer than 16384 bytes");
    const Json json = Json::parse(text, nullptr, false);
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
    if (kind == "sample") {
        Fields in{json, "sample", {"values"}};
        in.get("values", true);
        std::size_t refused = 0;
        BoundedList<MetricValue, kMetricsPerReadingMax> samples;
        in.values("values", samples);
        if (!in.wrong().empty()) return wrong(in.wrong());
        for (const MetricValue& s : samples)
            refused += window_.sample(s.metric_id, s.value) ? 0 : 1;
        if (refused > 0) return wrong("sample: a reading window holds at most 16 metrics");
        ++accepted_;
        return Json{{"ok", true}, {"windowed", true}}.dump();
    }
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
    return wrong("kind '" + kind.substr(0, 40) + "' is unknown; it is one of " + kKinds);
}

std::uint64_t Feed::next_tick_ms() const {
    if (window_.empty()) return UINT64_MAX;
    return window_began_ms_ + std::uint64_t{agent_.settings().reading_window_s} * 1000;
}

void Feed::tick(std::uint64_t now_ms) {
    const std::uint64_t span_ms = std::uint64_t{agent_.settings().reading_window_s} * 1000;
    if (now_ms >= window_began_ms_ + span_ms) finish(now_ms);
}

void Feed::finish(std::uint64_t now_ms) {
    const auto span_ms = static_cast<std::uint32_t>(now_ms - window_began_ms_);
    window_began_ms_ = now_ms;
    if (window_.empty()) return;
    // A refusal is in the agent's own counters; the window is over either way.
    static_cast<void>(agent_.reading(window_.take(span_ms)));
}

}  // namespace aftercare::agent
