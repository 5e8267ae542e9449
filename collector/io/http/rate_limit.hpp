// How often a caller may ask: a bucket of permissions per caller that fills at a steady rate.
// Whoever stays below the rate never notices; a burst up to the bucket's size is free.
// Thread: any.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/time.hpp"

namespace aftercare::collector {

/// Callers remembered at a time; when all of them are busy, newcomers share one bucket.
inline constexpr std::size_t kRateCallersMax = 10'000;

struct RateLimit {
    double per_second = 1'000;
    double burst = 5'000;
};

struct ApiLimits {
    RateLimit token{};              ///< of one token
    RateLimit address{100, 1'000};  ///< of one address, for requests without a good token
};

class RateLimiter {
  public:
    explicit RateLimiter(RateLimit limit, std::size_t callers_max = kRateCallersMax)
        : limit_(limit), callers_max_(callers_max) {}

    /// Takes a permission of the caller's. None = granted; else in how long there is one again.
    std::optional<milliseconds> wait_of(std::string_view caller, Instant now);
    [[nodiscard]] std::uint64_t refused() const;

  private:
    struct Bucket {
        double left = 0;
        Instant at{};
    };
    double left_of(const Bucket& bucket, Instant now) const;
    Bucket& bucket_of(std::string_view caller, Instant now);

    const RateLimit limit_;
    const std::size_t callers_max_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;
    Bucket shared_;
    bool shared_used_ = false;
    Instant swept_at_{};
    std::uint64_t refused_ = 0;
};

/// What counts as one caller: an IPv4 address, or the /64 that one subscriber's IPv6 addresses
/// share.
std::string caller_of(std::string_view address);

}  // namespace aftercare::collector
