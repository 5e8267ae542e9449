#include "firmware_sim/world/oracle.hpp"

#include <algorithm>
#include <numeric>

namespace aftercare::sim {
namespace {

constexpr std::size_t kViolationsKept = 10;

std::string place(std::string_view device, std::uint64_t stream_id, std::size_t lane, Seq seq) {
    return std::string(device) + " stream " + std::to_string(stream_id) +
           (lane == index(Lane::urgent) ? " urgent seq " : " bulk seq ") + std::to_string(seq);
}

template <class T>
T& at_seq(std::vector<T>& by_seq, Seq seq) {
    if (by_seq.size() < seq) by_seq.resize(seq);
    return by_seq[seq - 1];
}

}  // namespace

void Oracle::violation(std::string text) {
    ++verdict_.violation_count;
    if (verdict_.violations.size() < kViolationsKept)
        verdict_.violations.push_back(std::move(text));
}

Oracle::Device Oracle::add_device(const std::string& device_id) {
    const auto number = static_cast<Device>(devices_.size());
    devices_.push_back({.device_id = device_id});
    index_.emplace(device_id, number);
    return number;
}

Oracle::StreamBook& Oracle::stream(DeviceBook& device, std::uint64_t stream_id) {
    for (auto& book : device.streams) {
        if (book.stream_id == stream_id) return book;
    }
    device.streams.push_back({.stream_id = stream_id});
    return device.streams.back();
}

Oracle::DeviceBook* Oracle::by_no(collector::DeviceNo no) {
    const auto found = by_no_.find(no);
    return found == by_no_.end() ? nullptr : &devices_[found->second];
}

Oracle::DeviceBook* Oracle::by_id(std::string_view device_id) {
    const auto found = index_.find(std::string(device_id));
    return found == index_.end() ? nullptr : &devices_[found->second];
}

void Oracle::made(Device device, std::uint64_t stream_id, const agent::Accepted& accepted,
                  std::uint32_t hash) {
    DeviceBook& book = devices_[device];
    LaneBook& lane = stream(book, stream_id).lanes[index(accepted.lane)];
    Life& life = at_seq(lane.life, accepted.seq);
    // A seq that went with the power before it was durable or sent may come again, no other.
    const bool free = life == Life::untold || life == Life::doubtful;
    if (!free || accepted.seq <= lane.committed_through) {
        violation("seq used twice: " +
                  place(book.device_id, stream_id, index(accepted.lane), accepted.seq));
    }
    at_seq(lane.made, accepted.seq) = hash;
    life = accepted.durable ? Life::durable : Life::held;
    lane.settled = std::min<std::size_t>(lane.settled, accepted.seq - 1);
}

void Oracle::uncertain(Device device, std::uint32_t hash) {
    devices_[device].uncertain.push_back(hash);
}

void Oracle::settle(LaneBook& lane, Life life) {
    for (; lane.settled < lane.life.size(); ++lane.settled) {
        if (lane.life[lane.settled] == Life::held) lane.life[lane.settled] = life;
    }
}

void Oracle::synced(Device device, std::uint64_t stream_id) {
    for (LaneBook& lane : stream(devices_[device], stream_id).lanes) settle(lane, Life::durable);
}

void Oracle::power_cut(Device device) {
    devices_[device].power_failed = true;
    for (StreamBook& book : devices_[device].streams) {
        for (LaneBook& lane : book.lanes) settle(lane, Life::doubtful);
    }
}

void Oracle::evicting(Device device) {
    devices_[device].evicted = true;
}

void Oracle::on_committed(const collector::Commit& commit) {
    learn_numbers(commit);
    learn_gaps(commit);
    check_order(commit);
    check_marks(commit);
    check_acks(commit);
    check_tickets(commit);
    refused_ = std::accumulate(commit.totals.refused.begin(), commit.totals.refused.end(),
                               std::uint64_t{0});
}

void Oracle::learn_numbers(const collector::Commit& commit) {
    for (const auto& row : commit.devices) {
        const auto known = index_.find(row.info.device_id);
        if (known == index_.end()) {
            violation("a device that nobody registered: " + row.info.device_id);
            continue;
        }
        const auto [entry, added] = by_no_.emplace(row.info.no, known->second);
        if (!added && entry->second != known->second) {
            violation("device number " + std::to_string(row.info.no) + " given twice");
        }
    }
}

void Oracle::learn_gaps(const collector::Commit& commit) {
    for (const auto& gap : commit.gaps) {
        DeviceBook* device = by_no(gap.device_no);
        if (device == nullptr) continue;
        LaneBook& lane = stream(*device, gap.stream_id).lanes[index(gap.lane)];
        if (lane.in_gap.size() < gap.last_seq) lane.in_gap.resize(gap.last_seq);
        for (Seq seq = gap.first_seq; seq <= gap.last_seq; ++seq) lane.in_gap[seq - 1] = true;
    }
}

/// What a commit applies and declares of one lane continues where the last commit ended, without
/// hole and without overlap.
void Oracle::check_order(const collector::Commit& commit) {
    std::map<SpanKey, std::vector<Span>> spans;
    for (const auto& raw : commit.raw) {
        spans[{raw.device_no, raw.stream_id, index(raw.lane)}].push_back(
            {raw.first_seq, raw.last_seq});
    }
    for (const auto& gap : commit.gaps) {
        spans[{gap.device_no, gap.stream_id, index(gap.lane)}].push_back(
            {gap.first_seq, gap.last_seq});
    }
    for (auto& [key, list] : spans) {
        const auto& [no, stream_id, lane] = key;
        DeviceBook* device = by_no(no);
        if (device == nullptr) {
            violation("records of an unknown device number " + std::to_string(no));
            continue;
        }
        LaneBook& book = stream(*device, stream_id).lanes[lane];
        // A gap may lie inside the span of the report that declared it: the wider span comes first.
        std::sort(list.begin(), list.end(), [](const Span& a, const Span& b) {
            return a.first != b.first ? a.first < b.first : a.last > b.last;
        });
        for (const Span& span : list) {
            const bool inside = span.last <= book.committed_through && span.first <= span.last;
            if (inside && &span != &list.front()) continue;
            if (span.first != book.committed_through + 1 || span.last < span.first) {
                violation("not in order after " + std::to_string(book.committed_through) + ": " +
                          place(device->device_id, stream_id, lane, span.first));
            }
            book.committed_through = std::max(book.committed_through, span.last);
        }
    }
}

void Oracle::check_marks(const collector::Commit& commit) {
    for (const auto& row : commit.streams) {
        DeviceBook* device = by_no(row.device_no);
        if (device == nullptr) continue;
        const StreamBook& book = stream(*device, row.stream_id);
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
            if (row.high_water[lane] == book.lanes[lane].committed_through) continue;
            violation("mark differs from what is stored: " +
                      place(device->device_id, row.stream_id, lane, row.high_water[lane]));
        }
    }
}

