#include "firmware_sim/world/database_check.hpp"

#include "collector/io/sqlite/raw_reader.hpp"
#include "firmware_sim/world/body_hash.hpp"

namespace aftercare::sim {
namespace {

bool made_by_agent_itself(const Record& record) {
    const auto* event = std::get_if<Lifecycle>(&record.body);
    return event != nullptr && event->kind != LifecycleKind::part_replaced;
}

}  // namespace

Status check_database(const std::string& path, const collector::VerifyKnowledge& knowledge,
                      Oracle& oracle) {
    const auto read =
        collector::read_raw(path, [&oracle](const collector::StoredRecord& stored) -> Status {
            oracle.stored({.device_id = stored.device_id,
                           .stream_id = stored.raw.stream_id,
                           .lane = stored.raw.lane,
                           .seq = stored.record.seq,
                           .hash = body_hash(stored.record),
                           .agents_own = made_by_agent_itself(stored.record)});
            return {};
        });
    if (!read) return read;
    const auto report = collector::verify_database(path, {.knowledge = knowledge});
    if (!report) return fail(report.error());
    for (const auto& check : report->checks) {
        if (check.wrong == 0) continue;
        oracle.violation("verify, " + check.name + ": " + std::to_string(check.wrong) +
                         " wrong, first " + check.example);
    }
    return {};
}

}  // namespace aftercare::sim
