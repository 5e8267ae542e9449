#include "firmware_sim/world/scenario_toml.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "collector/io/toml/table_reader.hpp"
#include "common/time_text.hpp"
#include "common/topic.hpp"
#include "common/words.hpp"

namespace aftercare::sim {
namespace {

using collector::Mistakes;
using collector::Need;
using collector::TableReader;

constexpr std::array<std::string_view, 17> kFigures{"lost",
                                                    "duplicates",
                                                    "violations",
                                                    "records",
                                                    "declared_lost",
                                                    "tickets",
                                                    "refused",
                                                    "prediction.precision",
                                                    "prediction.recall",
                                                    "prediction.f1",
                                                    "prediction.median_lead_h",
                                                    "prediction.tickets",
                                                    "prediction.failures",
                                                    "prevented_failures",
                                                    "rules_shelved",
                                                    "trials_decided",
                                                    "trials_true"};
constexpr double kMany = 1e9;

/// Reads one section; a missing one leaves the defaults.
template <class Read>
void section(TableReader& root, std::string_view key, Mistakes& mistakes, Read read) {
    const toml::table* table = root.subtable(key, Need::optional);
    if (table == nullptr) return;
    TableReader reader(*table, std::string(key), mistakes);
    read(reader);
    reader.finish();
}

double ratio(TableReader& reader, std::string_view key, double fallback) {
    return reader.number(key, Need::optional, fallback, 0, 1);
}
double amount(TableReader& reader, std::string_view key, double fallback, double high = kMany) {
    return reader.number(key, Need::optional, fallback, 0, high);
}
std::uint32_t whole(TableReader& reader, std::string_view key, std::uint32_t fallback,
                    std::uint32_t low, std::uint32_t high) {
    return reader.whole(key, Need::optional, fallback, low, high);
}
milliseconds span(TableReader& reader, std::string_view key, milliseconds fallback) {
    return reader.duration(key, Need::optional, fallback);
}

void read_fleet(TableReader& reader, FleetOptions& fleet) {
    fleet.device_count = whole(reader, "devices", fleet.device_count, 1, 1'000'000);
    fleet.mix[0] = amount(reader, "washing_machines", fleet.mix[0]);
    fleet.mix[1] = amount(reader, "refrigerators", fleet.mix[1]);
    fleet.mix[2] = amount(reader, "air_conditioners", fleet.mix[2]);
    fleet.wear_factor =
        reader.number("wear_factor", Need::optional, fleet.wear_factor, 0.001, 1000);
    fleet.age_years_max = amount(reader, "age_years_max", fleet.age_years_max, 50);
    fleet.reading_window_h = whole(reader, "reading_window_h", fleet.reading_window_h, 1, 24);
    if (fleet.mix[0] + fleet.mix[1] + fleet.mix[2] <= 0) {
        reader.mistake("washing_machines", "the three shares must not all be 0");
    }
}

void read_customers(TableReader& reader, CustomerOptions& customers) {
    customers.call_delay_h = amount(reader, "call_delay_h", customers.call_delay_h);
    customers.annoyed_call_per_day =
        ratio(reader, "annoyed_call_per_day", customers.annoyed_call_per_day);
    customers.describes_ratio = ratio(reader, "describes_ratio", customers.describes_ratio);
    customers.heeds_notice_ratio =
        ratio(reader, "heeds_notice_ratio", customers.heeds_notice_ratio);
    customers.notice_delay_h = amount(reader, "notice_delay_h", customers.notice_delay_h);
    customers.self_help_success_ratio =
        ratio(reader, "self_help_success_ratio", customers.self_help_success_ratio);
    customers.contact_consent_ratio =
        ratio(reader, "contact_consent_ratio", customers.contact_consent_ratio);
}

void read_centre(TableReader& reader, CentreOptions& centre) {
    centre.visits_per_day = whole(reader, "visits_per_day", centre.visits_per_day, 1, 100'000);
    centre.contact_delay_h = amount(reader, "contact_delay_h", centre.contact_delay_h);
    centre.visit_delay_days_min =
        amount(reader, "visit_delay_days_min", centre.visit_delay_days_min);
    centre.visit_delay_days_max =
        amount(reader, "visit_delay_days_max", centre.visit_delay_days_max);
    centre.no_answer_ratio = ratio(reader, "no_answer_ratio", centre.no_answer_ratio);
    centre.missed_fault_ratio = ratio(reader, "missed_fault_ratio", centre.missed_fault_ratio);
    centre.wrong_component_ratio =
        ratio(reader, "wrong_component_ratio", centre.wrong_component_ratio);
    centre.needless_part_ratio = ratio(reader, "needless_part_ratio", centre.needless_part_ratio);
    centre.part_missing_ratio = ratio(reader, "part_missing_ratio", centre.part_missing_ratio);
    centre.part_delay_days = amount(reader, "part_delay_days", centre.part_delay_days);
    centre.unreported_ratio = ratio(reader, "unreported_ratio", centre.unreported_ratio);
    centre.detectable_level = ratio(reader, "detectable_level", centre.detectable_level);
    if (centre.visit_delay_days_max < centre.visit_delay_days_min) {
        reader.mistake("visit_delay_days_max", "must not be less than visit_delay_days_min");
    }
}

void read_agent(TableReader& reader, AgentOptions& agent) {
    agent.records_per_report =
        whole(reader, "records_per_report", agent.records_per_report, 1, 256);
    agent.flush_delay = span(reader, "flush_delay", agent.flush_delay);
    agent.ack_timeout = span(reader, "ack_timeout", agent.ack_timeout);
    agent.spool_sync_period = span(reader, "spool_sync_period", agent.spool_sync_period);
    agent.spool_sector_bytes =
        whole(reader, "spool_sector_bytes", agent.spool_sector_bytes, 512, 65'536);
    agent.spool_sector_count =
        whole(reader, "spool_sector_count", agent.spool_sector_count, 4, 4096);
    agent.power_cuts_per_device_day =
        amount(reader, "power_cuts_per_device_day", agent.power_cuts_per_device_day, 1000);
    agent.torn_write_ratio = ratio(reader, "torn_write_ratio", agent.torn_write_ratio);
    agent.outage_max = span(reader, "outage_max", agent.outage_max);
    if (agent.outage_max < milliseconds{1}) reader.mistake("outage_max", "must be at least 1ms");
}

void read_link(TableReader& reader, LinkOptions& link) {
    link.loss_ratio = ratio(reader, "loss_ratio", link.loss_ratio);
    link.duplicate_ratio = ratio(reader, "duplicate_ratio", link.duplicate_ratio);
    link.reorder_ratio = ratio(reader, "reorder_ratio", link.reorder_ratio);
    link.delay_min = span(reader, "delay_min", link.delay_min);
    link.delay_max = span(reader, "delay_max", link.delay_max);
    link.reorder_delay = span(reader, "reorder_delay", link.reorder_delay);
    link.partitions_per_device_day =
        amount(reader, "partitions_per_device_day", link.partitions_per_device_day, 1000);
    link.partition_mean = span(reader, "partition_mean", link.partition_mean);
    link.garbage_per_day = amount(reader, "garbage_per_day", link.garbage_per_day, 1e6);
    if (link.delay_max < link.delay_min)
        reader.mistake("delay_max", "must not be less than delay_min");
}

void read_collector(TableReader& reader, CollectorOptions& collector) {
    collector.batch_period = span(reader, "batch_period", collector.batch_period);
    collector.batch_messages_max =
        whole(reader, "batch_messages_max", collector.batch_messages_max, 1, 1'000'000);
    collector.kill_before_commit_ratio =
        ratio(reader, "kill_before_commit_ratio", collector.kill_before_commit_ratio);
    collector.kill_inside_commit_ratio =
        ratio(reader, "kill_inside_commit_ratio", collector.kill_inside_commit_ratio);
    collector.kill_after_commit_ratio =
        ratio(reader, "kill_after_commit_ratio", collector.kill_after_commit_ratio);
    collector.store_refusal_ratio =
        ratio(reader, "store_refusal_ratio", collector.store_refusal_ratio);
    collector.restart_delay = span(reader, "restart_delay", collector.restart_delay);
    if (collector.batch_period < milliseconds{1})
        reader.mistake("batch_period", "must be at least 1ms");
}

bool known_figure(std::string_view figure) {
    return figure.substr(0, 4) == "kpi." ||
           std::find(kFigures.begin(), kFigures.end(), figure) != kFigures.end();
}

Expectation read_bounds(const toml::node& node, std::string figure, Mistakes& mistakes) {
    Expectation expectation{.figure = std::move(figure)};
    if (const auto exact = node.value<double>()) {
        expectation.at_least = expectation.at_most = *exact;
        return expectation;
    }
    const toml::table* table = node.as_table();
    if (table == nullptr) {
        mistakes.add(node, "expect, key '" + expectation.figure +
                               "': expected a number or { min = …, max = … }");
        return expectation;
    }
    TableReader reader(*table, "expect." + expectation.figure, mistakes);
    if (reader.has("min"))
        expectation.at_least = reader.number("min", Need::required, 0, -kMany, kMany);
    if (reader.has("max"))
        expectation.at_most = reader.number("max", Need::required, 0, -kMany, kMany);
    reader.finish();
    return expectation;
}

/// Figures are written quoted, "prediction.precision", or as the dotted key that TOML nests.
void read_expect(const toml::table& table, const std::string& prefix, Mistakes& mistakes,
                 std::vector<Expectation>& expect) {
    for (const auto& [key, node] : table) {
        const std::string figure = prefix + std::string(key.str());
        if (known_figure(figure)) {
            expect.push_back(read_bounds(node, figure, mistakes));
        } else if (const toml::table* deeper = node.as_table();
                   deeper != nullptr && prefix.empty()) {
            read_expect(*deeper, figure + ".", mistakes, expect);
        } else {
            mistakes.add(node, "expect: '" + figure +
                                   "' is no figure of a run: allowed are kpi.<id>, " +
                                   joined(kFigures));
        }
    }
}

std::string beside(const std::string& file, const std::string& name) {
    if (name.empty()) return name;
    return (std::filesystem::path(file).parent_path() / name).lexically_normal().string();
}

void read_run(TableReader& reader, Scenario& scenario, const std::string& file) {
    scenario.name =
        reader.text("name", Need::optional, std::filesystem::path(file).stem().string());
    scenario.seed = reader.whole("seed", Need::optional, 1, 0, 0xFFFF'FFFF);
    const std::string start = reader.text("start", Need::optional, "2026-04-01T00:00:00Z");
    if (const auto at = parse_rfc3339(start)) {
        scenario.start = *at;
    } else {
        reader.mistake("start", at.error().message);
    }
    scenario.days = whole(reader, "days", scenario.days, 1, 36'500);
    scenario.tenant = reader.text("tenant", Need::optional, scenario.tenant);
    if (!valid_id(scenario.tenant)) reader.mistake("tenant", "1-64 of A-Z a-z 0-9 _ - are allowed");
    scenario.catalogue = beside(file, reader.text("catalogue", Need::optional));
    scenario.rules = beside(file, reader.text("rules", Need::optional));
    scenario.score_horizon = span(reader, "score_horizon", scenario.score_horizon);
}

}  // namespace

std::span<const std::string_view> expectable_figures() {
    return kFigures;
}

Result<Scenario> parse_scenario(std::string_view text, const std::string& file) {
    const Result<toml::table> table = collector::parse_toml(text, file);
    if (!table) return fail(table.error());
    Scenario scenario;
    scenario.path = file;
    Mistakes mistakes(file);
    TableReader root(*table, "scenario", mistakes);
    read_run(root, scenario, file);
    section(root, "fleet", mistakes, [&](TableReader& r) { read_fleet(r, scenario.fleet); });
    section(root, "customers", mistakes,
            [&](TableReader& r) { read_customers(r, scenario.customers); });
    section(root, "centre", mistakes, [&](TableReader& r) { read_centre(r, scenario.centre); });
    section(root, "agent", mistakes, [&](TableReader& r) { read_agent(r, scenario.agent); });
    section(root, "link", mistakes, [&](TableReader& r) { read_link(r, scenario.link); });
    section(root, "broker", mistakes, [&](TableReader& r) {
        scenario.broker.restarts_per_day = amount(r, "restarts_per_day", 0, 1000);
        scenario.broker.queue_messages_max =
            whole(r, "queue_messages_max", scenario.broker.queue_messages_max, 1, 10'000'000);
    });
    section(root, "collector", mistakes,
            [&](TableReader& r) { read_collector(r, scenario.collector); });
    if (const toml::table* expect = root.subtable("expect", Need::optional)) {
        read_expect(*expect, "", mistakes, scenario.expect);
    }
    root.finish();
    if (!mistakes.empty()) return fail(mistakes.error());
    return scenario;
}

Result<Scenario> load_scenario(const std::string& path) {
    const auto text = collector::read_text_file(path);
    if (!text) return fail(text.error());
    return parse_scenario(*text, path);
}

}  // namespace aftercare::sim
