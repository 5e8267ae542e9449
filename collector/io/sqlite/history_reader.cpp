#include "collector/io/sqlite/history_reader.hpp"

#include <algorithm>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/record_times.hpp"
#include "collector/io/sqlite/report_walk.hpp"
#include "collector/io/sqlite/rows.hpp"
#include "collector/io/sqlite/schema.hpp"
#include "proto/codec.hpp"

namespace aftercare::collector {

using namespace sqlite;

namespace {

/// A technician writes the outcome on the day of the visit or the next.
constexpr milliseconds kOutcomeNearby = hours_ms(48);

class HistoryWalk {
  public:
    HistoryWalk(SQLite::Database& database, const Catalogue& catalogue)
        : catalogue_(catalogue),
          devices_(database,
                   "SELECT device_no, device_id, model, firmware, region, customer_id, "
                   "installed_at, warranty_until, first_seen_at, last_seen_at FROM device "
                   "ORDER BY device_no"),
          outcomes_(database,
                    "SELECT device_no, at, code, component, failure_mode, failed_at FROM outcome "
                    "ORDER BY device_no, at, outcome_id"),
          faults_(database,
                  "SELECT code, state, occurrences, occurred_at FROM fault WHERE device_no = ? "
                  "ORDER BY occurred_at, stream_no, seq"),
          reports_(database),
          history_end_(last_sign_of_life(database)),
          outcome_left_(outcomes_.executeStep()) {}

    Status run(const std::function<Status(DeviceHistory&&)>& visit) {
        if (Status moved = next_report(); !moved) return moved;
        while (devices_.executeStep()) {
            Row row(devices_);
            const DeviceNo device_no = row.count();
            DeviceHistory history;
            read_device(row, history);
            std::vector<std::pair<WallTime, std::uint32_t>> replaced;
            if (Status read = read_reports(device_no, history, replaced); !read) return read;
            read_faults(device_no, history);
            read_outcomes(device_no, history, replaced);
            bound(history);
            if (Status visited = visit(std::move(history)); !visited) return visited;
        }
        return {};
    }

  private:
    /// Of any device; WallTime::min() for an empty database.
    static WallTime last_sign_of_life(SQLite::Database& database) {
        SQLite::Statement select(database,
                                 "SELECT max(at) FROM (SELECT max(last_seen_at) AS at FROM device "
                                 "UNION ALL SELECT max(at) FROM outcome)");
        select.executeStep();
        return Row(select).optional_time().value_or(WallTime::min());
    }

    static void read_device(Row& row, DeviceHistory& history) {
        history.device.id = row.text();
        history.device.model = row.text();
        history.device.firmware = row.text();
        history.device.region = row.text();
        history.device.customer_id = row.text();
        history.device.installed_at = row.optional_time();
        history.device.warranty_until = row.optional_time();
        history.begin = row.optional_time().value_or(WallTime::max());
        history.end = row.optional_time().value_or(WallTime::min());
    }

    Status next_report() {
        const Result<bool> more = reports_.next();
        if (!more) return fail(more.error().within("device " + reports_.device_id()));
        report_left_ = *more;
        return {};
    }

    using Replaced = std::vector<std::pair<WallTime, std::uint32_t>>;

    Status read_reports(DeviceNo device_no, DeviceHistory& history, Replaced& replaced) {
        while (report_left_ && reports_.raw().device_no <= device_no) {
            if (reports_.raw().device_no == device_no) {
                if (Status taken = take_report(history, replaced); !taken) return taken;
            }
            if (Status moved = next_report(); !moved) return moved;
        }
        return {};
    }

    Status take_report(DeviceHistory& history, Replaced& replaced) {
        const RawReport& raw = reports_.raw();
        const auto decoded = codec_.decode_report(std::as_bytes(std::span(raw.bytes)), report_);
        if (!decoded) {
            return fail(Errc::corrupt, "a stored report of device " + history.device.id +
                                           " cannot be decoded: " + decoded.error().detail);
        }
        const std::span<const Record> applied = applied_records(raw, report_);
        const std::vector<WallTime> times = record_times(raw, report_.header, applied);
        for (std::size_t i = 0; i < applied.size(); ++i) {
            const auto& body = applied[i].body;
            if (std::holds_alternative<Fault>(body)) continue;
            const auto* event = std::get_if<Lifecycle>(&body);
            if (event != nullptr && event->kind == LifecycleKind::part_replaced) {
                replaced.emplace_back(times[i], event->component_id);
            }
            history.records.push_back({times[i], applied[i]});
        }
        return {};
    }

