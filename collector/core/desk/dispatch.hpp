// Where tickets go: the routing rules with the knowledge they ask for. Knows what each centre was
// sent for its working day, from the tickets themselves, so that a restart changes no answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/core/desk/routing.hpp"
#include "collector/core/intake/registry.hpp"

namespace aftercare::collector {

class Dispatch {
  public:
    Dispatch(const World& world, Registry& registry);

    /// Whether a centre of this tenant says what it serves; else each ticket goes to the centre its
    /// device was registered with.
    [[nodiscard]] bool routes(std::string_view tenant) const;
    /// By the rules.  Pre: `routes`.
    Route route(const Ticket& ticket, WallTime now);
    /// A centre that somebody named.  Errors: invalid, listing those there are.
    [[nodiscard]] Status check(std::string_view tenant, const std::string& centre) const;

    /// A stored ticket; its job counts for its centre's day.
    void load(const Ticket& ticket);
    /// `ticket` was routed just now, to where it is; it was at `before` since `since`.
    void moved(const Ticket& ticket, const std::string& before, std::optional<WallTime> since);

  private:
    /// Jobs of a centre's newest working day; of an older one nobody asks any more.
    struct Day {
        std::string date;
        std::uint32_t job_count = 0;
    };
    [[nodiscard]] std::optional<std::size_t> place_of(std::string_view tenant,
                                                      std::string_view centre) const;
    [[nodiscard]] const Calendar& calendar_of(const ServiceCentre& centre) const;
    void count(std::string_view tenant, std::string_view centre, WallTime at, int change);

    World world_;
    Registry& registry_;
    const Calendar always_;
    std::vector<Day> days_;  ///< of settings.sla.centres
};

}  // namespace aftercare::collector
