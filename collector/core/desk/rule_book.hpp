// What outcomes have shown of each rule, and what it may do: open tickets (live), or only be scored
// (shadow, shelved). Counts per version and model; the mode is the last one that somebody set for
// this version, else the pack's. A live rule whose precision lies surely below its floor shelves
// itself: the upper end of the 95 % interval (Wilson) of what was decided since it went live.
#pragma once

#include "collector/core/commands.hpp"
#include "collector/core/desk/names.hpp"
#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

class RuleBook {
  public:
    explicit RuleBook(const World& world) : world_(world) {}

    void load(const RuleTally& tally) { tallies_.add(tally); }
    /// Later rows of a rule replace earlier ones.
    void load(RuleStanding standing);

    [[nodiscard]] RuleMode mode(const Rule& rule) const;
    [[nodiscard]] double probability(const Rule& rule, std::string_view model) const;
    /// What a prediction of `rule` ("id@version") turned out to be; empty: undecided.
    void decided(std::string_view rule, std::string_view model, std::optional<bool> before,
                 std::optional<bool> after, const Step& step);
    /// Errors: invalid (no reason), not_found (no such rule in the pack).
    Result<CommandReply> change(const ChangeRule& command, const Step& step);
    [[nodiscard]] std::size_t shelved_count() const;

  private:
    [[nodiscard]] const RuleStanding* standing(const Rule& rule) const;
    void stand(const Rule& rule, RuleMode mode, std::string who, std::string why, const Step& step);
    void review(const Rule& rule, const Step& step);

    World world_;
    RuleTallies tallies_;
    ByName<RuleStanding> standings_;  ///< by rule id: the last one
};

}  // namespace aftercare::collector
