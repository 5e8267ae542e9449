#include "collector/io/sqlite/raw_reader.hpp"

#include <span>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/report_walk.hpp"
#include "collector/io/sqlite/schema.hpp"
#include "proto/codec.hpp"

namespace aftercare::collector {

using namespace sqlite;

Status read_reports(const std::string& path,
                    const std::function<Status(const StoredReport&)>& visit) {
    return guarded(path, [&]() -> Status {
        const auto database = connect(path, {.access = Access::read});
        if (Status ready = prepare_schema(*database, path, Upgrade::never); !ready) return ready;
        const Snapshot snapshot(*database);
        ReportWalk walk(*database);
        while (true) {
            const Result<bool> more = walk.next();
            if (!more) {
                return fail(
                    more.error().within("database " + path + ": device " + walk.device_id()));
            }
            if (!*more) return {};
            Status visited = visit({walk.tenant(), walk.device_id(), walk.model(), walk.raw()});
            if (!visited) return visited;
        }
    });
}

Status read_raw(const std::string& path, const std::function<Status(const StoredRecord&)>& visit) {
    proto::Codec codec;
    Report report;
    return read_reports(path, [&](const StoredReport& stored) -> Status {
        const auto decoded =
            codec.decode_report(std::as_bytes(std::span(stored.raw.bytes)), report);
        if (!decoded) {
            return fail(Errc::corrupt, "database " + path + ": a stored report of device " +
                                           std::string(stored.device_id) +
                                           " cannot be decoded: " + decoded.error().detail);
        }
        for (const Record& record : applied_records(stored.raw, report)) {
            Status visited =
                visit({stored.tenant, stored.device_id, stored.model, stored.raw, record});
            if (!visited) return visited;
        }
        return {};
    });
}

}  // namespace aftercare::collector
