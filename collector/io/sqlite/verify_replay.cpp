#include "collector/io/sqlite/verify_replay.hpp"

#include <algorithm>
#include <span>

#include "collector/io/sqlite/connection.hpp"
#include "collector/io/sqlite/rows.hpp"

namespace aftercare::collector::sqlite {

LaneFeed::LaneFeed(SQLite::Database& database, Lane lane) : walk_(database, {.lane = lane}) {
    advance();
}

void LaneFeed::advance() {
    while (true) {
        const Result<bool> more = walk_.next();
        if (more && !*more) {
            at_end_ = true;
            return;
        }
        // What cannot be read or decoded is the finding of another check.
        if (!more || !codec_.decode_report(std::as_bytes(std::span(walk_.raw().bytes)), report_)) {
            damaged_ = device_no();
            continue;
        }
        const WallTime received_at = walk_.raw().received_at;
        turn_ = stream_ == stream() ? std::max(turn_, received_at) : received_at;
        stream_ = stream();
        return;
    }
}

Replay::Replay(SQLite::Database& database, const Catalogue& catalogue, const Detector& detector)
    : world_{settings_, catalogue, detector},
      urgent_(database, Lane::urgent),
      bulk_(database, Lane::bulk),
      device_row_(database,
                  "SELECT installed_at, EXISTS (SELECT 1 FROM expired e WHERE e.device_no = "
                  "d.device_no) FROM device d WHERE device_no = ?") {}

/// The lane whose turn it is; of equal moments the urgent one, which devices send first.
LaneFeed* Replay::next_of(DeviceNo device_no) {
    const auto has = [device_no](const LaneFeed& feed) {
        return !feed.at_end() && feed.device_no() == device_no;
    };
    if (!has(urgent_)) return has(bulk_) ? &bulk_ : nullptr;
    if (!has(bulk_)) return &urgent_;
    if (urgent_.stream() != bulk_.stream()) {
        return urgent_.stream() < bulk_.stream() ? &urgent_ : &bulk_;
    }
    if (bulk_.turn() == urgent_.turn()) device_.order_known = false;
    return bulk_.turn() < urgent_.turn() ? &bulk_ : &urgent_;
}

void Replay::begin(const LaneFeed& feed) {
    const ReportWalk& walk = feed.walk();
    registry_.emplace(world_);
    DeviceEntry& entry = registry_->enrol(walk.tenant(), walk.device_id(), walk.model());
    device_ = {.no = walk.raw().device_no,
               .name = walk.tenant() + "/" + walk.device_id(),
               .entry = &entry,
               .first_at = feed.turn()};
    const Use use(device_row_);
    Binder(device_row_).integer(device_.no);
    if (!device_row_.executeStep()) return;
    Row row(device_row_);
    entry.info.installed_at = row.optional_time();
    device_.whole = !row.flag();
}

StreamEntry& Replay::stream_of(std::uint64_t stream_id) {
    auto& streams = device_.entry->streams;
    if (!streams.empty() && streams.back().id == stream_id) return streams.back();
    StreamEntry& fresh = streams.emplace_back();
    fresh.id = stream_id;
    fresh.work = std::make_unique<StreamWork>();
    return fresh;
}

void Replay::apply(const LaneFeed& feed, Visitor& visitor) {
    const RawReport& raw = feed.walk().raw();
    StreamEntry& stream = stream_of(raw.stream_id);
    LaneIntake& intake = stream.work->lanes[index(raw.lane)].intake;
    // Retention took what lies between; what the device lost is declared again.
    if (!device_.whole && intake.high_water() + 1 < raw.first_seq) {
        intake = LaneIntake{raw.first_seq - 1};
    }
    const std::string& model = device_.entry->info.model;
    if (!feed.report().header.model.empty() && feed.report().header.model.view() != model) {
        device_.same_model = false;
    }
    commit_.clear();
    found_.clear();
    Totals uncounted;
    Applier applier(world_, *registry_, uncounted);
    applier.apply(*device_.entry, stream, feed.report(), raw.bytes, raw.received_at, commit_,
                  found_);
    if (applier.melted_count() > 0) device_.order_known = false;
    for (Detection& found : found_) device_.detections.push_back({std::move(found), feed.turn()});
    for (const GapRow& gap : commit_.gaps) {
        device_.gaps.records += gap.last_seq - gap.first_seq + 1;
        device_.gaps.moments += static_cast<std::uint32_t>(unix_ms(gap.received_at));
    }
    visitor.on_report(device_, feed.walk(), commit_);
}

void Replay::run(Visitor& visitor) {
    while (!urgent_.at_end() || !bulk_.at_end()) {
        const bool urgent_first =
            bulk_.at_end() || (!urgent_.at_end() && urgent_.device_no() <= bulk_.device_no());
        const DeviceNo device_no = (urgent_first ? urgent_ : bulk_).device_no();
        begin(urgent_first ? urgent_ : bulk_);
        while (LaneFeed* feed = next_of(device_no)) {
            device_.first_at = std::min(device_.first_at, feed->turn());
            apply(*feed, visitor);
            feed->advance();
            if (urgent_.damaged() == device_no || bulk_.damaged() == device_no) {
                device_.whole = false;
            }
        }
        visitor.on_device(device_);
    }
}

}  // namespace aftercare::collector::sqlite
