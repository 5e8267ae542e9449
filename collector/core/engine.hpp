// The collector's decisions, all of them: (state, input, now) -> commit. Pure: no clock, thread,
// file, socket or log. One engine owns all devices; one thread calls it.
//
// Invariants: each (device, stream, lane, seq) is applied once and in order, or lies in a declared
// gap; one open ticket per (tenant, device, failure mode); what is refused is counted; marks commit
// with their effects.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/commands.hpp"
#include "collector/core/commit.hpp"
#include "collector/core/detect/detector.hpp"
#include "collector/core/learn/calibration/rule_tally.hpp"
#include "collector/core/sla/policy.hpp"
#include "common/report.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct Settings {
    std::vector<std::string> tenants;
    bool open_enrolment = false;  ///< unknown devices of a known tenant register themselves
    std::size_t reorder_reports_max = 16;            ///< per device and lane
    std::size_t reorder_reports_total_max = 10'000;  ///< over all devices, about 10 KB each
    std::uint32_t ack_reports_lazy = 16;             ///< lazy ack after this many reports …
    milliseconds ack_delay_lazy{10'000};             ///< … or this long (monotonic clock)
    /// Asks a device for its owner's consent while nobody was asked (epoch 0), at most this often;
    /// 0 = never.
    milliseconds consent_query_every{0};
    milliseconds recurrence_window{30LL * 86'400'000};  ///< link `recurs_of` within it
    milliseconds contact_gap_min{24LL * 3'600'000};     ///< frequency cap per device
    milliseconds match_window{30LL * 86'400'000};  ///< outcome to ticket, by device and component
    bool notices = true;                           ///< first contact by appliance notice
    milliseconds close_after{14LL * 86'400'000};   ///< a resolved ticket closes by itself
    /// A fix is verified by clean telemetry for so long, 0 = not watched …
    milliseconds verify_after{14LL * 86'400'000};
    std::uint32_t verify_cycles = 20;  ///< … or over so many cycles; 0 = by time alone
    SlaSettings sla;
    ProblemSettings problems;
};

/// Both clocks at the moment of a step.
struct Now {
    Instant instant;
    WallTime wall;
};

/// What a database holds when an engine starts.
struct Loaded {
    std::vector<DeviceStateRow> devices;
    std::vector<StreamRow> streams;
    std::vector<SettingsRow> settings;
    std::vector<PresenceRow> presences;
    std::vector<Ticket> open_tickets;
    /// Ended ones young enough for recurrence and late outcomes (match_window, recurrence_window),
    /// and every `resolved` one: its closing is still due.
    std::vector<Ticket> recent_tickets;
    /// Of the same span: repeats are recognised, corrections restate; and all in review.
    std::vector<Outcome> outcomes;
    std::vector<Contact> contacts;        ///< of the same span: repeats are recognised
    std::vector<Trial> trials;            ///< running ones, and ended ones of the match_window
    std::vector<RuleStanding> standings;  ///< the last one of each rule id
    std::vector<RuleTally> tallies;       ///< of everything that was ever decided
    std::vector<SlaTerms> sla_terms;      ///< every one that a ticket was ever counted by
    std::vector<DeskDue> desk_due;        ///< of which no broker said that it has them
    /// Those that a person may still decide about, whose tickets still follow, or whose guard is
    /// on; and those decided about within the span above.
    std::vector<Problem> problems;
    std::vector<ProblemDevice> problem_devices;  ///< of these problems
    std::vector<Watch> watches;                  ///< of resolved tickets
    std::vector<RefusalCount> refusal_counts;    ///< `totals.refused` is their sum by reason
    Totals totals;
};

/// What became of a detection: each has one fate.
enum class DetectionFate : std::uint8_t {
    opened,    ///< a ticket
    added,     ///< to an open one, as evidence
    reopened,  ///< a ticket that was thought fixed
    attached,  ///< to a problem
    trial,     ///< of a rule without tickets
    notice,    ///< of a rule that asks for no ticket
    self_test,
};
inline constexpr std::size_t kDetectionFateCount = 7;
std::string_view to_string(DetectionFate fate);

class Engine {
  public:
    /// Errors: corrupt, naming the device whose stored state cannot be read.
    static Result<std::unique_ptr<Engine>> create(Settings settings, const Catalogue& catalogue,
                                                  const Detector& detector, Loaded loaded);
    ~Engine();

