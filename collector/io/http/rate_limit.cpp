#include "collector/io/http/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace aftercare::collector {
namespace {

/// A full table is looked through for idle callers at most this often.
constexpr milliseconds kSweepPause{1'000};

double seconds_of(milliseconds span) {
    return static_cast<double>(span.count()) / 1'000;
}

}  // namespace

double RateLimiter::left_of(const Bucket& bucket, Instant now) const {
    const milliseconds passed = std::chrono::duration_cast<milliseconds>(now - bucket.at);
    return std::min(limit_.burst, bucket.left + seconds_of(passed) * limit_.per_second);
}

// Forgetting a full bucket changes nothing: a new one is full too.
RateLimiter::Bucket& RateLimiter::bucket_of(std::string_view caller, Instant now) {
    const auto known = buckets_.find(std::string(caller));
    if (known != buckets_.end()) return known->second;
    if (buckets_.size() >= callers_max_ && now - swept_at_ >= kSweepPause) {
        swept_at_ = now;
        std::erase_if(buckets_,
                      [&](const auto& one) { return left_of(one.second, now) >= limit_.burst; });
    }
    if (buckets_.size() < callers_max_) {
        return buckets_.emplace(caller, Bucket{limit_.burst, now}).first->second;
    }
    if (!shared_used_) shared_ = {limit_.burst, now};
    shared_used_ = true;
    return shared_;
}

std::optional<milliseconds> RateLimiter::wait_of(std::string_view caller, Instant now) {
    const std::lock_guard lock(mutex_);
    Bucket& bucket = bucket_of(caller, now);
    bucket.left = left_of(bucket, now);
    bucket.at = now;
    if (bucket.left >= 1) {
        bucket.left -= 1;
        return std::nullopt;
    }
    ++refused_;
    const double missing_s = (1 - bucket.left) / limit_.per_second;
    return milliseconds{static_cast<std::int64_t>(std::ceil(missing_s * 1'000))};
}

std::uint64_t RateLimiter::refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
}

std::string caller_of(std::string_view address) {
    if (address.find(':') == std::string_view::npos || address.rfind("::ffff:", 0) == 0) {
        return std::string(address);
    }
    // The first four groups are the network; zeros may be left out at "::".
    std::string network;
    int groups = 0;
    for (std::size_t at = 0; at < address.size(); ++at) {
        const bool between = address[at] == ':';
        if (between && (++groups == 4 || address.substr(at, 2) == "::")) break;
        network += address[at];
    }
    return network;
}

}  // namespace aftercare::collector
