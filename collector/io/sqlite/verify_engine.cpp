#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "collector/core/intake/device_state.hpp"
#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/rule_rows.hpp"
#include "collector/io/sqlite/verify_checks.hpp"
#include "collector/io/sqlite/verify_replay.hpp"

namespace aftercare::collector::sqlite {

namespace {

constexpr WallTime kEndOfTime = WallTime::max();

std::string text_of(WallTime at) {
    return std::to_string(unix_ms(at));
}

/// Times of faults. Two reports of one moment may have been applied in the other order, with other
/// evidence at hand: so times need not be equal, but they must agree within both bounds.
class FaultTimes {
  public:
    explicit FaultTimes(SQLite::Database& database)
        : fault_(database,
                 "SELECT occurred_at, error_ms, received_at FROM fault WHERE device_no = ? AND "
                 "stream_no = ? AND seq = ?") {}

    void compare(const ReplayedDevice& device, std::int64_t stream_no, const FaultRow& expected) {
        const Use use(fault_);
        Binder(fault_).integer(device.no).integer(stream_no).bits(expected.seq);
        if (!fault_.executeStep()) return;  // a missing row is the finding of another check
        Row row(fault_);
        const WallTime occurred_at = row.time();
        const std::int64_t error_ms = row.integer();
        const std::int64_t apart_ms = std::abs((occurred_at - expected.occurred_at).count());
        const bool same_arrival = row.time() == expected.received_at;
        const bool agrees = error_ms >= 0 && apart_ms <= error_ms + expected.error_ms;
        const bool comparable = device.whole && device.entry->streams.size() <= kWorkingStreamsMax;
        if (same_arrival && !agrees && !comparable) {
            ++check.not_comparable;
            return;
        }
        ++check.examined;
        if (same_arrival && agrees) return;
        const std::string where =
            "device " + device.name + ", fault at seq " + std::to_string(expected.seq);
        check.add_wrong(where + (same_arrival
                                     ? ": the row is " + std::to_string(apart_ms) +
                                           " ms away from what its report says, bounds are " +
                                           std::to_string(error_ms) + " and " +
                                           std::to_string(expected.error_ms) + " ms"
                                     : ": the row arrived at another time than its report"));
    }

    VerifyCheck check{"fault_times",
                      "a fault's time is the one its stored report gives, within the bounds"};

  private:
    SQLite::Statement fault_;
};

/// A silence is decided by a clock, an age by a date that may have been put right since: when and
/// by what is not stored.
bool told_by_time(const Predicate& node) {
    const bool by_age = node.kind == PredicateKind::life && node.metric.empty();
    return by_age || node.kind == PredicateKind::silence ||
           std::any_of(node.children.begin(), node.children.end(), told_by_time);
}

/// Which mode a rule had when: the pack's, until somebody set another for that version.
class ModesInTime {
  public:
    explicit ModesInTime(SQLite::Database& database)
        : history_(read_standings(database, StandingRows::all)) {}

    [[nodiscard]] RuleMode mode(const Rule& rule, WallTime before) const {
        RuleMode mode = rule.mode;
        for (const RuleStanding& set : history_) {
            const bool holds = set.rule_id == rule.id && set.version == rule.version;
            if (holds && set.at < before) mode = set.mode;
        }
        return mode;
    }

  private:
    std::vector<RuleStanding> history_;
};

/// Trials follow from detections, as tickets do.
class TrialsOfRules {
  public:
    TrialsOfRules(SQLite::Database& database, const Detector& detector)
        : detector_(detector),
          trials_(database,
                  "SELECT trial_id, rule, at, opened_at FROM trial WHERE device_no = ? "
                  "AND opened_at < ?") {}

