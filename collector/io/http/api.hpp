// The HTTP API, routes and rights: pure of sockets. Reads go to a reading side of their own; writes
// become commands for the engine and are answered after its commit.
//
// Thread: `handle` may run on several threads at once; replies to writes come from the engine's
// thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "collector/core/model/catalogue.hpp"
#include "collector/core/sla/policy.hpp"
#include "collector/io/http/centre_loads.hpp"
#include "collector/io/http/command_queue.hpp"
#include "collector/io/http/event_stream.hpp"
#include "collector/io/http/figures.hpp"
#include "collector/io/http/keys_in_flight.hpp"
#include "collector/io/http/message.hpp"
#include "collector/io/http/rate_limit.hpp"
#include "collector/io/http/read_sides.hpp"
#include "collector/io/http/rule_knowledge.hpp"

namespace aftercare::collector {

struct ApiPorts {
    ReadSides::Open open_read_side;
    CommandQueue& commands;
    std::function<WallTime()> now;  ///< the collector's (virtual) time
    std::function<LiveFigures()> figures;
    const Catalogue& catalogue;
    const SlaSettings& sla;  ///< with the service centres
    RuleKnowledge rules;
    std::function<Instant()> instant;
    ApiLimits limits{};
};

/// Every route that asks for a token, as "GET /api/v1/tickets/{}": what the contract and the tests
/// of rights are held against.
std::vector<std::string> api_routes();

class Api {
  public:
    explicit Api(ApiPorts ports);

    /// `reply` is called exactly once, unless the program ends first.
    void handle(Request request, Reply reply);

    struct Statistics {
        std::uint64_t limited_by_token = 0;
        std::uint64_t limited_by_address = 0;
        std::uint64_t streams_refused = 0;
        std::size_t open_streams = 0;
    };
    /// Thread: any.
    [[nodiscard]] Statistics statistics() const;

  private:
    /// None = within the limit.
    std::optional<Response> refuse_too_many(RateLimiter& limiter, const std::string& caller);

    ApiPorts ports_;
    ReadSides read_sides_;
    RateLimiter by_token_;
    RateLimiter by_address_;
    KeysInFlight in_flight_;
    EventHub events_;
    CentreLoads loads_;
};

}  // namespace aftercare::collector
