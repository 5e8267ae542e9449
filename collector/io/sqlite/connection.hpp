// One SQLite connection as this folder uses it: opened with our pragmas, errors turned into words,
// transactions that end rolled back unless committed. Private to collector/io/sqlite.
// Thread: one connection, one thread.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector::sqlite {

inline constexpr milliseconds kBusyTimeout{5000};

enum class Access : std::uint8_t {
    read,        ///< committed data only; the file must exist
    read_write,  ///< the file must exist
    create,      ///< made when missing
};

struct ConnectionOptions {
    Access access = Access::read;
    milliseconds busy_timeout = kBusyTimeout;
    bool durable = true;          ///< false: survives the death of the process, not a power cut
    std::uint64_t bytes_max = 0;  ///< refuses to grow beyond; 0 = as large as the disk allows
};

inline constexpr std::string_view kDamagedAdvice =
    "Stop the collector; then `aftercare-collector restore --db FILE --from BACKUP` puts the last "
    "backup in its place and keeps the damaged file aside";

/// Throws SQLite::Exception: call inside `guarded`.
std::unique_ptr<SQLite::Database> connect(const std::string& path,
                                          const ConnectionOptions& options);

/// What went wrong with `path`, what it means for the data, and the way out.
Error explain(const SQLite::Exception& exception, const std::string& path);

/// Runs `work` (returning a Result) and turns the library's exceptions into its error.
template <class Work>
auto guarded(const std::string& path, const Work& work) -> decltype(work()) {
    try {
        return work();
    } catch (const SQLite::Exception& exception) {
        return fail(explain(exception, path));
    } catch (const std::exception& exception) {
        return fail(Errc::unavailable, path + ": " + exception.what());
    }
}

/// BEGIN IMMEDIATE … COMMIT, or a rollback when it goes out of scope before `commit`. Unlike the
/// library's own it knows that a full disk has rolled back already.
class Transaction {
  public:
    explicit Transaction(SQLite::Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    SQLite::Database& database_;
};

/// A read transaction: everything read inside shows one moment.
class Snapshot {
  public:
    explicit Snapshot(SQLite::Database& database);
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

  private:
    SQLite::Database& database_;
};

/// Resets a prepared statement when it leaves the scope, so that a read never keeps its snapshot
/// open.
class Use {
  public:
    explicit Use(SQLite::Statement& statement) : statement_(statement) {}
    ~Use() { statement_.tryReset(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

  private:
    SQLite::Statement& statement_;
};

}  // namespace aftercare::collector::sqlite
