// The yardstick: what a good engineer writes in a day. Paho C++ callback, libprotobuf with a
// reused message, one row per report in SQLite transactions of 10,000. No rules, no state of
// devices, no order or duplicates, no acks.
//   bench_reference URL REPORTS DATABASE
#include <SQLiteCpp/SQLiteCpp.h>
#include <aftercare/v1/telemetry.pb.h>
#include <mqtt/async_client.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "tests/bench/consumer.hpp"

namespace {

constexpr std::size_t kRowsPerTransaction = 10'000;

struct Row {
    std::string device_id;
    std::int64_t stream_id;
    std::int64_t first_seq;
    int record_count;
    std::int64_t sent_at;
    std::string payload;
};

/// Filled by Paho's thread, taken whole by the writer.
class Rows {
  public:
    void push(Row row) {
        const std::lock_guard lock(mutex_);
        rows_.push_back(std::move(row));
        ++total_;
        if (rows_.size() >= kRowsPerTransaction) filled_.notify_one();
    }
    /// Waits for a full transaction, or for the last one.
    std::vector<Row> take(std::size_t expected) {
        std::unique_lock lock(mutex_);
        while (rows_.size() < kRowsPerTransaction && total_ < expected) {
            filled_.wait_for(lock, std::chrono::milliseconds{20});
        }
        return std::exchange(rows_, {});
    }

  private:
    std::mutex mutex_;
    std::condition_variable filled_;
    std::vector<Row> rows_;
    std::size_t total_ = 0;
};

void write(SQLite::Database& database, SQLite::Statement& insert, const std::vector<Row>& rows) {
    SQLite::Transaction transaction(database);
    for (const Row& row : rows) {
        insert.bindNoCopy(1, row.device_id);
        insert.bind(2, row.stream_id);
        insert.bind(3, row.first_seq);
        insert.bind(4, row.record_count);
        insert.bind(5, row.sent_at);
        insert.bindNoCopy(6, row.payload.data(), static_cast<int>(row.payload.size()));
        insert.exec();
        insert.reset();
    }
    transaction.commit();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return std::fprintf(stderr, "usage: bench_reference URL REPORTS DATABASE\n"), 64;
    const std::size_t expected = std::strtoul(argv[2], nullptr, 10);
    SQLite::Database database(argv[3], SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    database.exec(
        "CREATE TABLE report(device_id TEXT, stream_id INTEGER, first_seq INTEGER, "
        "record_count INTEGER, sent_at INTEGER, payload BLOB)");
    SQLite::Statement insert(database, "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?)");
    Rows rows;
    aftercare::v1::Report report;
    std::size_t refused = 0;
    mqtt::async_client client(argv[1], "bench-consumer", mqtt::create_options(MQTTVERSION_5),
                              nullptr);
    client.set_message_callback([&](const mqtt::const_message_ptr& message) {
        const std::string& payload = message->get_payload_str();
        if (!report.ParseFromString(payload)) {
            ++refused;
            return;
        }
        rows.push({report.device_id(), static_cast<std::int64_t>(report.stream_id()),
                   static_cast<std::int64_t>(report.first_seq()), report.records_size(),
                   report.wall_unix_ms(), payload});
    });
    aftercare::bench::subscribe(client);
    for (std::size_t written = 0; written < expected;) {
        const std::vector<Row> batch = rows.take(expected);
        write(database, insert, batch);
        written += batch.size();
    }
    return aftercare::bench::done();
}
