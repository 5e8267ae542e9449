// A whole collector on virtual time for tests: real pump, engine and codec over an in-memory store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/io/pump.hpp"
#include "tests/contract/memory_store.hpp"

namespace aftercare::collector::testing {

/// Two washing machines' worth of knowledge: modes "pump_blocked" (rule 0, notice) and "belt_worn"
/// (rule 1, no notice), "lid_jam" (rule 2, shadow), "pump_noise" (rule 3, component pump).
Catalogue washing_catalogue();
RulePack washing_rules();

/// 2026-01-01T00:00:00Z, when every test begins.
inline constexpr std::int64_t kStartMs = 1'767'225'600'000;
inline WallTime at_h(double hours) {
    return wall_from_unix_ms(kStartMs) + hours_ms(hours);
}

/// Makes the reports of one device with a synchronised clock.
struct Appliance {
    std::string id = "wm-1";
    std::uint64_t stream = 7;
    std::uint32_t boot = 1;
    WallTime booted_at = wall_from_unix_ms(kStartMs);
    std::array<Seq, kLaneCount> next_seq{1, 1};
    std::array<Seq, kLaneCount> oldest_seq{1, 1};
    std::uint32_t consent_epoch = 1;
    std::uint32_t purposes = kAllPurposes;

    Record fault(WallTime at, std::uint32_t code, FaultState state = FaultState::raised);
    Record reading(WallTime at, float value = 1.0F);
    Record lifecycle(WallTime at, const Lifecycle& event);
    /// A report of `records` of one lane, sent at `at`.
    Report report(WallTime at, std::vector<Record> records, bool ack_now = false) const;
    /// Says that all of the bulk lane before `next_seq` is lost.
    Report lost_end(WallTime at) const;

  private:
    Record make(WallTime at, Lane lane);
};

/// What went down to devices.
struct Sent {
    std::vector<std::pair<std::string, Ack>> acks;  ///< device id, ack
    std::vector<std::pair<std::string, Notice>> notices;
    std::vector<std::pair<std::string, SelfTestRequest>> self_tests;
    std::vector<std::pair<std::string, Config>> configs;  ///< without their telemetry
    std::vector<std::pair<std::string, ConsentQuery>> consent_queries;
};

class Station {
  public:
    explicit Station(Settings settings = default_settings(), RulePack rules = washing_rules());
    static Settings default_settings();

    void send(const Report& report, const std::string& tenant = "brand");
    void send_raw(std::string topic, std::string payload) {
        inbox.push_back({std::move(topic), std::move(payload)});
    }
    /// One batch of everything sent so far; ends the test if the store refuses.
    Sent commit();
    Sent commit_at(WallTime at) {
        go_to(at);
        return commit();
    }
    Result<CommandReply> command(Command command);
    void enrol(const std::string& device_id, const std::string& language = "de");

    void go_to(WallTime at);
    /// Kill and start again from what is stored.
    void restart();
    /// Other rules while it runs.
    RulesChange change_rules(RulePack rules);

    Engine& engine() { return *engine_; }
    /// In force from the next restart on.
    Settings& settings() { return settings_; }
    /// As if another program had stored it so: the only ticket there is.
    template <class Change>
    void change_ticket(Change change) {
        Commit commit;
        commit.totals = tables().totals;
        commit.tickets.push_back(ticket());
        change(commit.tickets.front());
        AFTERCARE_ASSERT(store.apply(commit).has_value());
    }
    ModelInfo& model() { return catalogue_.models[0]; }
    Pump& pump() { return *pump_; }
    [[nodiscard]] const MemoryTables& tables() const { return store.tables(); }
    /// The only ticket there is; ends the test otherwise.
    [[nodiscard]] const Ticket& ticket() const;
    [[nodiscard]] Now now() const { return now_; }

    MemoryStore store;
    std::vector<Message> inbox;

  private:
    Sent decode(const std::vector<OutgoingMessage>& outgoing);

    Settings settings_;
    Catalogue catalogue_ = washing_catalogue();
    std::unique_ptr<Detector> detector_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<Pump> pump_;
    proto::Codec codec_;
    Now now_{Instant{}, wall_from_unix_ms(kStartMs)};
};

}  // namespace aftercare::collector::testing
