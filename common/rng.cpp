#include "common/rng.hpp"

#include <cmath>

#include "common/divide.hpp"

namespace aftercare {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

std::uint64_t rotate_left(std::uint64_t value, int count) {
    return (value << count) | (value >> (64 - count));
}

}  // namespace

Rng::Rng(std::uint64_t seed) : state_{}, seed_(seed) {
    std::uint64_t mix = seed;
    for (auto& word : state_) word = splitmix64(mix);
}

std::uint64_t Rng::next() {
    const std::uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate_left(state_[3], 45);
    return result;
}

std::uint64_t Rng::below(std::uint64_t bound) {
    // Rejection keeps it exactly uniform: the first (2^64 mod bound) values are thrown away.
    const std::uint64_t reject = divide(0 - bound, bound).remainder;
    std::uint64_t value = 0;
    do {
        value = next();
    } while (value < reject);
    return divide(value, bound).remainder;
}

double Rng::uniform() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Rng::normal(double mean, double deviation) {
    // Box–Muller, one of the pair: two draws per call keep the stream position predictable.
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return mean + deviation * radius * std::cos(6.283185307179586 * uniform());
}

double Rng::exponential(double mean) {
    return -mean * std::log(1.0 - uniform());
}

double Rng::weibull(double scale, double shape) {
    return scale * std::pow(-std::log(1.0 - uniform()), 1.0 / shape);
}

Rng Rng::fork(std::uint64_t tag) const {
    std::uint64_t mix = seed_ ^ (tag * 0xD1342543DE82EF95ULL + 0x632BE59BD9B4E019ULL);
    return Rng{splitmix64(mix)};
}

}  // namespace aftercare
