#include "tests/contract/memory_store.hpp"

#include <algorithm>
#include <span>

#include "proto/codec.hpp"
#include "tests/contract/memory_rows.hpp"

namespace aftercare::collector::testing {

namespace {

Seq mark_of(const MemoryTables& tables, DeviceNo no, std::uint64_t stream_id, Lane lane) {
    const auto stream = tables.streams.find({no, stream_id});
    return stream == tables.streams.end() ? 0 : stream->second.high_water[index(lane)];
}

/// How many reports and gaps of the commit lie at or below their marks.
std::size_t stored_count(const MemoryTables& tables, const Commit& commit) {
    std::size_t count = 0;
    for (const RawReport& r : commit.raw) {
        if (r.first_seq <= mark_of(tables, r.device_no, r.stream_id, r.lane)) ++count;
    }
    for (const GapRow& g : commit.gaps) {
        if (g.first_seq <= mark_of(tables, g.device_no, g.stream_id, g.lane)) ++count;
    }
    return count;
}

bool overlaps_itself(const Commit& commit) {
    std::map<std::tuple<DeviceNo, std::uint64_t, Lane>, Seq> reached;
    for (const RawReport& r : commit.raw) {
        Seq& last = reached[{r.device_no, r.stream_id, r.lane}];
        if (r.first_seq <= last) return true;
        last = r.last_seq;
    }
    return false;
}

bool incident_open_twice(const MemoryTables& tables) {
    std::set<std::tuple<std::string, DeviceNo, std::string>> open;
    for (const auto& [id, t] : tables.tickets) {
        if (is_open(t.state) && !open.insert({t.tenant, t.device_no, t.failure_mode}).second) {
            return true;
        }
    }
    return false;
}

tl::unexpected<Error> contradiction() {
    return fail(Errc::conflict, "the change contradicts what is stored");
}

void put_refusals(MemoryTables& tables, const Commit& commit) {
    for (const QuarantineKey& key : commit.released) {
        const auto kept = tables.samples.find({key.tenant, key.reason, key.ordinal % 64});
        if (kept == tables.samples.end() || kept->second.key.ordinal != key.ordinal) continue;
        tables.samples.erase(kept);
    }
    for (const RefusalCount& refused : commit.refusal_counts) {
        QuarantineSummary& summary = tables.quarantine[{refused.tenant, refused.reason}];
        summary.tenant = refused.tenant;
        summary.reason = refused.reason;
        summary.count = refused.count;
    }
    for (const QuarantineRow& q : commit.quarantine) {
        tables.samples[{q.tenant, q.reason, q.ordinal % 64}] = {{q.tenant, q.reason, q.ordinal},
                                                                q.detail,
                                                                q.topic,
                                                                q.sample,
                                                                q.size_bytes,
                                                                q.received_at};
        QuarantineSummary& summary = tables.quarantine[{q.tenant, q.reason}];
        summary.last_at = q.received_at;
        summary.last_detail = q.detail;
    }
}

void put_telemetry(MemoryTables& tables, const Commit& commit) {
    tables.raw.insert(tables.raw.end(), commit.raw.begin(), commit.raw.end());
    for (const FaultRow& f : commit.faults) tables.faults[{f.device_no, f.stream_id, f.seq}] = f;
    for (const GapRow& g : commit.gaps) {
        tables.gaps[{g.device_no, g.stream_id, index(g.lane), g.first_seq}] = g;
    }
    for (const StreamRow& s : commit.streams) {
        const auto [entry, added] = tables.streams.try_emplace({s.device_no, s.stream_id}, s);
        StreamRow& stored = entry->second;
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
            stored.high_water[lane] = std::max(stored.high_water[lane], s.high_water[lane]);
        }
        stored.last_at = s.last_at;
    }
    put_refusals(tables, commit);
}

void put_desk_due(MemoryTables& tables, const Commit& commit) {
    for (const DeskDue& done : commit.desk_done) {
        const auto found = tables.desk_due.find({done.ticket_id, done.centre});
        if (found == tables.desk_due.end() || found->second.version > done.version) continue;
        tables.desk_due.erase(found);
    }
    for (const DeskDue& due : commit.desk_due) tables.desk_due[{due.ticket_id, due.centre}] = due;
}

bool problem_open_twice(const MemoryTables& tables) {
    std::set<std::tuple<std::string, std::string, std::string, std::string>> unsettled;
    for (const auto& [id, p] : tables.problems) {
        if (is_unsettled(p.state) &&
            !unsettled.insert({p.tenant, p.rule_id, p.model, p.firmware}).second) {
            return true;
        }
    }
    return false;
}

Status put_problems(MemoryTables& tables, const Commit& commit) {
    for (const Problem& p : commit.problems) tables.problems[p.id] = p;
    if (problem_open_twice(tables)) return contradiction();
    for (const ProblemDevice& d : commit.problem_devices) {
        if (tables.problems.count(d.problem_id) == 0 || tables.devices.count(d.device_no) == 0) {
            return contradiction();
        }
        if (!d.ticket_id.empty() && tables.tickets.count(d.ticket_id) == 0) return contradiction();
        tables.problem_devices[{d.problem_id, d.device_no}] = d;
    }
    for (const ProblemEvent& e : commit.problem_events) {
        if (tables.problems.count(e.problem_id) == 0) return contradiction();
        tables.problem_events[{e.problem_id, e.no}] = e;
    }
    return {};
}

Status put_desk(MemoryTables& tables, const Commit& commit) {
    for (const SlaTerms& terms : commit.sla_terms) tables.sla_terms.try_emplace(terms.id, terms);
    for (const Ticket& t : commit.tickets) {
        if (tables.devices.count(t.device_no) == 0) return contradiction();
        tables.tickets[t.id] = t;
    }
    if (incident_open_twice(tables)) return contradiction();
    put_desk_due(tables, commit);
    for (const TicketEvent& e : commit.events) {
        if (tables.tickets.count(e.ticket_id) == 0) return contradiction();
        tables.events[{e.ticket_id, e.no}] = e;
    }
    for (const Contact& c : commit.contacts) {
        if (!c.ticket_id.empty() && tables.tickets.count(c.ticket_id) == 0) return contradiction();
        tables.contacts[c.id] = c;
    }
    for (const Outcome& o : commit.outcomes) {
        if (!o.ticket_id.empty() && tables.tickets.count(o.ticket_id) == 0) return contradiction();
        tables.outcomes[o.id] = o;
    }
    for (const Trial& t : commit.trials) {
        if (tables.devices.count(t.device_no) == 0) return contradiction();
        if (!t.outcome_id.empty() && tables.outcomes.count(t.outcome_id) == 0) {
            return contradiction();
        }
        tables.trials[t.id] = t;
    }
    for (const RuleStanding& s : commit.standings) tables.standings[{s.rule_id, s.no}] = s;
    for (const Watch& w : commit.watches) {
        if (tables.tickets.count(w.ticket_id) == 0) return contradiction();
        tables.watches[w.ticket_id] = w;
    }
    return put_problems(tables, commit);
}

auto ticket_key(const Ticket& t) {
    return std::pair(t.opened_at, t.id);
}
auto trial_key = [](const Trial& trial) { return std::pair(trial.opened_at, trial.id); };
auto time_key = [](const auto& row) { return std::pair(row.at, row.id); };

DeviceInfo whole(DeviceInfo device, const MemoryTables& tables) {
    const auto row = tables.settings.find(device.no);
    if (row != tables.settings.end()) device.settings = row->second.settings;
    const auto presence = tables.presences.find(device.no);
    if (presence != tables.presences.end()) device.presence = presence->second.presence;
    return device;
}

void load_rules(const MemoryTables& tables, WallTime since, Loaded& loaded) {
    const auto tally = [&](const std::string& rule, const std::string& model,
                           std::optional<bool> was_right) {
        if (!was_right) return;
        loaded.tallies.push_back({rule, model, {*was_right ? 1U : 0U, *was_right ? 0U : 1U}});
    };
    for (const Trial& t : sorted(values(tables.trials), trial_key)) {
        if (!t.ended_at || *t.ended_at >= since) loaded.trials.push_back(t);
        tally(t.rule, t.model, right(t.state));
    }
    for (const auto& [id, t] : tables.tickets) tally(t.rule, t.model, right(t.decision));
    std::map<std::string, RuleStanding> last;
    for (const auto& [key, s] : tables.standings) last[s.rule_id] = s;
    loaded.standings = values(last);
}

void load_problems(const MemoryTables& tables, WallTime since, Loaded& loaded) {
    for (const auto& [id, p] : tables.problems) {
        if (!is_unsettled(p.state) && p.settled_at && p.guard_ended_at && *p.decided_at < since) {
            continue;
        }
        loaded.problems.push_back(p);
        for (const auto& [key, d] : tables.problem_devices) {
            if (d.problem_id == id) loaded.problem_devices.push_back(d);
        }
    }
}

}  // namespace

