// Count, mean and spread of a stream of readings, mergeable, in twelve bytes.
#pragma once

#include <cstdint>

namespace aftercare::collector {

/// In double while computing.
struct Moments {
    double count = 0;
    double mean = 0;
    double squares = 0;  ///< sum of squared differences from the mean

    /// Sample variance; 0 for fewer than two.
    [[nodiscard]] double variance() const { return count > 1 ? squares / (count - 1) : 0; }
};

/// As kept. Values arrive as float, so float keeps what they hold.
struct Bucket {
    std::uint32_t count = 0;
    float mean = 0;
    float squares = 0;

    [[nodiscard]] Moments moments() const {
        return {static_cast<double>(count), static_cast<double>(mean),
                static_cast<double>(squares)};
    }
};

/// Source: T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise algorithm for computing
/// sample variances", 1979. Worked: {1, 3} with {5}: count 3, mean 3, squares 8.
inline Moments merge(const Moments& a, const Moments& b) {
    if (b.count == 0) return a;
    if (a.count == 0) return b;
    const double count = a.count + b.count;
    const double step = b.mean - a.mean;
    return {count, a.mean + step * (b.count / count),
            a.squares + b.squares + step * step * (a.count * b.count / count)};
}

inline void add(Bucket& bucket, const Moments& more) {
    const Moments sum = merge(bucket.moments(), more);
    bucket.count = static_cast<std::uint32_t>(sum.count);
    bucket.mean = static_cast<float>(sum.mean);
    bucket.squares = static_cast<float>(sum.squares);
}

}  // namespace aftercare::collector
