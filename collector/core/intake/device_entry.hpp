// What the engine remembers of a device between two reports. Everything here is either stored with
// each commit (device_state.hpp) or can be lost without harm, because the device sends again what
// was not acknowledged.
//
// A device is awake while a commit touches it, while reports of it wait for their turn, and while
// it is among the kAwakeDevicesMax that were needed last. All others rest: of them only master
// data, marks and the stored bytes are kept, below 1 KB with the rules of a usual pack.
// Registry::wake and Registry::finish change between the two.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/core/intake/known_device.hpp"
#include "collector/core/intake/lane_intake.hpp"
#include "collector/core/intake/time_line.hpp"

namespace aftercare::collector {

/// Marks of all streams are kept, for exactly-once is for ever; a device with more is not sane.
inline constexpr std::size_t kStreamsPerDeviceMax = 64;
/// Streams with time line and order buffer: the present one and the one before a factory reset.
inline constexpr std::size_t kWorkingStreamsMax = 2;
inline constexpr std::size_t kCheckpointsPerLane = 4;
inline constexpr std::size_t kPartLivesMax = 64;
/// Two or three megabytes that spare busy devices the reading of their bytes at every commit.
inline constexpr std::size_t kAwakeDevicesMax = 1'024;

/// When the record at `seq` says it was made: the same for ever, unless two devices number alike.
struct Checkpoint {
    Seq seq = 0;
    std::uint32_t boot = 0;
    std::uint64_t uptime_ms = 0;
};

struct LaneWork {
    LaneIntake intake;
    std::array<Checkpoint, kCheckpointsPerLane> checkpoints{};  ///< last record of recent reports
    std::uint8_t newest = 0;

    [[nodiscard]] const Checkpoint& last() const { return checkpoints[newest]; }
    void note(const Record& record) {
        newest = static_cast<std::uint8_t>((newest + 1) % kCheckpointsPerLane);
        checkpoints[newest] = {record.seq, record.boot, record.uptime_ms};
    }
};

struct StreamWork {
    TimeLine time_line;
    std::array<LaneWork, kLaneCount> lanes;
};

struct StreamEntry {
    std::uint64_t id = 0;
    std::array<Seq, kLaneCount> high_water{};
    WallTime last_at{};  ///< last time it brought something new
    bool dirty = false;
    std::unique_ptr<StreamWork> work;  ///< none while the device rests, and of streams long silent
};

/// Two senders under one id show as two streams that take turns. A factory reset changes once.
struct TurnTaking {
    std::uint64_t active_stream = 0;
    std::uint32_t returns = 0;  ///< to an older stream, since `since`
    WallTime since{};
    std::uint64_t refused_stream = 0;  ///< the younger of the two; 0 = no conflict
};

struct AckState {
    std::uint64_t stream_id = 0;
    std::uint32_t reports = 0;  ///< applied since the last ack
    bool due = false;           ///< in the list of this commit
    bool waiting = false;       ///< in the lazy queue
    bool greeted = false;       ///< acknowledged at least once since the engine started
};

struct DeviceEntry;

/// What only a device that is awake has at hand.
struct DeviceWork {
    std::list<DeviceEntry*>::iterator place;  ///< among those awake
    bool dirty = false;                       ///< its row is part of the next commit
    TurnTaking turns;
    DetectState detection;
    std::vector<std::pair<std::string, WallTime>> part_lives;   ///< component → replaced at
    std::vector<std::pair<std::string, WallTime>> lapse_times;  ///< open ticket → lapses at
};

struct DeviceEntry {
    KnownDevice info;
    const ModelInfo* model = nullptr;  ///< null when the catalogue does not know it
    std::vector<StreamEntry> streams;  ///< in order of appearance
    MaybeTime last_outbound_at;
    MaybeTime silence_due;  ///< when to ask its rules about its silence; none = not known yet
    AckState ack;
    std::unique_ptr<DeviceWork> work;  ///< only while awake
    TightBytes stored;                 ///< work and the streams' work, as last stored

    /// Pre: awake.
    [[nodiscard]] DeviceWork& awake() const {
        AFTERCARE_ASSERT(work != nullptr);
        return *work;
    }
};

}  // namespace aftercare::collector
