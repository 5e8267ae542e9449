// What telemetry costs once merged, as one line of JSON: bytes of a sample as received, in the
// file in use, in the file at rest and in its chunk; CPU of storing and of housekeeping a sample,
// of the longest steps of merging and of retention, and of a day's time line of one device.
//   chunk_bench FOLDER SOURCE RECORDS_PER_REPORT DEVICES SAMPLES_PER_DEVICE
// SOURCE: "slow" (six made-up values as sensors resolve them, every five minutes), "float" (the
// same in full precision), or a trace's readings.csv: its devices are taken in turn, shifted,
// filled up to six values with the first ones of the next device, and repeated when they end.
// FOLDER must lie on the disk to be measured; its files go.
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "collector/io/sqlite/sqlite_queries.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "common/rng.hpp"
#include "proto/codec.hpp"

namespace {

using namespace aftercare;
using namespace aftercare::collector;

constexpr std::int64_t kStartMs = 1'767'225'600'000;  // 2026-01-01
constexpr std::size_t kReportsPerCommit = 1'000;
constexpr std::size_t kThinningSteps = 50;

double cpu_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

using Sample = std::vector<float>;

/// A slowly varying value: a daily swing, a wandering offset, and noise of one step of the sensor.
struct Sensor {
    double level, swing, wander, step;
};
constexpr Sensor kSensors[] = {
    {5.0, 1.0, 0.05, 0.1},      // compartment, °C
    {-18.0, 1.5, 0.08, 0.1},    // freezer, °C
    {22.0, 3.0, 0.10, 0.1},     // room, °C
    {0.45, 0.05, 0.004, 0.01},  // current, A
    {95.0, 8.0, 0.60, 1.0},     // power, W
    {48.0, 6.0, 0.30, 1.0},     // humidity, %
};

class Values {
  public:
    explicit Values(const std::string& source) : source_(source) {
        if (source != "slow" && source != "float") read(source);
    }
    [[nodiscard]] std::int64_t interval_ms() const {
        return recorded_.empty() ? 300'000 : 3'600'000;
    }
    [[nodiscard]] bool ok() const {
        return recorded_.empty() == (source_ == "slow" || source_ == "float");
    }

    Sample sample(std::size_t device, std::size_t number, std::vector<double>& offsets, Rng& rng) {
        if (!recorded_.empty()) {
            Sample sample;
            for (std::size_t i = device; sample.size() < std::size(kSensors); ++i) {
                const auto& series = recorded_[i % recorded_.size()];
                const Sample& part =
                    series[(number + device / recorded_.size() * 97) % series.size()];
                sample.insert(sample.end(), part.begin(), part.end());
            }
            sample.resize(std::size(kSensors));
            return sample;
        }
        Sample sample;
        offsets.resize(std::size(kSensors));
        const double day = 2 * M_PI * static_cast<double>(number % 288) / 288;
        for (std::size_t i = 0; i < std::size(kSensors); ++i) {
            const Sensor& sensor = kSensors[i];
            const auto noise = [&] { return static_cast<double>(rng.below(2001)) / 1000 - 1; };
            offsets[i] = 0.999 * offsets[i] + sensor.wander * noise();
            double value = sensor.level +
                           sensor.swing * std::sin(day + static_cast<double>(device)) + offsets[i] +
                           sensor.step * noise();
            if (source_ == "slow") value = std::round(value / sensor.step) * sensor.step;
            sample.push_back(static_cast<float>(value));
        }
        return sample;
    }

  private:
    void read(const std::string& path) {
        std::ifstream file(path);
        std::map<std::string, std::vector<Sample>> series;
        std::string line;
        std::getline(file, line);
        while (std::getline(file, line)) {
            std::istringstream fields(line);
            std::string at, device, value;
            std::getline(fields, at, ',');
            std::getline(fields, device, ',');
            Sample sample;
            while (std::getline(fields, value, ','))
                sample.push_back(std::strtof(value.c_str(), nullptr));
            series[device].push_back(std::move(sample));
        }
        for (auto& [name, samples] : series) recorded_.push_back(std::move(samples));
    }

    const std::string source_;
    std::vector<std::vector<Sample>> recorded_;
};

/// Devices that report in turn; what reaches the store is what they would send.
class Fleet {
  public:
    Fleet(Values& values, std::size_t device_count, std::uint32_t records_per_report)
        : values_(values), per_report_(records_per_report), devices_(device_count) {}

