// What a stored report costs: time per report in large and small commits, and bytes at rest.
//   store_bench FOLDER [COMMITS]
// FOLDER must lie on the disk to be measured; its files are removed again.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "common/rng.hpp"

namespace {

using namespace aftercare;
using namespace aftercare::collector;

struct Load {
    const char* name;
    std::size_t reports_per_commit;
    std::size_t device_count;
    std::uint32_t records_per_report;
    std::size_t report_bytes;
    std::size_t state_bytes;  ///< of each dirty device
    std::size_t commits;
};

double cpu_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_s() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

std::string noise(Rng& rng, std::size_t size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(rng.below(256));
    return bytes;
}

DeviceStateRow device_row(DeviceNo no, const std::string& state) {
    DeviceStateRow row;
    row.info.no = no;
    row.info.tenant = "acme";
    row.info.device_id = "wm-" + std::to_string(100'000 + no);
    row.info.model = "WM-8000";
    row.info.firmware = "2.4.1";
    row.info.last_seen_at = wall_from_unix_ms(1'767'225'600'000);
    row.state = state;
    return row;
}

/// Each commit takes the next devices in turn, so that all of them get reports evenly.
class Fleet {
  public:
    explicit Fleet(const Load& load)
        : load_(load),
          next_seq_(load.device_count, 1),
          bytes_(noise(rng_, load.report_bytes)),
          state_(noise(rng_, load.state_bytes)) {}

    Commit next() {
        Commit commit;
        for (std::size_t i = 0; i < load_.reports_per_commit; ++i) add_report(commit);
        commit.totals = totals_;
        return commit;
    }

  private:
    void add_report(Commit& commit) {
        const std::size_t position = turn_++ % load_.device_count;
        const auto no = static_cast<DeviceNo>(position + 1);
        RawReport raw;
        raw.device_no = no;
        raw.stream_id = 0x9E37'79B9'0000'0000ULL + no;
        raw.lane = Lane::bulk;
        raw.first_seq = next_seq_[position];
        raw.record_count = load_.records_per_report;
        raw.last_seq = raw.first_seq + raw.record_count - 1;
        next_seq_[position] = raw.last_seq + 1;
        raw.received_at = wall_from_unix_ms(1'767'225'600'000 + static_cast<std::int64_t>(turn_));
        raw.t0 = raw.received_at - milliseconds{60'000};
        raw.bytes = bytes_;
        totals_.reports += 1;
        totals_.records += raw.record_count;
        StreamRow stream{no, raw.stream_id, {0, raw.last_seq}, raw.received_at};
        commit.streams.push_back(stream);
        commit.devices.push_back(device_row(no, state_));
        commit.raw.push_back(std::move(raw));
    }

    const Load load_;
    Rng rng_{1};
    std::vector<Seq> next_seq_;
    std::string bytes_;
    std::string state_;
    Totals totals_;
    std::size_t turn_ = 0;
};

int measure(const Load& load, const std::string& folder) {
    const std::string path = folder + "/store_bench.db";
    double wall = 0;
    double cpu = 0;
    {
        // Registration is another cost: every device sends once before the measurement.
        Fleet fleet(load);
        auto store = SqliteStore::open(path);
        if (!store) return std::fprintf(stderr, "%s\n", store.error().message.c_str()), 74;
        for (std::size_t i = 0; i < load.device_count / load.reports_per_commit + 1; ++i) {
            if (!(*store)->apply(fleet.next())) return 74;
        }
        for (std::size_t i = 0; i < load.commits; ++i) {
            const Commit commit = fleet.next();
            const double wall_before = wall_s();
            const double cpu_before = cpu_s();
            if (!(*store)->apply(commit)) return 74;
            wall += wall_s() - wall_before;
            cpu += cpu_s() - cpu_before;
        }
    }
    const auto queries = SqliteQueries::open(path);
    const auto counts = (*queries)->counts();
    const std::size_t registered_bytes = load.device_count * (load.state_bytes + 120);
    const auto reports = static_cast<double>(load.commits * load.reports_per_commit);
    const auto rest = static_cast<double>(std::filesystem::file_size(path) - registered_bytes) /
                      static_cast<double>(counts->raw_reports);
    std::printf("%-34s %9.2f us wall %8.2f us CPU per report, %7.1f B at rest (payload %zu)\n",
                load.name, wall / reports * 1e6, cpu / reports * 1e6, rest, load.report_bytes);
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        std::filesystem::remove(path + suffix);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: store_bench FOLDER [COMMITS]\n"), 64;
    const std::size_t commits = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 30;
    const Load loads[] = {
        {"10,000 reports x 20 records", 10'000, 10'000, 20, 700, 300, commits},
        {"10,000 reports x 1 record", 10'000, 10'000, 1, 60, 300, commits},
        {"1,000 reports x 20 records", 1'000, 10'000, 20, 700, 300, commits * 5},
        {"100 reports x 1 record", 100, 1'000, 1, 60, 300, commits * 10},
        {"1 report x 1 record", 1, 1'000, 1, 60, 300, commits * 20},
    };
    for (const Load& load : loads) {
        if (const int code = measure(load, argv[1]); code != 0) return code;
    }
    return 0;
}