Result<Loaded> MemoryStore::load(const Settings& settings, WallTime now) {
    const WallTime since = now - std::max(settings.match_window, settings.recurrence_window);
    Loaded loaded;
    loaded.devices = values(tables_.devices);
    loaded.streams = values(tables_.streams);
    loaded.settings = values(tables_.settings);
    loaded.presences = values(tables_.presences);
    for (const Ticket& t : sorted(values(tables_.tickets), ticket_key)) {
        const WallTime ended = t.resolved_at.value_or(t.closed_at.value_or(t.opened_at));
        if (is_open(t.state)) {
            loaded.open_tickets.push_back(t);
        } else if (t.state == TicketState::resolved || ended >= since) {
            loaded.recent_tickets.push_back(t);
        }
    }
    for (const Outcome& o : sorted(values(tables_.outcomes), time_key)) {
        if (o.at >= since || o.review == Review::open) loaded.outcomes.push_back(o);
    }
    for (const Contact& c : sorted(values(tables_.contacts), time_key)) {
        if (c.at >= since) loaded.contacts.push_back(c);
    }
    load_rules(tables_, now - settings.match_window, loaded);
    loaded.sla_terms = values(tables_.sla_terms);
    loaded.desk_due = values(tables_.desk_due);
    load_problems(tables_, since, loaded);
    for (const auto& [id, watch] : tables_.watches) {
        if (tables_.tickets.at(id).state == TicketState::resolved) loaded.watches.push_back(watch);
    }
    loaded.totals = tables_.totals;
    for (const auto& [key, summary] : tables_.quarantine) {
        loaded.refusal_counts.push_back({summary.tenant, summary.reason, summary.count});
    }
    return loaded;
}

