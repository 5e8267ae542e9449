// Reading sides over plain vectors, for tests of the routes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/io/http/read_sides.hpp"
#include "collector/ports/wrong_parameter.hpp"

namespace aftercare::collector {

struct FakeData {
    std::vector<DeviceInfo> devices;
    std::vector<TicketDetail> tickets;
    std::vector<TokenRow> tokens;
    TicketFilter last_filter;
    SeriesFilter last_series;
    Series series;
    RuleRows rules;
    bool broken = false;  ///< every read fails as unavailable
    std::vector<QuarantineSummary> summaries;
    std::vector<QuarantineSample> samples;
    std::vector<ProblemDetail> problems;
    std::vector<CentreLoad> loads;  ///< of tenant acme
    int counts = 0;                 ///< how often they were asked for
    std::function<void()> while_counting = [] {};
    std::uint64_t newest_event = 0;
    OutcomeFilter last_outcomes;
    ProblemFilter last_problems;
    ProblemDeviceFilter last_problem;
};

class FakeQueries : public Queries {
  public:
    explicit FakeQueries(FakeData& data) : data_(data) {}
    Result<Page<Ticket>> tickets(const TicketFilter& filter) override {
        if (data_.broken) return fail(Errc::unavailable, "the disk is away");
        data_.last_filter = filter;
        if (filter.cursor == "nonsense") return wrong_parameter("cursor", "none of ours");
        Page<Ticket> page;
        for (const TicketDetail& detail : data_.tickets) {
            const Ticket& t = detail.ticket;
            if (t.tenant != filter.tenant) continue;
            if (!filter.centre.empty() && t.centre != filter.centre) continue;
            if (!filter.device_id.empty() && t.device_id != filter.device_id) continue;
            page.items.push_back(t);
        }
        if (filter.limit == 2) page.next_cursor = "a/b";
        return page;
    }
    Result<TicketDetail> ticket(const std::string& id) override {
        if (data_.broken) return fail(Errc::unavailable, "the disk is away");
        for (const TicketDetail& detail : data_.tickets) {
            if (detail.ticket.id == id) return detail;
        }
        return fail(Errc::not_found, "no such ticket");
    }
    Result<std::vector<CentreLoad>> centre_loads(const std::string& tenant) override {
        if (data_.broken) return fail(Errc::unavailable, "the disk is away");
        ++data_.counts;
        const auto meanwhile = data_.while_counting;  // it may replace itself
        meanwhile();
        return tenant == "acme" ? data_.loads : std::vector<CentreLoad>{};
    }
    Result<std::uint64_t> newest_event() override { return data_.newest_event; }
    Result<Page<Outcome>> outcomes(const OutcomeFilter& filter) override {
        data_.last_outcomes = filter;
        if (filter.review == "nonsense") return wrong_parameter("review", "none of ours");
        Page<Outcome> page;
        for (const TicketDetail& detail : data_.tickets) {
            for (const Outcome& outcome : detail.outcomes) {
                if (outcome.tenant == filter.tenant) page.items.push_back(outcome);
            }
        }
        return page;
    }
    Result<Outcome> outcome(const std::string& tenant, const std::string& id) override {
        for (const TicketDetail& detail : data_.tickets) {
            for (const Outcome& outcome : detail.outcomes) {
                if (outcome.tenant == tenant && outcome.id == id) return outcome;
            }
        }
        return fail(Errc::not_found, "no such outcome");
    }
    Result<Page<Problem>> problems(const ProblemFilter& filter) override {
        data_.last_problems = filter;
        if (filter.state == "nonsense") return wrong_parameter("state", "none of ours");
        Page<Problem> page;
        for (const ProblemDetail& detail : data_.problems) {
            if (detail.problem.tenant == filter.tenant) page.items.push_back(detail.problem);
        }
        page.next_cursor = "more";
        return page;
    }
    Result<ProblemDetail> problem(const ProblemDeviceFilter& filter) override {
        data_.last_problem = filter;
        for (const ProblemDetail& detail : data_.problems) {
            if (detail.problem.id == filter.problem_id) return detail;
        }
        return fail(Errc::not_found, "no such problem");
    }
    Result<Page<DeviceInfo>> devices(const DeviceFilter& filter) override {
        Page<DeviceInfo> page;
        for (const DeviceInfo& device : data_.devices) {
            if (device.tenant == filter.tenant) page.items.push_back(device);
        }
        page.next_cursor = "more";
        return page;
    }
    Result<DeviceInfo> device(const std::string& tenant, const std::string& device_id) override {
        for (const DeviceInfo& device : data_.devices) {
            if (device.tenant == tenant && device.device_id == device_id) return device;
        }
        return fail(Errc::not_found, "no such device");
    }
    Result<std::vector<FaultRow>> faults(DeviceNo, std::size_t) override {
        return std::vector<FaultRow>{};
    }
    Result<Series> telemetry(const SeriesFilter& filter) override {
        data_.last_series = filter;
        return data_.series;
    }
    Result<KpiRows> kpi_rows() override {
        KpiRows rows;
        rows.devices = data_.devices;
        for (const TicketDetail& detail : data_.tickets) {
            rows.tickets.push_back(detail.ticket);
            for (const auto& event : detail.events) rows.state_events.push_back(event);
            for (const auto& contact : detail.contacts) rows.contacts.push_back(contact);
            for (const auto& outcome : detail.outcomes) rows.outcomes.push_back(outcome);
        }
        return rows;
    }
    Result<RuleRows> rule_rows() override {
        if (data_.broken) return fail(Errc::unavailable, "the disk is away");
        return data_.rules;
    }
    Result<std::vector<QuarantineSample>> quarantine_samples(RefusalReason reason,
                                                             const OwnerFilter& tenant) override {
        std::vector<QuarantineSample> found;
        for (const QuarantineSample& sample : data_.samples) {
            const bool own = !tenant || sample.key.tenant == *tenant;
            if (own && sample.key.reason == reason) found.push_back(sample);
        }
        return found;
    }
    Result<std::vector<QuarantineSummary>> quarantine(const OwnerFilter& tenant) override {
        std::vector<QuarantineSummary> found = data_.summaries;
        std::erase_if(found, [&](const auto& one) { return tenant && one.tenant != *tenant; });
        return found;
    }
    Result<Counts> counts() override { return Counts{}; }

  private:
    FakeData& data_;
};

class FakeTokens : public Tokens {
  public:
    explicit FakeTokens(FakeData& data) : data_(data) {}
    Result<Principal> find(const std::string& sha256) override {
        for (const TokenRow& row : data_.tokens) {
            if (row.sha256 == sha256 && !row.revoked_at) return row.principal;
        }
        return fail(Errc::not_found, "no such token");
    }
    Status add(const TokenRow& row) override {
        data_.tokens.push_back(row);
        return {};
    }
    Status revoke(const std::string&, WallTime) override {
        return fail(Errc::not_found, "no such token");
    }
    Result<std::vector<TokenRow>> list() override { return data_.tokens; }

  private:
    FakeData& data_;
};

inline ReadSides::Open open_fakes(FakeData& data) {
    return [&data]() -> Result<ReadSide> {
        return ReadSide{std::make_unique<FakeQueries>(data), std::make_unique<FakeTokens>(data)};
    };
}

}  // namespace aftercare::collector
