// The collector's store in one SQLite file: docs/database.md. Owns the file for as long as it lives
// (a lock beside the file keeps a second collector out); readers come and go freely. After an error
// of the disk the file is closed and opened again before the next attempt: what the kernel still
// holds of a failed write or sync is never taken for stored. Thread: all calls from one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/io/sqlite/housekeeping.hpp"
#include "collector/io/sqlite/pack_text.hpp"
#include "collector/ports/store.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// How hard a look is taken at the file before it is used.
enum class Thoroughness : std::uint8_t {
    none,
    start,  ///< bounded: pages and cells, not that indexes agree with their tables
    full,   ///< everything, as long as it takes
};

struct StoreOptions {
    /// How long to wait for a short writer beside us (a new API token).
    milliseconds busy_timeout{5000};
    /// True: a stored commit survives a power cut (one fsync per commit). False: only the death of
    /// the process; for databases of a simulation that can be made again.
    bool durable = true;
    std::uint64_t bytes_max = 0;  ///< refuses to grow beyond; 0 = as large as the disk allows
    Thoroughness check = Thoroughness::start;
    /// Log pages after which a commit folds the log into the file. Each changed page is copied once
    /// per fold, so larger and rarer is cheaper.
    int checkpoint_pages = 2000;
    MergeOptions merge;
    RetentionOptions retention;
};

/// What is kept as text beside the data it explains.
enum class Document : std::uint8_t { catalogue, rule_pack };

struct KeptDocument {
    std::string name;
    std::string toml;
    WallTime loaded_at{};  ///< when this text was first seen; of a pack, since when it is in force
    std::optional<WallTime> until;  ///< of a pack: when it was taken out of force
};
/// When the rule packs in force last changed, by one that came or one that went; none = no packs
/// ever. Errors: of SqliteQueries::open.
Result<std::optional<WallTime>> packs_changed_at(const std::string& path);
/// The newest version of each kept catalogue, or the rule packs in force, by name, from a database
/// that may belong to a running collector. Errors: of SqliteQueries::open.
Result<std::vector<KeptDocument>> read_documents(const std::string& path, Document kind);
/// Every rule pack that was ever in force, in the order of their beginnings. Errors: likewise.
Result<std::vector<KeptDocument>> read_pack_history(const std::string& path);

class SqliteStore final : public Store {
  public:
    /// Opens the database, makes it when missing (its folder must exist), brings an older schema to
    /// the newest version. Errors: unavailable (missing folder, no permission, owned by another
    /// collector, disk full), corrupt (damaged, or no database at all), invalid (another program's,
    /// or of a newer version).
    static Result<std::unique_ptr<SqliteStore>> open(const std::string& path,
                                                     const StoreOptions& options = {});
    ~SqliteStore() override;
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

    Result<Loaded> load(const Settings& settings, WallTime now) override;
    Status apply(const Commit& commit) override;
    Result<bool> maintain(WallTime now) override;

    /// Keeps the text of a catalogue, once per name and version, so that stored ids keep their
    /// meaning: the same text again changes nothing; a changed one replaces the stored text.
    /// A rule pack is put in force alone.
    Status keep_document(Document kind, std::string_view name, std::uint32_t version,
                         std::string_view toml, WallTime now);

    /// These and no others are in force from `now` on. What was in force before stays, with its
    /// end; an unchanged text goes on.
    Status put_in_force(const std::vector<PackText>& packs, WallTime now);

  private:
    SqliteStore();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aftercare::collector
