#include "collector/io/http/figures.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

namespace aftercare::collector {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

/// Families in the order they are told. A family's series differ in one label of few values, zeros
/// too, so that a rate is defined from the first event on.
class Families {
  public:
    template <class Value>
    void counter(const std::string& name, const char* help, Value value) {
        begin(name, help, MetricType::Counter);
        count({}, value);
    }
    template <class Value>
    void gauge(const std::string& name, const char* help, Value value) {
        begin(name, help, MetricType::Gauge);
        measure({}, value);
    }
    template <std::size_t kBounds>
    void histogram(const std::string& name, const char* help, const Histogram<kBounds>& histogram) {
        begin(name, help, MetricType::Histogram);
        ClientMetric metric;
        for (std::size_t i = 0; i < kBounds; ++i) {
            metric.histogram.sample_count += histogram.counts[i];
            metric.histogram.bucket.push_back({metric.histogram.sample_count, histogram.bounds[i]});
        }
        metric.histogram.sample_count += histogram.counts[kBounds];
        metric.histogram.sample_sum = histogram.sum;
        families_.back().metric.push_back(std::move(metric));
    }
    void begin(const std::string& name, const char* help, MetricType type) {
        families_.push_back({name, help, type, {}});
    }
    template <class Value>
    void count(Labels labels, Value value) {
        series(std::move(labels)).counter.value = static_cast<double>(value);
    }
    template <class Value>
    void measure(Labels labels, Value value) {
        series(std::move(labels)).gauge.value = static_cast<double>(value);
    }
    [[nodiscard]] std::string text() const {
        return prometheus::TextSerializer().Serialize(families_);
    }

