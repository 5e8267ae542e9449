// How often each rule was right, per model, and what a detection's probability follows from that:
// a Beta posterior per rule and model, whose prior is pooled over the other models.
//
//   prior      mean m = (w·p + right elsewhere) ÷ (w + decided elsewhere), p the pack's
//   probability,
//              worth k = min(w + decided elsewhere, k_max) decisions
//   posterior  (k·m + right here) ÷ (k + decided here)
//
// w and k_max are fixed, not estimated: the spread between the two to five models that a rule has
// cannot be learned from them, and sums alone make the answer free of the order of decisions. What
// is not decided (lapsed, declined, planned work, still open) is censored: it counts nowhere.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace aftercare::collector {

/// The pack's probability is worth so many decisions (w) …
inline constexpr double kPackWorth = 4;
/// … and all that is known before a model's own decisions at most so many (k_max).
inline constexpr double kPriorWorthMax = 16;

struct DecidedCount {
    std::uint64_t right = 0;
    std::uint64_t wrong = 0;
    [[nodiscard]] std::uint64_t decided() const { return right + wrong; }
    friend bool operator==(const DecidedCount&, const DecidedCount&) = default;
};

/// p 0.7, elsewhere 9 right of 20, here 3 of 4: m = 11.8 ÷ 24, k = 16 → (7.867 + 3) ÷ 20 = 0.5433.
/// A pack that says 0 or 1 is taken as 0.02 or 0.98: outcomes must be able to prove it wrong.
double calibrated_probability(double pack_probability, DecidedCount elsewhere, DecidedCount here);

/// Decided tickets and trials of one version of a rule on one model.
struct RuleTally {
    std::string rule;  ///< "id@version"
    std::string model;
    DecidedCount count;
};

class RuleTallies {
  public:
    void add(const RuleTally& tally);
    /// A decision was made (`before` empty), restated, or taken back (`after` empty).
    void restate(std::string_view rule, std::string_view model, std::optional<bool> before,
                 std::optional<bool> after);
    [[nodiscard]] DecidedCount of(std::string_view rule, std::string_view model) const;
    /// Over all models.
    [[nodiscard]] DecidedCount of(std::string_view rule) const;
    [[nodiscard]] double probability(std::string_view rule, std::string_view model,
                                     double pack_probability) const;

  private:
    using ByModel = std::map<std::string, DecidedCount, std::less<>>;
    DecidedCount& entry(std::string_view rule, std::string_view model);
    std::map<std::string, ByModel, std::less<>> rules_;
};

}  // namespace aftercare::collector