Status MemoryStore::apply(const Commit& commit) {
    if (failures_left_ > 0) {
        --failures_left_;
        return fail(failure_, "refused as the test asked");
    }
    const std::size_t stored = stored_count(tables_, commit);
    if (stored > 0 && stored == commit.raw.size() + commit.gaps.size()) return {};
    if (stored > 0 || overlaps_itself(commit)) return contradiction();
    MemoryTables next = tables_;
    for (const DeviceStateRow& d : commit.devices) {
        const auto known = next.devices.find(d.info.no);
        if (known != next.devices.end() && (known->second.info.device_id != d.info.device_id ||
                                            known->second.info.tenant != d.info.tenant)) {
            return contradiction();
        }
        next.devices[d.info.no] = d;
    }
    for (const SettingsRow& s : commit.settings) next.settings[s.device_no] = s;
    for (const PresenceRow& p : commit.presences) next.presences[p.device_no] = p;
    put_telemetry(next, commit);
    if (Status desk = put_desk(next, commit); !desk) return desk;
    next.totals = commit.totals;
    tables_ = std::move(next);
    return {};
}

Result<Page<Ticket>> MemoryQueries::tickets(const TicketFilter& f) {
    if (Status checked = check(f); !checked) return fail(checked.error());
    std::vector<Ticket> found;
    for (const Ticket& t : sorted(values(store_.tables().tickets), ticket_key)) {
        const bool state_matches =
            f.state == "open_any" ? is_open(t.state) : matches(f.state, to_string(t.state));
        if (state_matches && matches(f.tenant, t.tenant) && matches(f.device_id, t.device_id) &&
            matches(f.centre, t.centre) && matches(f.origin, to_string(t.origin)) &&
            matches(f.component, t.component) && (f.sla.empty() || alarmed(t, f.sla)) &&
            on_desk(t, f)) {
            found.push_back(t);
        }
    }
    std::reverse(found.begin(), found.end());
    return page_of(std::move(found), f.limit, f.cursor);
}

Result<std::vector<CentreLoad>> MemoryQueries::centre_loads(const std::string& tenant) {
    return loads_of(store_.tables().tickets, tenant);
}

