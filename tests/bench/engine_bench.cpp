// What the engine costs by itself, without broker, decoding threads or disk: bytes of memory per
// device, and time per report and record, admission to finished commit.
//   engine_bench memory DEVICES [RULES.toml]     after 42 days of readings and faults
//   engine_bench step DEVICES RECORDS_PER_REPORT [RULES.toml]
//   engine_bench commit DEVICES FOLDER [RULES.toml]  the same of one record, with a real store
//   engine_bench start DEVICES FOLDER [RULES.toml]   from a database made in FOLDER, removed after
// One JSON line.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "collector/io/pump.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "collector/io/toml/catalogue_toml.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "common/rng.hpp"
#include "tests/support/must.hpp"

namespace {

using aftercare::test::must;

using namespace aftercare;
using namespace aftercare::collector;
using std::chrono::steady_clock;

constexpr std::int64_t kStartMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
constexpr std::uint32_t kMetricsPerReading = 6;
constexpr std::size_t kReportsPerCommit = 2'000;

double seconds_since(steady_clock::time_point begin) {
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

double cpu_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t heap_bytes() {
    const struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

std::size_t rss_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    statm >> size >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Takes every commit and keeps nothing.
class NullStore : public Store {
  public:
    Result<Loaded> load(const Settings&, WallTime) override { return Loaded{}; }
    Status apply(const Commit& commit) override {
        for (const DeviceStateRow& row : commit.devices) state_bytes += row.state.size();
        device_rows += commit.devices.size();
        return {};
    }
    std::uint64_t state_bytes = 0;
    std::uint64_t device_rows = 0;
};

/// What the store's part costs.
class TimedStore : public Store {
  public:
    explicit TimedStore(Store& store) : store_(store) {}
    Result<Loaded> load(const Settings& settings, WallTime now) override {
        return store_.load(settings, now);
    }
    Status apply(const Commit& commit) override {
        const double begin = cpu_s();
        Status applied = store_.apply(commit);
        apply_cpu_s += cpu_s() - begin;
        return applied;
    }
    double apply_cpu_s = 0;

  private:
    Store& store_;
};

struct Collector {
    Collector(Store& kept, Catalogue catalogue_in, RulePack pack, Settings settings, Loaded loaded)
        : store(kept),
          catalogue(std::move(catalogue_in)),
          detector(must(Detector::create(std::move(pack), catalogue))),
          engine(
              must(Engine::create(std::move(settings), catalogue, *detector, std::move(loaded)))),
          pump(*engine, store) {}

    Store& store;
    Catalogue catalogue;
    std::unique_ptr<Detector> detector;
    std::unique_ptr<Engine> engine;
    Pump pump;
};

Settings bench_settings() {
    Settings settings;
    settings.tenants = {"acme-appliances"};
    return settings;
}

void remove_database(const std::string& path) {
    for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + end);
}

/// Washing machines that are read every three days, or as often as asked.
class Fleet {
  public:
    Fleet(std::size_t count, std::uint32_t records) : next_(count, {1, 1}), records_(records) {}

    [[nodiscard]] std::size_t size() const { return next_.size(); }
    static std::string id_of(std::size_t i) { return "wm-" + std::to_string(1'000'000 + i); }

    /// The bulk report of `device` that ends at `at`.
    Message readings(std::size_t device, WallTime at, milliseconds apart) {
        begin(device, Lane::bulk, at);
        for (std::uint32_t i = 0; i < records_; ++i) {
            Record& record = add(device, Lane::bulk, at - apart * (records_ - 1 - i));
            Reading reading{.window_ms = 60'000};
            for (std::uint32_t metric = 1; metric <= kMetricsPerReading; ++metric) {
                const auto mean = static_cast<float>(rng_.normal(50.0 * metric, 3));
                reading.metrics.add({.metric_id = metric,
                                     .n = 60,
                                     .mean = mean,
                                     .min = mean - 2,
                                     .max = mean + 2,
                                     .last = mean});
            }
            record.body = reading;
        }
        return message(device);
    }

    /// A code that no rule waits for.
    Message fault(std::size_t device, WallTime at) {
        begin(device, Lane::urgent, at);
        add(device, Lane::urgent, at).body = Fault{.code = 90, .state = FaultState::occurred};
        return message(device);
    }

    std::vector<PendingCommand> registrations() const {
        static const char* const kRegions[] = {"north", "south", "east", "west"};
        std::vector<PendingCommand> commands;
        for (std::size_t i = 0; i < size(); ++i) {
            DeviceInfo info;
            info.tenant = "acme-appliances";
            info.device_id = id_of(i);
            info.model = "WM-820";
            info.serial = "SN20260" + std::to_string(100'000 + i);
            info.customer_id = "c-" + std::to_string(500'000 + i);
            info.region = kRegions[i % 4];
            info.language = "de";
            info.segment = "household";
            info.centre = "centre-" + std::to_string(i % 40);
            info.installed_at = wall_from_unix_ms(kStartMs - 86'400'000);
            info.warranty_until = wall_from_unix_ms(kStartMs + 86'400'000LL * 730);
            commands.push_back({RegisterDevice{std::move(info)}, nullptr});
        }
        return commands;
    }

  private:
    void begin(std::size_t device, Lane lane, WallTime at) {
        report_.records.clear();
        ReportHeader& header = report_.header;
        header = {};
        header.device_id = std::string_view{id_of(device)};
        header.model = "WM-820";
        header.firmware = "2.14.0";
        header.stream_id = Rng{device + 1}.next();
        header.lane = lane;
        header.first_seq = header.oldest_seq = next_[device][index(lane)];
        header.boot = 1;
        header.uptime_ms = uptime(at);
        header.wall_unix_ms = unix_ms(at);
        header.clock_quality = ClockQuality::synced;
        header.consent_epoch = 1;
    }
    Record& add(std::size_t device, Lane lane, WallTime at) {
        Record& record = report_.records.emplace_back();
        record.seq = next_[device][index(lane)]++;
        record.boot = 1;
        record.uptime_ms = uptime(at);
        return record;
    }
    static std::uint64_t uptime(WallTime at) {
        return static_cast<std::uint64_t>(unix_ms(at) - kStartMs + 86'400'000);
    }
    Message message(std::size_t device) {
        const TopicText topic = format_topic("acme-appliances", id_of(device), Leg::up);
        return {std::string{topic.view()}, codec_.encode_report(report_)};
    }

    std::vector<std::array<Seq, kLaneCount>> next_;
    std::uint32_t records_;
    Rng rng_{1};
    proto::Codec codec_;
    Report report_;
};

Now moment(WallTime wall) {
    return {Instant{wall - wall_from_unix_ms(kStartMs)}, wall};
}

void enrol(Collector& collector, const Fleet& fleet) {
    auto commands = fleet.registrations();
    const std::span<PendingCommand> all{commands};
    for (std::size_t i = 0; i < all.size(); i += kReportsPerCommit) {
        const auto part = all.subspan(i, std::min(kReportsPerCommit, all.size() - i));
        must(collector.pump.run({}, part, moment(wall_from_unix_ms(kStartMs))));
    }
}

void live_through_42_days(Collector& collector, Fleet& fleet) {
    std::vector<Message> batch;
    const auto flush = [&](WallTime at) {
        must(collector.pump.run(batch, {}, moment(at)));
        batch.clear();
    };
    for (int day = 0; day <= 42; day += 3) {
        const WallTime at = wall_from_unix_ms(kStartMs) + hours_ms(24.0 * day + 1);
        for (std::size_t i = 0; i < fleet.size(); ++i) {
            batch.push_back(fleet.readings(i, at, milliseconds{60'000}));
            if (day == 21) batch.push_back(fleet.fault(i, at));
            if (batch.size() >= kReportsPerCommit) flush(at);
        }
        flush(at);
    }
}

int memory(std::size_t devices, Catalogue catalogue, RulePack pack) {
    NullStore store;
    Collector collector(store, std::move(catalogue), std::move(pack), bench_settings(), {});
    Fleet fleet(devices, 1);
    malloc_trim(0);
    const std::size_t heap_before = heap_bytes();
    const std::size_t rss_before = rss_bytes();
    enrol(collector, fleet);
    live_through_42_days(collector, fleet);
    const std::size_t heap = heap_bytes() - heap_before;
    const std::size_t rss_raw = rss_bytes();
    malloc_trim(0);
    const auto n = static_cast<double>(devices);
    std::printf(
        "{\"devices\": %zu, \"heap_bytes_per_device\": %.0f, \"rss_bytes_per_device\": %.0f, "
        "\"rss_mb\": %.1f, \"state_row_bytes\": %.0f, \"open_tickets\": %zu}\n",
        devices, static_cast<double>(heap) / n, static_cast<double>(rss_bytes() - rss_before) / n,
        static_cast<double>(rss_raw) / 1e6,
        static_cast<double>(store.state_bytes) / static_cast<double>(store.device_rows),
        collector.engine->statistics().open_ticket_count);
    return 0;
}

int step(std::size_t devices, std::uint32_t records, Catalogue catalogue, RulePack pack) {
    NullStore store;
    Collector collector(store, std::move(catalogue), std::move(pack), bench_settings(), {});
    Fleet fleet(devices, records);
    enrol(collector, fleet);
    const std::size_t reports = records > 1 ? 200'000 : 600'000;
    double spent = 0;
    double decoding = 0;
    std::vector<Message> batch;
    WallTime at = wall_from_unix_ms(kStartMs);
    proto::Codec codec;
    Report report;
    for (std::size_t done = 0; done < reports; done += kReportsPerCommit) {
        batch.clear();
        for (std::size_t i = 0; i < kReportsPerCommit; ++i) {
            const std::size_t device = (done + i) % devices;
            if (device == 0) at += milliseconds{60'000} * records;
            batch.push_back(fleet.readings(device, at, milliseconds{60'000}));
        }
        double begin = cpu_s();
        for (const Message& message : batch) {
            if (!codec.decode_report(std::as_bytes(std::span{message.payload}), report)) return 1;
        }
        decoding += cpu_s() - begin;
        begin = cpu_s();
        must(collector.pump.run(batch, {}, moment(at)));
        spent += cpu_s() - begin;
    }
    const double per_report = (spent - decoding) / static_cast<double>(reports) * 1e6;
    std::printf(
        "{\"devices\": %zu, \"records_per_report\": %u, \"engine_us_per_report\": %.2f, "
        "\"engine_us_per_record\": %.3f, \"decode_us_per_report\": %.2f, \"state_row_bytes\": "
        "%.0f}\n",
        devices, records, per_report, per_report / records,
        decoding / static_cast<double>(reports) * 1e6,
        static_cast<double>(store.state_bytes) / static_cast<double>(store.device_rows));
    return 0;
}

/// Devices report in turn, so every commit meets others than the one before.
int commit(std::size_t devices, const std::string& folder, Catalogue catalogue, RulePack pack) {
    constexpr std::size_t kReports = 100'000;
    const std::string path = folder + "/engine_bench.db";
    remove_database(path);
    auto disk = must(SqliteStore::open(path, {.durable = false}));
    TimedStore store(*disk);
    Collector collector(store, std::move(catalogue), std::move(pack), bench_settings(), {});
    Fleet fleet(devices, 1);
    enrol(collector, fleet);
    double spent = 0;
    std::vector<Message> batch;
    WallTime at = wall_from_unix_ms(kStartMs);
    const auto send = [&](std::size_t reports) {
        for (std::size_t sent = 0; sent < reports;) {
            batch.clear();
            for (std::size_t i = 0; i < kReportsPerCommit && sent < reports; ++i, ++sent) {
                if (sent % devices == 0) at += milliseconds{60'000};
                batch.push_back(fleet.readings(sent % devices, at, milliseconds{60'000}));
            }
            const double begin = cpu_s();
            must(collector.pump.run(batch, {}, moment(at)));
            spent += cpu_s() - begin;
        }
    };
    send(devices);  // the first report of each enters its stream
    spent = store.apply_cpu_s = 0;
    send(kReports);
    const auto us = [](double seconds) { return seconds / static_cast<double>(kReports) * 1e6; };
    std::printf(
        "{\"devices\": %zu, \"engine_and_decode_us_per_record\": %.2f, "
        "\"commit_us_per_record\": %.2f}\n",
        devices, us(spent - store.apply_cpu_s), us(store.apply_cpu_s));
    remove_database(path);
    return 0;
}

int start(std::size_t devices, const std::string& folder, Catalogue catalogue, RulePack pack) {
    const std::string path = folder + "/engine_bench.db";
    remove_database(path);
    {
        auto store = must(SqliteStore::open(path, {.durable = false}));
        Collector collector(*store, catalogue, pack, bench_settings(), {});
        Fleet fleet(devices, 1);
        enrol(collector, fleet);
        live_through_42_days(collector, fleet);
    }
    const auto begin = steady_clock::now();
    const double cpu_begin = cpu_s();
    auto store = must(SqliteStore::open(path));
    Loaded loaded = must(store->load(bench_settings(), wall_from_unix_ms(kStartMs)));
    const double read_s = seconds_since(begin);
    Collector collector(*store, std::move(catalogue), std::move(pack), bench_settings(),
                        std::move(loaded));
    std::printf(
        "{\"devices\": %zu, \"warm_start_s\": %.2f, \"of_that_reading_s\": %.2f, "
        "\"cpu_s\": %.2f}\n",
        collector.engine->statistics().device_count, seconds_since(begin), read_s,
        cpu_s() - cpu_begin);
    remove_database(path);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    const int rules_at = what == "memory" ? 3 : 4;
    if (argc < rules_at ||
        (what != "memory" && what != "step" && what != "start" && what != "commit")) {
        std::fprintf(stderr,
                     "engine_bench memory DEVICES [RULES.toml]\n"
                     "engine_bench step DEVICES RECORDS_PER_REPORT [RULES.toml]\n"
                     "engine_bench commit DEVICES FOLDER [RULES.toml]\n"
                     "engine_bench start DEVICES FOLDER [RULES.toml]\n");
        return 64;
    }
    const std::size_t devices = std::strtoul(argv[2], nullptr, 10);
    RulePack pack;
    if (argc > rules_at) pack = must(load_rule_pack(argv[rules_at]));
    Catalogue catalogue = must(load_catalogue("deploy/catalogue/appliances.toml"));
    if (what == "memory") return memory(devices, std::move(catalogue), std::move(pack));
    if (what == "commit") return commit(devices, argv[3], std::move(catalogue), std::move(pack));
    if (what == "start") return start(devices, argv[3], std::move(catalogue), std::move(pack));
    const auto records = static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10));
    return step(devices, records, std::move(catalogue), std::move(pack));
}
