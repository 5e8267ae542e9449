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

/// Families in the order they are told, each with the product's prefix.
class Families {
  public:
    void counter(const char* name, const char* help, std::uint64_t value) {
        ClientMetric metric;
        metric.counter.value = static_cast<double>(value);
        add(name, help, MetricType::Counter).metric.push_back(std::move(metric));
    }
    void gauge(const char* name, const char* help, double value) {
        ClientMetric metric;
        metric.gauge.value = value;
        add(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
    }
    template <std::size_t kBounds>
    void histogram(const char* name, const char* help, const Histogram<kBounds>& histogram) {
        ClientMetric metric;
        metric.histogram.sample_count = histogram.count;
        metric.histogram.sample_sum = histogram.sum;
        for (std::size_t i = 0; i < kBounds; ++i) {
            metric.histogram.bucket.push_back({histogram.counts[i], histogram.bounds[i]});
        }
        add(name, help, MetricType::Histogram).metric.push_back(std::move(metric));
    }
    /// One series per reason, zeros too, so that a rate is defined from the first refusal on.
    void refusals(const Totals& totals) {
        MetricFamily& family =
            add("quarantined_total", "Messages refused, by reason.", MetricType::Counter);
        for (std::size_t i = 0; i < kRefusalReasonCount; ++i) {
            ClientMetric metric;
            metric.label = {{"reason", std::string(to_string(static_cast<RefusalReason>(i)))}};
            metric.counter.value = static_cast<double>(totals.refused[i]);
            family.metric.push_back(std::move(metric));
        }
    }
    [[nodiscard]] std::string text() const {
        return prometheus::TextSerializer().Serialize(families_);
    }

  private:
    MetricFamily& add(const char* name, const char* help, MetricType type) {
        families_.push_back({std::string("aftercare_collector_") + name, help, type, {}});
        return families_.back();
    }
    std::vector<MetricFamily> families_;
};

void tell_intake(Families& families, const LiveFigures& f) {
    const Totals& totals = f.engine.totals;
    families.counter("reports_total", "Reports applied.", totals.reports);
    families.counter("records_total", "Records applied, each once.", totals.records);
    families.counter("duplicate_records_total", "Records received again.",
                     totals.duplicate_records);
    families.counter("gap_records_total", "Records that devices declared lost.",
                     totals.gap_records);
    families.refusals(totals);
    families.gauge("reorder_reports", "Reports waiting for an earlier one.",
                   static_cast<double>(f.engine.reorder_report_count));
    families.counter("reorder_overflow_total", "Reports that found no room to wait.",
                     f.engine.reorder_overflow_count);
    families.counter("acks_total", "Acknowledgements sent after a commit.", f.engine.acks);
    families.gauge("event_lag_seconds", "Received minus happened, last batch, collector's time.",
                   f.event_lag_seconds);
}

void tell_store(Families& families, const LiveFigures& f) {
    families.histogram("batch_records", "Records per transaction.", f.batch_records);
    families.histogram("commit_seconds", "Duration of a transaction.", f.commit_seconds);
    families.counter("commit_failures_total", "Transactions to be tried again.", f.commit_failures);
    families.gauge("store_stalled", "1 while a batch waits for the store.", f.stalled ? 1 : 0);
    families.gauge("devices", "Devices known.", static_cast<double>(f.engine.device_count));
    families.gauge("open_tickets", "Tickets not yet ended.",
                   static_cast<double>(f.engine.open_ticket_count));
}

void tell_links(Families& families, const LiveFigures& f) {
    families.gauge("broker_connected", "1 while subscribed.", f.broker_connected ? 1 : 0);
    families.counter("broker_reconnects_total", "Connections after the first.",
                     f.broker_reconnects);
    families.counter("messages_received_total", "Messages from the broker.", f.messages_received);
    families.counter("messages_published_total", "Messages to the broker.", f.messages_published);
    families.counter("publish_refused_total", "Messages that could not be sent.",
                     f.publish_refused);
    families.gauge("queue_reports", "Messages waiting for the engine.",
                   static_cast<double>(f.queue_reports));
    families.gauge("queue_bytes", "Bytes waiting for the engine.",
                   static_cast<double>(f.queue_bytes));
    families.counter("queue_waits_total", "Times the broker was made to wait.", f.queue_waits);
    families.gauge("commands_waiting", "Changes waiting for the engine.",
                   static_cast<double>(f.commands_waiting));
    families.counter("http_requests_total", "HTTP requests read.", f.http_requests);
    families.counter("http_refused_connections_total", "Connections beyond the limit.",
                     f.http_refused_connections);
    families.gauge("http_connections", "HTTP connections open.",
                   static_cast<double>(f.http_connections));
    families.gauge("ready", "1 when what arrives now will be stored.", f.ready() ? 1 : 0);
}

}  // namespace

std::string metrics_text(const LiveFigures& figures) {
    Families families;
    tell_intake(families, figures);
    tell_store(families, figures);
    tell_links(families, figures);
    return families.text();
}

}  // namespace aftercare::collector
