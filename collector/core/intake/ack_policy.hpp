// When a device hears that its records are stored. At once when it asks, when it repeats itself (it
// missed an ack) and on its first report after a start; else lazily, for a publish costs as much as
// a receive. At most one ack per device and commit; it is cumulative, so a lost one costs a resend
// and no more.
#pragma once

#include <deque>
#include <vector>

#include "collector/core/intake/device_entry.hpp"
#include "collector/core/intake/step.hpp"

namespace aftercare::collector {

/// After a pause the lazy acks of a whole fleet are due at once: so many go with a commit, the
/// others with the next ones.
inline constexpr std::size_t kAcksPerTickMax = 4'096;

class AckPolicy {
  public:
    explicit AckPolicy(const Settings& settings) : settings_(settings) {}

    void applied(DeviceEntry& device, std::uint64_t stream_id, bool ack_now, Instant now);
    void repeated(DeviceEntry& device, std::uint64_t stream_id);
    /// Lazy acks whose time has come.
    void on_tick(Instant now);
    /// All lazy acks, whether their time has come or not.
    void flush();
    /// Appends the acks of this commit, with the marks as they are stored by it.
    void finish(Commit& commit);
    [[nodiscard]] std::uint64_t count() const { return count_; }

  private:
    void make_due(DeviceEntry& device);
    void release_oldest();
    struct Waiting {
        DeviceEntry* device;
        Instant since;
    };
    const Settings& settings_;
    std::vector<DeviceEntry*> due_;
    std::deque<Waiting> waiting_;  ///< ascending by `since`; entries of acked devices are skipped
    std::uint64_t count_ = 0;
};

}  // namespace aftercare::collector
