// Who wants to see a device's records as they are applied, each once and in the order of its lane.
#pragma once

#include "collector/core/model/ticket.hpp"
#include "common/telemetry.hpp"

namespace aftercare::collector {

class RecordListener {
  public:
    virtual ~RecordListener() = default;
    /// Asked once a report; cheap.
    [[nodiscard]] virtual bool listens(DeviceNo no) const = 0;
    /// Pre: listens. `at`: event time.
    virtual void saw(DeviceNo no, const Record& record, WallTime at) = 0;
};

}  // namespace aftercare::collector