    void add(Commit& commit) {
        const std::size_t position = turn_++ % devices_.size();
        Device& device = devices_[position];
        const auto no = static_cast<DeviceNo>(position + 1);
        Report report;
        ReportHeader& header = report.header;
        header.device_id.assign("rf-" + std::to_string(100'000 + no));
        header.model.assign("RF-310");
        header.firmware.assign("2.4.1");
        header.stream_id = Rng{no}.next();
        header.lane = Lane::bulk;
        header.first_seq = device.seq + 1;
        header.oldest_seq = device.seq + 1;
        header.boot = 3;
        for (std::uint32_t i = 0; i < per_report_; ++i) report.records.push_back(record(position));
        // Sent within a second, and up to two under way.
        header.uptime_ms = report.records.back().uptime_ms + rng_.below(1'000);
        header.wall_unix_ms = kStartMs + static_cast<std::int64_t>(header.uptime_ms);
        header.clock_quality = ClockQuality::synced;
        header.consent_epoch = 1;
        header.config_version = 1;
        RawReport raw{no, header.stream_id, Lane::bulk, header.first_seq, device.seq, per_report_};
        raw.t0 = wall_from_unix_ms(kStartMs +
                                   static_cast<std::int64_t>(report.records.front().uptime_ms));
        raw.received_at =
            wall_from_unix_ms(header.wall_unix_ms + static_cast<std::int64_t>(rng_.below(2'000)));
        now_ = std::max(now_, raw.received_at);
        raw.bytes = codec_.encode_report(report);
        received_bytes_ += raw.bytes.size();
        totals_.reports += 1;
        totals_.records += per_report_;
        DeviceStateRow row;
        row.info.no = no;
        row.info.tenant = "acme";
        row.info.device_id = header.device_id.view();
        row.info.model = "RF-310";
        commit.devices.push_back(row);
        commit.streams.push_back({no, raw.stream_id, {0, raw.last_seq}, raw.received_at});
        commit.raw.push_back(std::move(raw));
        commit.totals = totals_;
    }
    [[nodiscard]] WallTime now() const { return now_; }
    [[nodiscard]] std::uint64_t received_bytes() const { return received_bytes_; }

  private:
    struct Device {
        Seq seq = 0;
        std::size_t sample = 0;
        std::vector<double> offsets;
    };

    Record record(std::size_t position) {
        Device& device = devices_[position];
        Record record;
        record.seq = ++device.seq;
        record.boot = 3;
        record.uptime_ms = static_cast<std::uint64_t>(values_.interval_ms()) * (device.sample + 1) +
                           position * 37 + rng_.below(5);
        Reading reading{.window_ms = static_cast<std::uint32_t>(values_.interval_ms())};
        std::uint32_t id = 1;
        for (const float value : values_.sample(position, device.sample, device.offsets, rng_)) {
            reading.metrics.add({id++, 1, value, value, value, value, 0});
        }
        ++device.sample;
        record.body = reading;
        return record;
    }

    Values& values_;
    const std::uint32_t per_report_;
    std::vector<Device> devices_;
    Rng rng_{1};
    proto::Codec codec_;
    Totals totals_;
    std::size_t turn_ = 0;
    WallTime now_{};
    std::uint64_t received_bytes_ = 0;
};

struct Upkeep {
    double cpu = 0;
    double longest_cpu = 0;

    bool settle(SqliteStore& store, WallTime now, std::size_t steps_max = SIZE_MAX) {
        for (std::size_t i = 0; i < steps_max; ++i) {
            const double cpu_before = cpu_s();
            const Result<bool> more = store.maintain(now);
            const double step = cpu_s() - cpu_before;
            cpu += step;
            longest_cpu = std::max(longest_cpu, step);
            if (!more) return std::fprintf(stderr, "%s\n", more.error().message.c_str()), false;
            if (!*more) return true;
        }
        return true;
    }
};

/// Bytes of all chunks without the rest of their rows and pages.
double chunk_bytes(const std::string& path) {
    sqlite3* database = nullptr;
    double sum = 0;
    sqlite3_open(path.c_str(), &database);
    sqlite3_exec(
        database, "SELECT sum(length(bytes)) FROM chunk",
        [](void* to, int, char** columns, char**) {
            *static_cast<double*>(to) =
                columns[0] == nullptr ? 0 : std::strtod(columns[0], nullptr);
            return 0;
        },
        &sum, nullptr);
    sqlite3_close(database);
    return sum;
}

/// CPU of a day of one metric of one device, after the connection has been used once.
double time_line_s(const std::string& path, const Fleet& fleet) {
    const auto queries = SqliteQueries::open(path);
    if (!queries) return -1;
    SeriesFilter filter;
    filter.device_no = 1;
    filter.metric_id = 1;
    filter.to = fleet.now();
    filter.from = fleet.now() - hours_ms(24);
    if (!(*queries)->telemetry(filter)) return -1;
    const double begin = cpu_s();
    if (!(*queries)->telemetry(filter)) return -1;
    return cpu_s() - begin;
}

int measure(const std::string& path, Values& values, std::uint32_t records, std::size_t devices,
            std::size_t samples) {
    Fleet fleet(values, devices, records);
    Upkeep upkeep;
    const std::size_t reports = devices * samples / records;
    const auto total = static_cast<double>(reports) * records;
    double apply_cpu = 0;
    {
        auto store = SqliteStore::open(path, {.durable = false});
        if (!store) return std::fprintf(stderr, "%s\n", store.error().message.c_str()), 74;
        for (std::size_t done = 0; done < reports;) {
            Commit commit;
            for (; commit.raw.size() < kReportsPerCommit && done < reports; ++done)
                fleet.add(commit);
            const double before = cpu_s();
            if (const Status applied = (*store)->apply(commit); !applied) {
                return std::fprintf(stderr, "%s\n", applied.error().message.c_str()), 74;
            }
            apply_cpu += cpu_s() - before;
            if (!upkeep.settle(**store, fleet.now())) return 74;
        }
    }
    const auto in_use = static_cast<double>(std::filesystem::file_size(path));
    {
        auto store = SqliteStore::open(path, {.durable = false});
        if (!store || !upkeep.settle(**store, fleet.now() + hours_ms(25))) return 74;
    }
    const auto at_rest = static_cast<double>(std::filesystem::file_size(path));
    const double chunks = chunk_bytes(path);
    const double line_s = time_line_s(path, fleet);
    Upkeep thinning;
    {
        // A part of the time goes, so chunks are thinned and packed again.
        const milliseconds kept{values.interval_ms() * static_cast<std::int64_t>(samples) * 3 / 4};
        auto store = SqliteStore::open(
            path, {.durable = false, .retention = {.keep = {kept, kept, kept, kept}}});
        if (!store || !thinning.settle(**store, fleet.now() + hours_ms(25), kThinningSteps))
            return 74;
    }
    std::printf(
        "{\"records\": %.0f, \"devices\": %zu, \"records_per_report\": %u, "
        "\"received_bytes\": %.1f, \"in_use_bytes\": %.1f, \"at_rest_bytes\": %.1f, "
        "\"chunk_bytes\": %.1f, \"store_us\": %.3f, \"housekeeping_us\": %.3f, "
        "\"longest_step_ms\": %.1f, \"longest_thinning_step_ms\": %.1f, "
        "\"time_line_ms\": %.2f}\n",
        total, devices, records, static_cast<double>(fleet.received_bytes()) / total,
        in_use / total, at_rest / total, chunks / total, apply_cpu / total * 1e6,
        upkeep.cpu / total * 1e6, upkeep.longest_cpu * 1e3, thinning.longest_cpu * 1e3,
        line_s * 1e3);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fprintf(stderr,
                     "usage: chunk_bench FOLDER slow|float|READINGS.csv RECORDS_PER_REPORT "
                     "DEVICES SAMPLES_PER_DEVICE\n");
        return 64;
    }
    const std::string path = std::string(argv[1]) + "/chunk_bench.db";
    Values values(argv[2]);
    if (!values.ok()) return std::fprintf(stderr, "no readings in %s\n", argv[2]), 66;
    const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
    const int code =
        measure(path, values, static_cast<std::uint32_t>(number(3)), number(4), number(5));
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
        std::filesystem::remove(path + suffix);
    }
    return code;
}
