#include "firmware_sim/world/body_hash.hpp"

#include <bit>
#include <variant>

#include "common/hash.hpp"

namespace aftercare::sim {
namespace {

void add(Hash64& hash, float value) {
    hash.add(std::uint64_t{std::bit_cast<std::uint32_t>(value)});
}

template <std::size_t kMax>
void add(Hash64& hash, const BoundedList<MetricValue, kMax>& values) {
    for (const auto& value : values) {
        hash.add(std::uint64_t{value.metric_id});
        add(hash, value.value);
    }
}

void add(Hash64& hash, const UnknownRecord&) {
    hash.add("unknown");
}

void add(Hash64& hash, const Fault& fault) {
    hash.add("fault");
    hash.add(std::uint64_t{fault.code});
    hash.add(static_cast<std::uint64_t>(fault.state));
    hash.add(std::uint64_t{fault.occurrences});
    add(hash, fault.snapshot);
}

void add(Hash64& hash, const Reading& reading) {
    hash.add("reading");
    hash.add(std::uint64_t{reading.window_ms});
    for (const auto& metric : reading.metrics) {
        hash.add(std::uint64_t{metric.metric_id});
        hash.add(std::uint64_t{metric.n});
        for (const float value :
             {metric.mean, metric.min, metric.max, metric.last, metric.deviation}) {
            add(hash, value);
        }
    }
}

void add(Hash64& hash, const Usage& usage) {
    hash.add("usage");
    for (const std::uint32_t value :
         {usage.programme_id, usage.duration_s, usage.energy_wh, usage.water_ml}) {
        hash.add(std::uint64_t{value});
    }
    hash.add(std::uint64_t{usage.completed});
    for (const auto& counter : usage.counters) {
        hash.add(std::uint64_t{counter.counter_id});
        hash.add(counter.value);
    }
}

void add(Hash64& hash, const Lifecycle& event) {
    hash.add("lifecycle");
    hash.add(static_cast<std::uint64_t>(event.kind));
    hash.add(static_cast<std::uint64_t>(event.reset_reason));
    hash.add(event.firmware.view());
    hash.add(static_cast<std::uint64_t>(event.wall_unix_ms));
    for (const std::uint32_t value : {event.consent_epoch, event.consent_purposes,
                                      event.component_id, event.lost_count, event.config_version}) {
        hash.add(std::uint64_t{value});
    }
}

void add(Hash64& hash, const SelfTest& test) {
    hash.add("self_test");
    hash.add(std::uint64_t{test.test_id});
    hash.add(test.request_id);
    hash.add(static_cast<std::uint64_t>(test.result));
    add(hash, test.measured);
}

}  // namespace

std::uint32_t body_hash(const Record& record) {
    Hash64 hash;
    std::visit([&hash](const auto& body) { add(hash, body); }, record.body);
    return static_cast<std::uint32_t>(hash.value() >> 33) | 1U;
}

}  // namespace aftercare::sim
