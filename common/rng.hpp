// Our own seeded generator: <random>'s distributions differ between standard libraries, and one
// seed must give one history everywhere. Not for secrets.
#pragma once

#include <cstdint>

namespace aftercare {

/// xoshiro256** seeded through splitmix64.
/// Source: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", 2018.
class Rng {
  public:
    explicit Rng(std::uint64_t seed);

    std::uint64_t next();
    /// Uniform in [0, bound).  Pre: bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1).
    double uniform();
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    bool chance(double probability) { return uniform() < probability; }
    double normal(double mean, double deviation);
    /// Mean `mean`.
    double exponential(double mean);
    /// Weibull with P(X > x) = exp(-(x / scale)^shape).
    double weibull(double scale, double shape);
    /// An independent generator for part `tag` of the world: adding a part never shifts the others.
    [[nodiscard]] Rng fork(std::uint64_t tag) const;

  private:
    std::uint64_t state_[4];
    std::uint64_t seed_;
};

}  // namespace aftercare