    void compare(const ReplayedDevice& device, WallTime before) {
        const Use use(trials_);
        Binder(trials_).integer(device.no).time(before);
        while (trials_.executeStep()) {
            Row row(trials_);
            const std::string id = row.text();
            const std::string rule = row.text();
            const WallTime at = row.time();
            const WallTime opened_at = row.time();
            if (by_time(rule)) {
                ++check.not_comparable;
                continue;
            }
            ++check.examined;
            const bool found = std::any_of(
                device.detections.begin(), device.detections.end(),
                [&](const ReplayedDetection& one) {
                    return std::min(one.detection.at, opened_at) == at &&
                           rule_name(detector_.pack().rules[one.detection.rule_index]) == rule;
                });
            if (found) continue;
            check.add_wrong("trial " + id + " of device " + device.name + ": rule " + rule +
                            " does not become true at " + text_of(at));
        }
    }

    VerifyCheck check{"trials", "each trial follows from what its rule finds in the reports"};

  private:
    [[nodiscard]] bool by_time(const std::string& name) const {
        const auto& rules = detector_.pack().rules;
        return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
            return rule_name(rule) == name && told_by_time(rule.when);
        });
    }

    const Detector& detector_;
    SQLite::Statement trials_;
};

/// What the engine said it detected: the events of its tickets, up to the first outcome, whose
/// effect on the rules' memory is not stored with its moment.
class TicketsOfRules {
  public:
    TicketsOfRules(SQLite::Database& database, const Detector& detector)
        : detector_(detector),
          modes_(database),
          events_(database,
                  "SELECT iif(e.kind = 'detection' AND e.value <> '', e.value, t.failure_mode), "
                  "e.at, e.kind, t.rule, t.detected_at, t.ticket_id "
                  "FROM ticket t JOIN ticket_event e USING (ticket_id) WHERE t.device_no = ? AND "
                  "e.who = 'engine' AND (e.kind = 'detection' OR (e.kind = 'opened' AND "
                  "t.origin = 'predicted')) AND e.at < ? ORDER BY t.ticket_id, e.no"),
          attached_(database,
                    "SELECT p.failure_mode, d.rule, detected_at, attached_at, last_at, "
                    "d.detection_count, problem_id FROM problem_device d JOIN problem p USING "
                    "(problem_id) WHERE d.device_no = ? AND attached") {
        for (const Rule& rule : detector.pack().rules) {
            if (told_by_time(rule.when)) told_by_time_.insert(rule.failure_mode);
        }
    }

    void compare(const ReplayedDevice& device, WallTime before) {
        std::map<std::string, std::int64_t> owed;  // by failure mode: detections without an event
        for (const ReplayedDetection& one : device.detections) {
            if (!of_ticket(one, one.decided_at)) continue;
            if (one.decided_at < before && !told_by_time_.contains(rule_of(one).failure_mode)) {
                ++owed[rule_of(one).failure_mode];
                ++check.examined;
            } else {
                ++check.not_comparable;
            }
        }
        const Use use(events_);
        Binder(events_).integer(device.no).time(before);
        while (events_.executeStep()) {
            Row row(events_);
            const std::string failure_mode = row.text();
            if (told_by_time_.contains(failure_mode)) {
                ++check.not_comparable;
                continue;
            }
            const WallTime at = row.time();
            const bool opened = row.text() == "opened";
            const std::string rule = row.text();
            const WallTime detected_at = row.time();
            if (opened && !found(device, rule, detected_at, at)) {
                check.add_wrong("ticket " + row.text() + " of device " + device.name + ": rule " +
                                rule + " does not become true at " + text_of(detected_at));
            }
            --owed[failure_mode];
        }
        compare_attached(device, before, owed);
        for (const auto& [failure_mode, count] : owed) {
            if (count == 0) continue;
            check.add_wrong("device " + device.name + ": " + std::to_string(std::abs(count)) +
                            (count > 0 ? " detections of " + failure_mode + " are in no ticket"
                                       : " detections in tickets of " + failure_mode +
                                             " follow from no report"));
        }
    }

    VerifyCheck check{"detections",
                      "tickets and problems hold exactly the detections that the rules find in the "
                      "reports"};