    void read_faults(DeviceNo device_no, DeviceHistory& history) {
        std::vector<TimedRecord> faults;
        const Use use(faults_);
        Binder(faults_).integer(device_no);
        while (faults_.executeStep()) {
            Row row(faults_);
            Fault fault{.code = row.count()};
            fault.state = static_cast<FaultState>(row.integer());
            fault.occurrences = row.count();
            faults.push_back({row.time(), {.body = fault}});
        }
        // Of one moment the fault first: it travels in the urgent lane.
        faults.insert(faults.end(), history.records.begin(), history.records.end());
        history.records = std::move(faults);
        std::stable_sort(history.records.begin(), history.records.end(),
                         [](const TimedRecord& a, const TimedRecord& b) { return a.at < b.at; });
    }

    void read_outcomes(DeviceNo device_no, DeviceHistory& history, const Replaced& replaced) {
        const ModelInfo* model = catalogue_.model(history.device.model);
        while (outcome_left_) {
            Row row(outcomes_);
            const DeviceNo of = row.count();
            if (of > device_no) break;
            HistoryOutcome outcome;
            outcome.at = row.time();
            outcome.code = row.name(parse_outcome_code);
            outcome.component = row.text();
            outcome.failure_mode = row.text();
            outcome.failed_at = row.optional_time();
            if (of == device_no) add_outcome(std::move(outcome), model, history);
            outcome_left_ = outcomes_.executeStep();
        }
        for (const auto& [at, component] : replaced) add_replaced(at, component, model, history);
        std::stable_sort(history.outcomes.begin(), history.outcomes.end(),
                         [](const auto& a, const auto& b) { return a.at < b.at; });
    }

    static void add_outcome(HistoryOutcome outcome, const ModelInfo* model,
                            DeviceHistory& history) {
        if (outcome.code == OutcomeCode::unit_replaced && model != nullptr) {
            for (const ComponentInfo& part : model->components) {
                if (part.name == outcome.component) continue;
                history.outcomes.push_back({.at = outcome.at,
                                            .component = part.name,
                                            .code = OutcomeCode::preventive_replacement});
            }
        }
        history.outcomes.push_back(std::move(outcome));
    }

    static void add_replaced(WallTime at, std::uint32_t component_id, const ModelInfo* model,
                             DeviceHistory& history) {
        const ComponentInfo* part = model == nullptr ? nullptr : model->component(component_id);
        if (part == nullptr) return;
        const bool told = std::any_of(
            history.outcomes.begin(), history.outcomes.end(), [&](const HistoryOutcome& outcome) {
                return outcome.component == part->name &&
                       life_end(outcome.code) != LifeEnd::untouched &&
                       outcome.at - kOutcomeNearby <= at && at <= outcome.at + kOutcomeNearby;
            });
        if (told) return;
        history.outcomes.push_back(
            {.at = at, .component = part->name, .code = OutcomeCode::preventive_replacement});
    }

    /// Watched from the first record to the last sign of life.
    void bound(DeviceHistory& history) const {
        if (!history.records.empty()) {
            history.begin = history.records.front().at;
            history.end = std::max(history.end, history.records.back().at);
        }
        if (!history.outcomes.empty()) {
            history.end = std::max(history.end, history.outcomes.back().at);
        }
        history.begin = std::min(history.begin, history.end);
        history.history_end = std::max(history_end_, history.end);
    }

    const Catalogue& catalogue_;
    SQLite::Statement devices_;
    SQLite::Statement outcomes_;
    SQLite::Statement faults_;
    ReportWalk reports_;
    proto::Codec codec_;
    Report report_;
    WallTime history_end_;
    bool report_left_ = false;
    bool outcome_left_ = false;
};

}  // namespace

Status read_device_histories(const std::string& path, const Catalogue& catalogue,
                             const std::function<Status(DeviceHistory&&)>& visit) {
    return guarded(path, [&]() -> Status {
        const auto database = connect(path, {.access = Access::read});
        if (Status ready = prepare_schema(*database, path, Upgrade::never); !ready) return ready;
        const Snapshot snapshot(*database);
        Status read = HistoryWalk(*database, catalogue).run(visit);
        if (!read) return fail(read.error().within("database " + path));
        return {};
    });
}

Result<History> read_history(const std::string& path, const Catalogue& catalogue) {
    HistoryBuilder builder(path, catalogue);
    const Status read =
        read_device_histories(path, catalogue, [&](DeviceHistory&& history) -> Status {
            builder.add(history);
            return {};
        });
    if (!read) return fail(read.error());
    return builder.finish();
}

}  // namespace aftercare::collector
