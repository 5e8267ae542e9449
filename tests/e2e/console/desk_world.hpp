// What a service desk has before it in the morning, in a running collector: tickets from telemetry
// and from calls, one late, a fleet problem, an outcome in doubt, two service centres.
#pragma once

#include <nlohmann/json.hpp>

#include "tests/integration/http/running_collector.hpp"

namespace aftercare::test {

class DeskWorld {
  public:
    DeskWorld();

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(collector_->port());
    }
    [[nodiscard]] const std::string& maker() const { return maker_; }
    [[nodiscard]] const std::string& auditor() const { return auditor_; }
    [[nodiscard]] const std::string& north() const { return north_; }

    /// A further token of role maker; events name it "api:NAME".
    [[nodiscard]] std::string token_of(const std::string& name) const;
    void revoke(const std::string& name) const;

    // Each of the following waits until the API tells of it.

    /// Its draining takes longer and longer. The id of its predicted ticket.
    std::string slow_drain(const std::string& device, const std::string& region = "DE-N");
    /// It drains as it should again, which begins the watch over this resolved ticket.
    void drains_well(const std::string& device, const std::string& ticket_id);
    /// Its owner rang up. The id of the ticket.
    std::string call(const std::string& device, const std::string& component,
                     const std::string& failure_mode, const std::string& note = "it hums",
                     const std::string& region = "DE-N");
    /// A firmware whose door locks stick, on five devices. The id of the problem.
    std::string flood();
    /// An outcome that fits two tickets of one device alike; its id. `tickets`: theirs.
    std::string doubtful_outcome(std::vector<std::string>& tickets);

    /// Stops the collector; starts it again at the same address.
    void go_down();
    void come_back();

    /// As another client of the API.
    [[nodiscard]] nlohmann::json get(const std::string& path) const;
    nlohmann::json post(const std::string& path, const nlohmann::json& body) const;
    [[nodiscard]] nlohmann::json ticket(const std::string& id) const {
        return get("/api/v1/tickets/" + id);
    }
    /// What the ticket list with this query holds.
    [[nodiscard]] std::size_t count(const std::string& query) const {
        return get("/api/v1/tickets?limit=1000&" + query)["items"].size();
    }

  private:
    void add_device(const std::string& id, const std::string& region, const std::string& firmware);
    ScratchDir dir_{"console-broker"};
    std::optional<Broker> broker_;
    std::unique_ptr<RunningCollector> collector_;
    std::unique_ptr<Hand> hand_;
    std::string maker_, auditor_, north_;
    mutable int number_ = 0;
};

}  // namespace aftercare::test