  private:
    /// A problem counts the detections of a device, so that one after `before` hides the others.
    void compare_attached(const ReplayedDevice& device, WallTime before,
                          std::map<std::string, std::int64_t>& owed) {
        std::set<std::string> hidden;
        const Use use(attached_);
        Binder(attached_).integer(device.no);
        while (attached_.executeStep()) {
            Row row(attached_);
            const std::string failure_mode = row.text();
            const std::string rule = row.text();
            const WallTime detected_at = row.time();
            const WallTime attached_at = row.time();
            const WallTime last_at = row.time();
            const std::int64_t count = row.integer();
            if (told_by_time_.contains(failure_mode) || last_at >= before) {
                check.not_comparable += static_cast<std::uint64_t>(count);
                hidden.insert(failure_mode);
                continue;
            }
            if (!found(device, rule, detected_at, attached_at)) {
                check.add_wrong("problem " + row.text() + ", device " + device.name + ": rule " +
                                rule + " does not become true at " + text_of(detected_at));
            }
            owed[failure_mode] -= count;
        }
        for (const std::string& failure_mode : hidden) owed.erase(failure_mode);
    }

    const Rule& rule_of(const ReplayedDetection& one) const {
        return detector_.pack().rules[one.detection.rule_index];
    }
    bool of_ticket(const ReplayedDetection& one, WallTime at) const {
        const Rule& rule = rule_of(one);
        return modes_.mode(rule, at) == RuleMode::live && rule.action == RuleAction::ticket;
    }
    bool found(const ReplayedDevice& device, const std::string& rule, WallTime detected_at,
               WallTime opened_at) const {
        return std::any_of(device.detections.begin(), device.detections.end(),
                           [&](const ReplayedDetection& one) {
                               const Rule& its = rule_of(one);
                               return of_ticket(one, opened_at) &&
                                      std::min(one.detection.at, opened_at) == detected_at &&
                                      rule_name(its) == rule;
                           });
    }

    const Detector& detector_;
    std::set<std::string> told_by_time_;  ///< failure modes of such rules
    ModesInTime modes_;
    SQLite::Statement events_;
    SQLite::Statement attached_;
};

/// The memory of rules and time line that the engine stored with the device.
class StoredStates {
  public:
    StoredStates(SQLite::Database& database, const Detector& detector)
        : detector_(detector),
          state_(database,
                 "SELECT state, stream_id, high_water_urgent, high_water_bulk, s.last_at FROM "
                 "device d JOIN stream s USING (device_no) WHERE device_no = ?") {}

    void compare(const ReplayedDevice& device, bool comparable) {
        const Use use(state_);
        Binder(state_).integer(device.no);
        if (!comparable || !state_.executeStep()) {
            ++check.not_comparable;
            return;
        }
        Row row(state_);
        const std::string bytes = row.text();
        if (bytes.empty() || static_cast<std::uint8_t>(bytes.front()) != kDeviceStateVersion) {
            ++check.not_comparable;
            return;
        }
        DeviceEntry stored;
        stored.info = device.entry->info;
        stored.work = std::make_unique<DeviceWork>();
        StreamEntry& stream = stored.streams.emplace_back();
        stream.id = row.bits();
        stream.high_water = {row.bits(), row.bits()};
        stream.last_at = row.time();
        const auto read = decode_device_state(bytes, detector_, stored);
        const std::string differs = read ? difference(stored, *device.entry) : read.error().message;
        const bool afresh = read && *read == StateRead::other_version;
        const bool silences = detector_.silence_min(device.entry->info.model) > milliseconds{0};
        if (afresh || (read && !differs.empty() && (silences || !device.order_known))) {
            ++check.not_comparable;
            return;
        }
        ++check.examined;
        if (!differs.empty()) check.add_wrong("device " + device.name + ": " + differs);
    }

    VerifyCheck check{"device_states",
                      "what rules and time line remember is what the stored reports lead to"};

