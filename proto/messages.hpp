// The message objects a Codec reuses. Included by the codec's own sources only.
#pragma once

#include <aftercare/v1/downlink.pb.h>
#include <aftercare/v1/telemetry.pb.h>

#include "proto/codec.hpp"
#include "proto/report_message.hpp"

namespace aftercare::proto {

struct Codec::Messages {
    ReportMessage received;
    v1::Report report;
    v1::Downlink downlink;
    v1::Presence presence;
    std::string telemetry;  ///< of the Config decoded last
};

}  // namespace aftercare::proto