Result<TicketDetail> MemoryQueries::ticket(const std::string& id) {
    const MemoryTables& tables = store_.tables();
    const auto found = tables.tickets.find(id);
    if (found == tables.tickets.end()) return fail(Errc::not_found, "there is no ticket " + id);
    TicketDetail detail;
    detail.ticket = found->second;
    for (const TicketEvent& e : values(tables.events)) {
        if (e.ticket_id == id) detail.events.push_back(e);
    }
    for (const Contact& c : sorted(values(tables.contacts), time_key)) {
        if (c.ticket_id == id) detail.contacts.push_back(c);
    }
    for (const Outcome& o : sorted(values(tables.outcomes), time_key)) {
        if (o.ticket_id == id) detail.outcomes.push_back(o);
    }
    const auto terms = tables.sla_terms.find(detail.ticket.sla.terms);
    if (terms != tables.sla_terms.end()) detail.sla_terms = terms->second;
    const auto watch = tables.watches.find(id);
    if (watch != tables.watches.end()) detail.watch = watch->second;
    WallTime newest = WallTime::min();
    for (const auto& [key, d] : tables.problem_devices) {
        const WallTime started_at = tables.problems.at(d.problem_id).started_at;
        if (d.ticket_id != id || started_at <= newest) continue;
        newest = started_at;
        detail.problem_id = d.problem_id;
    }
    return detail;
}

Result<Page<Outcome>> MemoryQueries::outcomes(const OutcomeFilter& f) {
    if (!f.review.empty() && !parse_review(f.review)) return wrong_parameter("review", "unknown");
    std::vector<Outcome> found;
    for (const auto& [key, o] : store_.tables().outcomes) {
        if (matches(f.tenant, o.tenant) && matches(f.centre, o.centre) &&
            matches(f.device_id, o.device_id) && matches(f.review, to_string(o.review))) {
            found.push_back(o);
        }
    }
    found = sorted(std::move(found),
                   [](const Outcome& o) { return std::tuple(o.at, o.id + " " + o.tenant); });
    std::reverse(found.begin(), found.end());
    return page_of(std::move(found), f.limit, f.cursor);
}

Result<Outcome> MemoryQueries::outcome(const std::string& tenant, const std::string& id) {
    for (const auto& [key, o] : store_.tables().outcomes) {
        if (o.tenant == tenant && o.id == id) return o;
    }
    return fail(Errc::not_found, "there is no outcome " + id);
}

Result<Page<Problem>> MemoryQueries::problems(const ProblemFilter& f) {
    if (!f.state.empty() && f.state != "unsettled" && !parse_problem_state(f.state)) {
        return wrong_parameter("state", "unknown");
    }
    std::vector<Problem> found;
    for (const auto& [id, p] : store_.tables().problems) {
        const bool state_matches =
            f.state == "unsettled" ? is_unsettled(p.state) : matches(f.state, to_string(p.state));
        if (state_matches && matches(f.tenant, p.tenant) && matches(f.rule_id, p.rule_id) &&
            matches(f.model, p.model)) {
            found.push_back(p);
        }
    }
    found =
        sorted(std::move(found), [](const Problem& p) { return std::pair(p.started_at, p.id); });
    std::reverse(found.begin(), found.end());
    return page_of(std::move(found), f.limit, f.cursor);
}

Result<ProblemDetail> MemoryQueries::problem(const ProblemDeviceFilter& filter) {
    const MemoryTables& tables = store_.tables();
    const auto found = tables.problems.find(filter.problem_id);
    if (found == tables.problems.end()) return fail(Errc::not_found, "there is no such problem");
    ProblemDetail detail;
    detail.problem = found->second;
    for (const auto& [key, e] : tables.problem_events) {
        if (e.problem_id == filter.problem_id) detail.events.push_back(e);
    }
    std::vector<ProblemDevice> devices;
    for (const auto& [key, d] : tables.problem_devices) {
        if (d.problem_id == filter.problem_id) devices.push_back(d);
    }
    auto page = page_of(std::move(devices), filter.limit, filter.cursor);
    if (!page) return fail(page.error());
    detail.devices = std::move(*page);
    return detail;
}

Result<Page<DeviceInfo>> MemoryQueries::devices(const DeviceFilter& filter) {
    std::vector<DeviceInfo> found;
    for (const DeviceStateRow& d : values(store_.tables().devices)) {
        if (matches(filter.tenant, d.info.tenant) && matches(filter.model, d.info.model)) {
            found.push_back(whole(d.info, store_.tables()));
        }
    }
    return page_of(std::move(found), filter.limit, filter.cursor);
}

Result<DeviceInfo> MemoryQueries::device(const std::string& tenant, const std::string& device_id) {
    for (const DeviceStateRow& d : values(store_.tables().devices)) {
        if (d.info.tenant == tenant && d.info.device_id == device_id) {
            return whole(d.info, store_.tables());
        }
    }
    return fail(Errc::not_found, "there is no device " + device_id);
}

