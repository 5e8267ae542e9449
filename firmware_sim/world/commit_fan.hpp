// Shows each stored commit to the judge, to the desk and to the trace.
#pragma once

#include "common/hash.hpp"
#include "firmware_sim/world/collector_host.hpp"
#include "firmware_sim/world/feed.hpp"
#include "firmware_sim/world/oracle.hpp"

namespace aftercare::sim {

class CommitFan final : public CommitObserver {
  public:
    CommitFan(Oracle& oracle, DeskFeed* desk, Hash64& trace)
        : oracle_(oracle), desk_(desk), trace_(trace) {}

    WallTime now{};  ///< virtual time of the batch under way

    void on_committed(const collector::Commit& commit) override {
        oracle_.on_committed(commit);
        trace_.add("commit");
        trace_.add(commit.totals.records);
        trace_.add(std::uint64_t{commit.gaps.size()});
        for (const auto& ticket : commit.tickets) {
            trace_.add(ticket.id);
            trace_.add(collector::to_string(ticket.state));
            if (desk_ != nullptr) desk_->see(ticket, now);
        }
    }

  private:
    Oracle& oracle_;
    DeskFeed* desk_;
    Hash64& trace_;
};

}  // namespace aftercare::sim
