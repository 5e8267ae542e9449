// What a run is held on, whether a simulated fleet or a recorded trace drives it: the rules, a
// database of its own, the processor's clock; and the judgement that both end in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "firmware_sim/world/run.hpp"

namespace aftercare::sim {

class RunStage {
  public:
    /// Lifetime: `catalogue` must outlive the stage.  Errors: invalid (rules that do not fit the
    /// catalogue), conflict (the database exists), unavailable (no temporary folder).
    static Result<std::unique_ptr<RunStage>> set(const collector::Catalogue& catalogue,
                                                 const collector::RulePack& rules,
                                                 const RunOptions& options);
    ~RunStage();
    RunStage(const RunStage&) = delete;
    RunStage& operator=(const RunStage&) = delete;

    [[nodiscard]] CollectorHost::Setup collector(const std::string& tenant,
                                                 const CollectorOptions& options) const;
    [[nodiscard]] const std::string& database_path() const { return database_path_; }

    /// Closes and audits a world that lived to its end; fills everything of the summary but the
    /// prediction.
    Status judge(World& world, RunSummary& summary) const;
    /// Once the prediction is scored: what was expected of it all, and what it cost.
    void finish(const std::vector<Expectation>& bounds, RunSummary& summary) const;

  private:
    RunStage(const collector::Catalogue& catalogue, const RunOptions& options);

    const collector::Catalogue& catalogue_;
    std::unique_ptr<collector::Detector> detector_;
    std::string database_path_;
    bool temporary_;  ///< ours to remove
    StoreFactory open_store_;
    std::vector<RunDocument> documents_;
    double begun_s_;  ///< CPU time of the process
};

}  // namespace aftercare::sim