  private:
    ClientMetric& series(Labels labels) {
        ClientMetric metric;
        metric.label = std::move(labels);
        families_.back().metric.push_back(std::move(metric));
        return families_.back().metric.back();
    }
    std::vector<MetricFamily> families_;
};

std::string own(const char* name) {
    return std::string("aftercare_collector_") + name;
}

void tell_intake(Families& families, const LiveFigures& f) {
    const Totals& totals = f.engine.totals;
    families.counter(own("reports_total"), "Reports applied.", totals.reports);
    families.counter(own("records_total"), "Records applied, each once.", totals.records);
    families.counter(own("duplicate_records_total"), "Records received again.",
                     totals.duplicate_records);
    families.counter(own("gaps_total"), "Gaps declared by devices.", f.gaps);
    families.counter(own("gap_records_total"), "Records that devices declared lost.",
                     totals.gap_records);
    families.begin(own("quarantined_total"), "Messages refused, by reason.", MetricType::Counter);
    for (std::size_t i = 0; i < kRefusalReasonCount; ++i) {
        const auto reason = to_string(static_cast<RefusalReason>(i));
        families.count({{"reason", std::string(reason)}}, totals.refused[i]);
    }
    families.gauge(own("reorder_reports"), "Reports waiting for an earlier one.",
                   f.engine.reorder_report_count);
    families.counter(own("reorder_overflow_total"), "Reports that found no room to wait.",
                     f.engine.reorder_overflow_count);
    families.counter(own("duplicate_reports_total"),
                     "Reports received again and acknowledged again.", f.engine.duplicate_reports);
    families.counter(own("forgotten_records_total"),
                     "Gap records no device declared: acknowledged before a backup was restored.",
                     f.engine.forgotten_records);
    families.counter(own("streams_begun_total"), "New devices and factory resets.",
                     f.engine.streams_begun);
    families.counter(own("streams_parked_total"), "Streams of which only marks are kept.",
                     f.engine.streams_parked);
    families.counter(own("intervals_melted_total"),
                     "Intervals of rules melted together for want of room.",
                     f.engine.intervals_melted);
    families.counter(own("rules_reloaded_total"), "Rule packs read again and taken.",
                     f.rules_taken);
    families.counter(own("rules_refused_total"),
                     "Rule packs read again and refused: those before stay in force.",
                     f.rules_refused);
    families.gauge(own("states_restarted"),
                   "Devices begun afresh at the start: another version wrote their state.",
                   static_cast<double>(f.engine.states_restarted));
    families.counter(own("acks_total"), "Acknowledgements sent after a commit.", f.engine.acks);
    families.counter(own("consent_queries_total"), "Devices asked for their owner's consent.",
                     f.engine.consent_queries);
    families.counter(own("configs_sent_total"), "Settings sent to devices with older ones.",
                     f.engine.configs_sent);
    families.counter(own("configs_refused_total"), "Settings that devices refused.",
                     f.engine.configs_refused);
    families.histogram(own("event_lag_seconds"),
                       "Received minus happened, first record of each report, collector's time.",
                       f.event_lag_seconds);
    families.gauge(own("devices"), "Devices known.", f.engine.device_count);
    families.gauge(own("devices_online"), "Of them, connected by what they said last.",
                   f.engine.devices_online);
    families.counter(own("presence_changes_total"), "Devices that came or went.",
                     f.engine.presence_changes);
}

void tell_tickets(Families& families, const LiveFigures& f) {
    const auto state = [](std::size_t i) {
        return Labels{{"state", std::string(to_string(static_cast<TicketState>(i)))}};
    };
    families.begin(own("open_tickets"), "Tickets not yet ended, by state.", MetricType::Gauge);
    for (std::size_t i = 0; i < kOpenStateCount; ++i) {
        families.measure(state(i), f.engine.open_tickets_by_state[i]);
    }
    const OpenDeskCounts& desk = f.engine.open_desk_counts;
    families.begin(own("open_tickets_queued"), "Open tickets without a centre or with a full one.",
                   MetricType::Gauge);
    families.measure({{"queue", std::string(to_string(RouteQueue::unroutable))}}, desk.unroutable);
    families.measure({{"queue", std::string(to_string(RouteQueue::over_capacity))}},
                     desk.over_capacity);
    families.gauge(own("open_tickets_escalated"), "Open tickets that somebody escalated.",
                   desk.escalated);
    families.gauge(own("desk_due"), "Tickets that no broker has yet for their centre's desk.",
                   f.engine.desk_due_count);
    families.begin(own("ticket_changes_total"), "Tickets that entered a state since the start.",
                   MetricType::Counter);
    for (std::size_t i = 0; i < kTicketStateCount; ++i) {
        families.count(state(i), f.ticket_changes[i]);
    }
    const auto targets = [&](const std::array<std::uint64_t, kSlaTargetCount>& counts) {
        for (std::size_t i = 0; i < kSlaTargetCount; ++i) {
            families.count({{"target", std::string(to_string(static_cast<SlaTarget>(i)))}},
                           counts[i]);
        }
    };
    families.begin(own("sla_at_risk_total"), "Targets that came near their end since the start.",
                   MetricType::Counter);
    targets(f.sla_at_risk);
    families.begin(own("sla_breaches_total"), "Targets missed since the start.",
                   MetricType::Counter);
    targets(f.sla_breaches);
}

void tell_rules(Families& families, const LiveFigures& f) {
    families.gauge(own("rules_shelved"), "Rules in force that open no tickets any more.",
                   f.engine.rules_shelved);
    families.counter(own("rules_shelved_themselves_total"), "Rules that fell below their floor.",
                     f.rules_shelved_by_engine);
    families.counter(own("rule_changes_total"), "Modes given to rules by people.",
                     f.rules_changed_by_person);
    families.gauge(own("trials_running"), "Predictions of rules without tickets, undecided.",
                   f.engine.trials_running);
    families.counter(own("trials_refused_total"), "Such predictions not scored, for want of room.",
                     f.engine.trials_refused);
}

void tell_problems(Families& families, const LiveFigures& f) {
    families.begin(own("detections_total"), "What rules found since the start, by its fate.",
                   MetricType::Counter);
    for (std::size_t i = 0; i < kDetectionFateCount; ++i) {
        families.count({{"fate", std::string(to_string(static_cast<DetectionFate>(i)))}},
                       f.engine.detections[i]);
    }
    families.gauge(own("outcomes_in_review"), "Outcomes that a person has to place.",
                   f.engine.outcomes_in_review);
    families.counter(own("outcomes_reviewed_total"), "Outcomes that people placed.",
                     f.engine.outcomes_reviewed);
    families.counter(own("fixes_verified_total"), "Fixes that telemetry confirmed.",
                     f.engine.fixes_verified);
    families.counter(own("fixes_not_verified_total"), "Fixes whose devices fell silent.",
                     f.engine.fixes_not_verified);
    families.counter(own("faults_returned_total"), "Faults that came back within their watch.",
                     f.engine.faults_returned);
    families.gauge(own("problems_unsettled"), "Fleet problems, open or rolled up.",
                   f.engine.problems_unsettled);
    families.gauge(own("problem_devices_waiting"),
                   "Devices attached to open problems: each waits for a decision.",
                   f.engine.problem_devices_waiting);
    families.counter(own("problems_started_total"), "Floods that became problems.",
                     f.engine.problems_started);
    families.counter(own("problem_tickets_released_total"), "Tickets that releases opened.",
                     f.engine.problem_tickets_released);
}

void tell_store(Families& families, const LiveFigures& f) {
    families.histogram(own("batch_records"), "Records per transaction.", f.batch_records);
    families.histogram(own("batch_reports"), "Reports per transaction.", f.batch_reports);
    families.histogram(own("commit_duration_seconds"), "Duration of a transaction.",
                       f.commit_seconds);
    families.counter(own("commit_failures_total"), "Transactions to be tried again.",
                     f.commit_failures);
    families.counter(own("housekeeping_seconds_total"), "CPU spent on merging and retention.",
                     f.housekeeping_seconds);
    families.counter(own("housekeeping_failures_total"), "Steps of it to be tried again.",
                     f.housekeeping_failures);
    families.gauge(own("store_stalled"), "1 while a batch waits for the store.", f.stalled);
    families.gauge(own("database_bytes"), "Size of the database file.", f.disk.database_bytes);
    families.gauge(own("database_log_bytes"), "Size of its write-ahead log.", f.disk.log_bytes);
    families.gauge(own("disk_free_bytes"), "Free space beside the database.", f.disk.free_bytes);
    families.gauge(own("warm_start_seconds"), "Time to read the state at the last start.",
                   f.warm_start_seconds);
}

void tell_links(Families& families, const LiveFigures& f) {
    families.gauge(own("broker_connected"), "1 while subscribed.", f.broker_connected);
    families.counter(own("broker_reconnects_total"), "Connections after the first.",
                     f.broker_reconnects);
    families.counter(own("messages_received_total"), "Messages from the broker.",
                     f.messages_received);
    families.counter(own("messages_published_total"), "Messages to the broker.",
                     f.messages_published);
    families.counter(own("publish_refused_total"), "Messages that could not be sent.",
                     f.publish_refused);
    families.gauge(own("queue_reports"), "Messages waiting for the engine.", f.queue_reports);
    families.gauge(own("queue_bytes"), "Bytes waiting for the engine.", f.queue_bytes);
    families.counter(own("queue_waits_total"), "Times the broker was made to wait.", f.queue_waits);
    families.gauge(own("commands_waiting"), "Changes waiting for the engine.", f.commands_waiting);
    families.counter(own("http_requests_total"), "HTTP requests read.", f.http_requests);
    families.counter(own("http_refused_connections_total"), "Connections beyond the limit.",
                     f.http_refused_connections);
    families.gauge(own("http_connections"), "HTTP connections open.", f.http_connections);
    families.begin(own("http_limited_total"), "Requests answered 429, by whose rate.",
                   MetricType::Counter);
    families.count({{"by", "token"}}, f.http_limited_by_token);
    families.count({{"by", "address"}}, f.http_limited_by_address);
    families.gauge(own("event_streams"), "Event streams open.", f.event_streams);
    families.counter(own("event_streams_refused_total"), "Event streams beyond the limit.",
                     f.event_streams_refused);
    families.counter(own("event_streams_dropped_total"),
                     "Event streams ended because the reader was too slow.",
                     f.event_streams_dropped);
}

void tell_process(Families& families, const LiveFigures& f) {
    families.gauge(own("ready"), "1 when what arrives now will be stored.", f.ready());
    families.begin(own("condition_met"), "1 when this condition of readiness holds.",
                   MetricType::Gauge);
    for (const Condition& condition : f.conditions) {
        families.measure({{"condition", std::string(condition.name)}}, condition.met);
    }
    families.begin(own("build_info"), "1; the label tells what runs.", MetricType::Gauge);
    families.measure({{"version", AFTERCARE_VERSION}}, 1);
    families.counter("process_cpu_seconds_total", "CPU time, user and system.",
                     f.process.cpu_seconds);
    families.gauge("process_start_time_seconds", "Start, Unix time.", f.process.start_time_seconds);
    families.gauge("process_resident_memory_bytes", "Memory in use.", f.process.resident_bytes);
    families.gauge("process_open_fds", "Open descriptors.", f.process.open_descriptors);
    families.gauge("process_max_fds", "Limit of open descriptors.", f.process.descriptors_max);
}

}  // namespace

std::string metrics_text(const LiveFigures& figures) {
    Families families;
    tell_intake(families, figures);
    tell_tickets(families, figures);
    tell_rules(families, figures);
    tell_problems(families, figures);
    tell_store(families, figures);
    tell_links(families, figures);
    tell_process(families, figures);
    return families.text();
}

}  // namespace aftercare::collector