void Oracle::check_acks(const collector::Commit& commit) {
    for (const auto& publication : commit.publications) {
        const auto* ack = std::get_if<Ack>(&publication.message);
        DeviceBook* device = by_id(publication.device_id);
        if (ack == nullptr || device == nullptr) continue;
        const StreamBook& book = stream(*device, ack->stream_id);
        for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
            if (ack->through[lane] <= book.lanes[lane].committed_through) continue;
            violation("acknowledged but not stored: " +
                      place(device->device_id, ack->stream_id, lane, ack->through[lane]));
        }
    }
}

void Oracle::check_tickets(const collector::Commit& commit) {
    for (const auto& ticket : commit.tickets) {
        const std::tuple key{ticket.tenant, ticket.device_no, ticket.failure_mode};
        const auto holder = open_.find(key);
        if (!collector::is_open(ticket.state)) {
            if (holder != open_.end() && holder->second == ticket.id) open_.erase(holder);
        } else if (holder == open_.end()) {
            open_.emplace(key, ticket.id);
        } else if (holder->second != ticket.id) {
            violation("two open tickets for one failure mode: " + ticket.device_id + " " +
                      ticket.failure_mode);
        }
        tickets_[ticket.id] = ticket;
    }
}

void Oracle::stored(const StoredRecord& record) {
    ++verdict_.records;
    DeviceBook* device = by_id(record.device_id);
    if (device == nullptr || record.seq == 0) {
        violation("stored record of nobody: " +
                  place(record.device_id, record.stream_id, index(record.lane), record.seq));
        return;
    }
    LaneBook& lane = stream(*device, record.stream_id).lanes[index(record.lane)];
    if (++at_seq(lane.stored, record.seq) > 1) ++verdict_.duplicates;
    if (record.agents_own || at_seq(lane.made, record.seq) == record.hash) return;
    if (at_seq(lane.life, record.seq) == Life::doubtful) return;
    const auto& open = device->uncertain;
    if (std::find(open.begin(), open.end(), record.hash) != open.end()) return;
    violation("stored record is not the one that was made: " +
              place(record.device_id, record.stream_id, index(record.lane), record.seq));
}

void Oracle::ends_at(Device device, std::uint64_t stream_id,
                     const std::array<Seq, kLaneCount>& next_seq) {
    StreamBook& book = stream(devices_[device], stream_id);
    for (std::size_t lane = 0; lane < kLaneCount; ++lane)
        book.lanes[lane].next_seq = next_seq[lane];
}

void Oracle::finish() {
    for (const auto& device : devices_) {
        for (const auto& book : device.streams) {
            finish_lane(device, book, Lane::urgent);
            finish_lane(device, book, Lane::bulk);
        }
    }
    if (refused_ != garbage_) {
        violation("refused " + std::to_string(refused_) + " messages, but " +
                  std::to_string(garbage_) + " broken ones were stored");
    }
    if (verdict_.duplicates > 0) {
        violation(std::to_string(verdict_.duplicates) + " records stored more than once");
    }
}

void Oracle::finish_lane(const DeviceBook& device, const StreamBook& stream_book, Lane lane_name) {
    const LaneBook& lane = stream_book.lanes[index(lane_name)];
    const Seq end = std::max<Seq>(lane.made.size(), lane.next_seq == 0 ? 0 : lane.next_seq - 1);
    for (Seq seq = 1; seq <= end; ++seq) {
        if (seq <= lane.stored.size() && lane.stored[seq - 1] > 0) continue;
        const bool declared = seq <= lane.in_gap.size() && lane.in_gap[seq - 1];
        const Life life = seq <= lane.life.size() ? lane.life[seq - 1] : Life::untold;
        const bool in_doubt =
            life == Life::doubtful || (life == Life::untold && device.power_failed);
        if (declared && (device.evicted || in_doubt)) {
            ++verdict_.declared_lost;
        } else if (!declared && in_doubt && seq >= lane.next_seq) {
            ++verdict_.unsynced_lost;
        } else {
            ++verdict_.lost;
            violation((declared ? "declared lost without cause: " : "lost: ") +
                      place(device.device_id, stream_book.stream_id, index(lane_name), seq));
        }
    }
}

}  // namespace aftercare::sim
