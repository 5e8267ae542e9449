// An appliance with a telemetry kit on it, for tests.
#pragma once

#include "agent/core/telemetry_kit.hpp"
#include "tests/unit/agent/appliance.hpp"

namespace aftercare::test {

struct KitBench {
    explicit KitBench(std::uint32_t sector_bytes = 4096, std::uint32_t sector_count = 16)
        : device(sector_bytes, sector_count) {}
    ~KitBench() { agent::TelemetryKit::close(kit); }
    KitBench(const KitBench&) = delete;
    KitBench& operator=(const KitBench&) = delete;

    bool boot() {
        agent::TelemetryKit::close(kit);
        kit = nullptr;
        if (!device.boot()) return false;
        memory.assign(agent::TelemetryKit::memory_bytes(options) / sizeof(std::max_align_t) + 1,
                      {});
        const auto opened = agent::TelemetryKit::open(*device.operator->(), options,
                                                      std::as_writable_bytes(std::span{memory}));
        AFTERCARE_ASSERT(opened.has_value());
        kit = *opened;
        return true;
    }
    void power_off() {
        agent::TelemetryKit::close(kit);
        kit = nullptr;
        device.power_off();
    }
    void configure(std::uint32_t version, const TelemetrySettings& settings,
                   std::uint32_t reading_window_s = 0) {
        const std::string bytes = proto::Codec::encode_telemetry_settings(settings);
        device.down(Config{.version = version,
                           .reading_window_s = reading_window_s,
                           .telemetry = std::as_bytes(std::span{bytes.data(), bytes.size()})});
    }
    /// Bodies of a kind in what was sent since the last call of take().
    template <class Body>
    [[nodiscard]] std::vector<Body> sent() const {
        std::vector<Body> found;
        for (const Record& record : records) {
            if (const auto* body = std::get_if<Body>(&record.body)) found.push_back(*body);
        }
        return found;
    }
    [[nodiscard]] std::vector<Lifecycle> sent(LifecycleKind kind) const {
        std::vector<Lifecycle> found;
        for (const Lifecycle& event : sent<Lifecycle>()) {
            if (event.kind == kind) found.push_back(event);
        }
        return found;
    }
    void take() {
        records.clear();
        while (const auto report = device.next_report()) {
            Seq& through = acked[index(report->header.lane)];
            for (const Record& record : report->records) {
                if (record.seq > through) records.push_back(record);  // else sent again
            }
            through = std::max(through, last_of(*report));
        }
        device.ack(acked[0], acked[1]);
    }

    Appliance device;
    agent::TelemetryOptions options;
    agent::TelemetryKit* kit = nullptr;
    std::vector<std::max_align_t> memory;
    std::vector<Record> records;
    std::array<Seq, kLaneCount> acked{};
};

}  // namespace aftercare::test
