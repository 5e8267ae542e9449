// Tickets on their way to the desk topics of the service centres that asked for that. What is due
// is stored with the change that makes it due, and struck out when the broker has it: a restart
// repeats, and loses nothing. A desk gets at least the newest version; a ticket that went to
// another centre is told to the one that had it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/core/commit.hpp"
#include "collector/core/sla/policy.hpp"

namespace aftercare::collector {

struct Settings;

class DeskOutbox {
  public:
    explicit DeskOutbox(const Settings& settings) : settings_(settings) {}

    /// What no broker had when the program ended: mailed by the next tick.
    void load(const DeskDue& due);
    /// The ticket's centre gets its tickets by its desk topic.
    [[nodiscard]] bool serves(const Ticket& ticket) const;
    /// A change, with what its desk has to hear. `told`: the centre that heard of it last.
    void changed(const Ticket& ticket, std::string& told, Commit& commit);
    void receipt(const DeskDue& due, bool taken, WallTime now, Commit& commit);
    using Key = std::pair<std::string, std::string>;  ///< ticket id, centre
    /// What it is time to mail again, a bounded number at a time; each goes to `again`.
    std::vector<Key> take_ready(WallTime now);
    /// `ticket`: null when it is forgotten, and so is this.
    void again(const Key& key, const Ticket* ticket, Commit& commit);
    [[nodiscard]] std::size_t size() const { return due_.size(); }

  private:
    void mail(const Ticket& ticket, const std::string& centre, Commit& commit);

    const Settings& settings_;
    std::map<Key, std::uint32_t> due_;  ///< version
    std::set<std::pair<WallTime, Key>> again_;
};

}  // namespace aftercare::collector