    /// One decoded report from `topic`'s tenant and device with its bytes as received.
    void on_report(std::string_view tenant, std::string_view device, const Report& report,
                   std::string_view bytes, Now now, Commit& commit);
    /// What `topic`'s device, or its last will, says about its link. Retained ones come again and
    /// change nothing.
    void on_presence(std::string_view tenant, std::string_view device, const Presence& presence,
                     std::string_view bytes, Now now, Commit& commit);
    /// A message that the shell could not even decode.
    void on_refused(const Refusal& refusal, std::string_view topic, std::string_view bytes, Now now,
                    Commit& commit);
    /// A message refused before, with its report now that it can be decoded. Exactly once holds by
    /// seq: `unchanged` when all of it is stored already. The sample is then released.
    /// Errors: invalid (refused again, and why), unavailable (it waits for earlier records).
    Result<CommandReply> on_retry(const RetryRefused& again, std::string_view tenant,
                                  std::string_view device, const Report& report, Now now,
                                  Commit& commit);
    /// Pre: not a RetryRefused, which comes by `on_retry`.
    /// Errors: invalid, not_found, conflict — as shown to whoever asked.
    Result<CommandReply> on_command(const Command& command, Now now, Commit& commit);
    /// The broker has a ticket that was mailed to a centre's desk, or it was given up: then it is
    /// mailed again later.
    void on_desk_receipt(const DeskDue& due, bool taken, Now now, Commit& commit);
    /// Other rules from the next report on. `detector` is the one the engine was created with;
    /// `next` gets the rules of before. Pre: called between `finish` and the next input.
    RulesChange change_rules(Detector& detector, Detector& next);
    /// Lazy acks, lapsing tickets, automatic closing. Cheap; call each batch.
    void on_tick(Now now, Commit& commit);
    /// Before a stop: acks and presences that still wait for company go with this commit.
    void flush(Commit& commit);
    /// Appends the rows of all devices and streams touched since the last call. Call once per
    /// commit, last.
    void finish(Commit& commit);

    struct Statistics {
        Totals totals;
        std::size_t device_count = 0;
        std::size_t open_ticket_count = 0;
        OpenTicketCounts open_tickets_by_state{};
        OpenDeskCounts open_desk_counts;
        std::size_t desk_due_count = 0;        ///< tickets on their way to a desk
        std::size_t reorder_report_count = 0;  ///< waiting now
        std::uint64_t reorder_overflow_count = 0;
        std::uint64_t duplicate_reports = 0;  ///< acknowledged again
        /// Of the gap records, those that the device no longer holds and never declared: it had
        /// them acknowledged by a database that a backup has replaced since.
        std::uint64_t forgotten_records = 0;
        std::uint64_t streams_begun = 0;     ///< new devices and factory resets
        std::uint64_t streams_parked = 0;    ///< long silent ones, of which only marks are kept
        std::uint64_t intervals_melted = 0;  ///< of rules, for want of room (docs/rules.md)
        /// Devices whose stored state another version of the program wrote: marks and master data
        /// kept, the time line and what the rules gathered begun afresh.
        std::size_t states_restarted = 0;
        std::uint64_t acks = 0;
        std::uint64_t configs_sent = 0;     ///< since the engine started
        std::uint64_t configs_refused = 0;  ///< by devices, since then
        std::uint64_t consent_queries = 0;  ///< sent since then
        std::size_t trials_running = 0;     ///< of rules without tickets
        std::uint64_t trials_refused = 0;   ///< for want of room, since then
        std::size_t rules_shelved = 0;      ///< of the pack in force, by whomever
        std::size_t devices_online = 0;
        std::uint64_t presence_changes = 0;  ///< since then
        /// Detections by what became of them, since then.
        std::array<std::uint64_t, kDetectionFateCount> detections{};
        std::size_t problems_unsettled = 0;          ///< open or rolled up
        std::size_t problem_devices_waiting = 0;     ///< attached, and nobody has decided
        std::uint64_t problems_started = 0;          ///< since then
        std::uint64_t fixes_verified = 0;            ///< since then
        std::uint64_t fixes_not_verified = 0;        ///< the device fell silent, since then
        std::uint64_t faults_returned = 0;           ///< within a watch, since then
        std::size_t outcomes_in_review = 0;          ///< a person has to say which ticket is meant
        std::uint64_t outcomes_reviewed = 0;         ///< by persons, since then
        std::uint64_t problem_tickets_released = 0;  ///< since then
    };
    [[nodiscard]] Statistics statistics() const;

  private:
    Engine();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
