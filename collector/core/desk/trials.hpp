// Predictions of rules that open no tickets, scored all the same. One runs per device and rule; the
// device's outcomes decide it, matched as they are to tickets. Nobody acts on a trial, so when its
// horizon has passed without a failure it was wrong, unless the device fell silent before the last
// quarter of the horizon: then nobody knows.
#pragma once

#include <queue>
#include <unordered_map>
#include <vector>

#include "collector/core/desk/rule_book.hpp"
#include "collector/core/intake/registry.hpp"
#include "collector/core/model/rule_record.hpp"

namespace aftercare::collector {

/// In memory, running or young enough for late outcomes: 20 MB. Beyond, a detection of such a rule
/// is not scored, and counted.
inline constexpr std::size_t kTrialsMax = 100'000;

/// What an outcome says about a prediction of `component`, or nothing. `looked_at`: what the visit
/// was for, the component of the outcome's ticket; may be empty.
std::optional<TrialState> verdict_of(const Outcome& outcome, std::string_view looked_at,
                                     std::string_view component, std::string_view failure_mode);
/// Loss of function where the outcome tells of it, else the outcome's own moment.
WallTime moment_of(const Outcome& outcome);

class Trials {
  public:
    /// Of a device attached to a problem: nobody was free to look, so time alone decides nothing.
    enum class Kind : std::uint8_t { of_rule, attached };

    Trials(const World& world, Registry& registry, RuleBook& rules)
        : world_(world), registry_(registry), rules_(rules) {}

    void load(const Trial& trial);
    void on_detection(const DeviceEntry& device, const Rule& rule, const Detection& detection,
                      const Step& step, Kind kind = Kind::of_rule);
    /// A ticket takes over what an attached device's trial has run for.
    void withdraw(DeviceNo device_no, std::string_view rule, const Step& step);
    /// Decides what it is about. `looked_at`: the component that its ticket named, or nothing.
    void on_outcome(const Outcome& outcome, std::string_view looked_at, const Step& step);
    /// The outcome says nothing any more: time judges again what it had decided.
    void take_back(const Outcome& before, const Step& step);
    /// Ends those whose horizon has passed; forgets those that no outcome can reach any more.
    void on_tick(const Step& step);

    [[nodiscard]] std::size_t running_count() const { return running_; }
    [[nodiscard]] std::uint64_t refused_count() const { return refused_; }

  private:
    /// A trial with its common texts shared.
    struct Entry {
        std::string id;
        DeviceNo device_no = 0;
        TrialState state = TrialState::running;
        bool attached = false;
        SharedText rule, model, firmware, component, failure_mode;
        double probability = 0;
        WallTime at{}, opened_at{}, ends_at{};
        MaybeTime ended_at;
        std::string outcome_id;
    };
    struct Due {
        WallTime at;
        std::string id;
        friend bool operator>(const Due& a, const Due& b) {
            return a.at != b.at ? a.at > b.at : a.id > b.id;
        }
    };
    using Entries = std::vector<std::unique_ptr<Entry>>;

    Entry& add(std::unique_ptr<Entry> entry);
    [[nodiscard]] bool runs(DeviceNo device_no, std::string_view rule) const;
    void set(Entry& entry, TrialState state, MaybeTime ended_at, std::string outcome_id,
             const Step& step);
    void write(const Entry& entry, const Step& step);
    [[nodiscard]] TrialState judged_by_time(const Entry& entry, WallTime now);
    void schedule(const Entry& entry);
    void forget(const Entry& entry);

    World world_;
    Registry& registry_;
    RuleBook& rules_;
    std::unordered_map<DeviceNo, Entries> by_device_;
    std::unordered_map<std::string, Entry*> by_id_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    std::size_t running_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace aftercare::collector
