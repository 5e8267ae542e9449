#include "common/report.hpp"

namespace aftercare {

std::string_view to_string(RefusalReason reason) {
    switch (reason) {
        case RefusalReason::bad_topic:
            return "bad_topic";
        case RefusalReason::wrong_bucket:
            return "wrong_bucket";
        case RefusalReason::unknown_tenant:
            return "unknown_tenant";
        case RefusalReason::unknown_device:
            return "unknown_device";
        case RefusalReason::too_large:
            return "too_large";
        case RefusalReason::bad_protobuf:
            return "bad_protobuf";
        case RefusalReason::bad_schema_version:
            return "bad_schema_version";
        case RefusalReason::device_mismatch:
            return "device_mismatch";
        case RefusalReason::bad_lane:
            return "bad_lane";
        case RefusalReason::bad_seq:
            return "bad_seq";
        case RefusalReason::too_many_records:
            return "too_many_records";
        case RefusalReason::bad_time:
            return "bad_time";
        case RefusalReason::bad_value:
            return "bad_value";
        case RefusalReason::identity_conflict:
            return "identity_conflict";
        case RefusalReason::bad_outcome:
            return "bad_outcome";
    }
    return "unknown";
}

}  // namespace aftercare