Result<std::vector<FaultRow>> MemoryQueries::faults(DeviceNo device_no, std::size_t limit) {
    std::vector<FaultRow> found;
    for (const FaultRow& f : values(store_.tables().faults)) {
        if (f.device_no == device_no) found.push_back(f);
    }
    found = sorted(std::move(found),
                   [](const FaultRow& f) { return std::tuple(f.occurred_at, f.stream_id, f.seq); });
    std::reverse(found.begin(), found.end());
    found.resize(std::min(limit, found.size()));
    return found;
}

Result<Series> MemoryQueries::telemetry(const SeriesFilter& filter) {
    if (filter.points_max == 0) return fail(Errc::invalid, "at least one point must be asked for");
    SeriesFold fold(filter.points_max);
    proto::Codec codec;
    Report report;
    for (const RawReport& raw : store_.tables().raw) {
        if (raw.device_no != filter.device_no) continue;
        if (!codec.decode_report(std::as_bytes(std::span(raw.bytes)), report)) {
            return fail(Errc::corrupt, "a stored report cannot be decoded");
        }
        // One boot a report is all that the tests of this store need.
        std::uint64_t first_ms = 0;
        for (const Record& record : report.records) {
            if (record.seq < raw.first_seq || record.seq > raw.last_seq) continue;
            if (record.seq == raw.first_seq) first_ms = record.uptime_ms;
            const WallTime at =
                raw.t0 + milliseconds{static_cast<std::int64_t>(record.uptime_ms - first_ms)};
            if ((filter.from && at < *filter.from) || (filter.to && at >= *filter.to)) continue;
            const auto* reading = std::get_if<Reading>(&record.body);
            if (reading == nullptr) continue;
            for (const MetricSummary& metric : reading->metrics) {
                if (metric.metric_id == filter.metric_id) fold.add(at, metric);
            }
        }
    }
    return fold.series();
}

Result<KpiRows> MemoryQueries::kpi_rows() {
    const MemoryTables& tables = store_.tables();
    KpiRows rows;
    for (const DeviceStateRow& d : values(tables.devices)) rows.devices.push_back(d.info);
    rows.tickets = sorted(values(tables.tickets), ticket_key);
    for (const TicketEvent& e : values(tables.events)) {
        if (e.to && e.from != e.to) rows.state_events.push_back(e);
    }
    rows.contacts = sorted(values(tables.contacts), time_key);
    rows.outcomes = sorted(values(tables.outcomes), time_key);
    return rows;
}

Result<RuleRows> MemoryQueries::rule_rows() {
    return RuleRows{sorted(values(store_.tables().trials), trial_key),
                    values(store_.tables().standings)};
}

Result<std::vector<QuarantineSummary>> MemoryQueries::quarantine(const OwnerFilter& tenant) {
    std::vector<QuarantineSummary> found = values(store_.tables().quarantine);
    std::erase_if(found, [&](const auto& one) { return tenant && one.tenant != *tenant; });
    return found;
}

Result<std::vector<QuarantineSample>> MemoryQueries::quarantine_samples(RefusalReason reason,
                                                                        const OwnerFilter& tenant) {
    std::vector<QuarantineSample> samples;
    for (const auto& [slot, sample] : store_.tables().samples) {
        const QuarantineKey& key = sample.key;
        if (key.reason == reason && (!tenant || key.tenant == *tenant)) samples.push_back(sample);
    }
    std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) {
        return std::tie(a.key.tenant, b.key.ordinal) < std::tie(b.key.tenant, a.key.ordinal);
    });
    return samples;
}

Result<Counts> MemoryQueries::counts() {
    const MemoryTables& tables = store_.tables();
    Counts counts;
    counts.totals = tables.totals;
    counts.devices = tables.devices.size();
    counts.raw_reports = tables.raw.size();
    for (const RawReport& r : tables.raw) counts.raw_records += r.record_count;
    counts.faults = tables.faults.size();
    counts.gaps = tables.gaps.size();
    for (const auto& [key, g] : tables.gaps) counts.gap_records += g.last_seq - g.first_seq + 1;
    for (const auto& [id, t] : tables.tickets) counts.open_tickets += is_open(t.state) ? 1 : 0;
    counts.tickets = tables.tickets.size();
    counts.outcomes = tables.outcomes.size();
    return counts;
}

}  // namespace aftercare::collector::testing