  private:
    std::string difference(const DeviceEntry& stored, const DeviceEntry& replayed) const {
        const auto memory = [this](const DeviceEntry& device) {
            std::string bytes;
            detector_.encode(device.awake().detection, bytes);
            return bytes;
        };
        if (memory(stored) != memory(replayed)) return "the memory of its rules differs";
        if (stored.awake().part_lives != replayed.awake().part_lives) return "parts differ";
        const StreamEntry& one = stored.streams.front();
        const StreamEntry& other = replayed.streams.front();
        if (!one.work || one.id != other.id) return "its stream is another";
        const auto times = [](const StreamEntry& stream) {
            std::string bytes;
            ByteWriter out{bytes};
            stream.work->time_line.encode(out, StoredTimes{kNever});
            return bytes;
        };
        if (times(one) != times(other)) return "its time line differs";
        if (one.high_water != other.high_water) return "its marks differ";
        return {};
    }

    const Detector& detector_;
    SQLite::Statement state_;
};

class EngineCheck final : public Replay::Visitor {
  public:
    EngineCheck(SQLite::Database& database, const Detector& detector, bool with_rules,
                WallTime since)
        : fault_times_(database),
          tickets_(database, detector),
          trials_(database, detector),
          states_(database, detector),
          desk_(database,
                "SELECT (SELECT min(at) FROM outcome WHERE device_no = ?1), "
                "coalesce(sum(last_seq - first_seq + 1), 0), "
                "coalesce(sum(received_at & 4294967295), 0) FROM gap WHERE device_no = ?1"),
          since_(since),
          with_rules_(with_rules) {}

    void on_report(const ReplayedDevice& device, const ReportWalk& at,
                   const Commit& rows) override {
        for (const FaultRow& fault : rows.faults) {
            fault_times_.compare(device, at.stream_no(), fault);
        }
    }

    void on_device(const ReplayedDevice& device) override {
        if (!with_rules_) return;
        const Use use(desk_);
        Binder(desk_).integer(device.no);
        AFTERCARE_ASSERT(desk_.executeStep());
        Row row(desk_);
        const std::optional<WallTime> outcome_at = row.optional_time();
        // A report of no records declares a loss, tells the time, and is not stored.
        const bool told_by_records = GapSum{row.bits(), row.bits()} == device.gaps;
        const bool comparable = device.whole && device.same_model && told_by_records &&
                                since_ <= device.first_at && device.entry->streams.size() == 1;
        if (comparable) {
            tickets_.compare(device, outcome_at.value_or(kEndOfTime));
            trials_.compare(device, outcome_at.value_or(kEndOfTime));
        } else {
            tickets_.check.not_comparable += device.detections.size();
        }
        states_.compare(device, comparable && !outcome_at);
    }

    void report(std::vector<VerifyCheck>& checks) const {
        checks.push_back(fault_times_.check);
        if (!with_rules_) return;
        checks.push_back(tickets_.check);
        checks.push_back(trials_.check);
        checks.push_back(states_.check);
    }

  private:
    FaultTimes fault_times_;
    TicketsOfRules tickets_;
    TrialsOfRules trials_;
    StoredStates states_;
    SQLite::Statement desk_;
    WallTime since_;
    bool with_rules_;
};

}  // namespace

void verify_engine(SQLite::Database& database, const VerifyKnowledge& knowledge,
                   std::vector<VerifyCheck>& checks) {
    const Catalogue no_catalogue;
    const auto no_rules = Detector::create({}, no_catalogue);
    AFTERCARE_ASSERT(no_rules.has_value());
    const bool with_rules = knowledge.catalogue != nullptr && knowledge.detector != nullptr;
    const Detector& detector = with_rules ? *knowledge.detector : **no_rules;
    EngineCheck check(database, detector, with_rules, knowledge.since);
    Replay(database, with_rules ? *knowledge.catalogue : no_catalogue, detector).run(check);
    check.report(checks);
}

}  // namespace aftercare::collector::sqlite
