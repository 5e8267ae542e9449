// Where imported commands go: into a database nobody runs, or through the API of a running
// collector.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collector/cli/import_rows.hpp"

namespace aftercare::collector {

inline constexpr std::size_t kImportBatchMax = 500;

class ImportTarget {
  public:
    virtual ~ImportTarget() = default;
    /// Of rows that name none. Empty: the target knows it better (the token's tenant).
    /// Errors: invalid, when it must be told.
    [[nodiscard]] virtual Result<std::string> default_tenant() const = 0;
    /// One reply per item, in order. Errors: the target itself failed; nothing more can be sent.
    virtual Result<std::vector<Result<CommandReply>>> apply(std::span<const ImportItem> items) = 0;
};

struct OfflineOptions {
    std::string database_path;
    std::string config_file;  ///< settings, catalogue and rules; empty: what the database keeps
    std::string tenant;       ///< allowed beside those that the database knows
};

/// Engine and store without broker and API. Its clock stands at the last thing the database knows
/// and moves on with the imported times, so that an old or simulated history is not judged by
/// today's date. `warnings` gets what the user should know. Errors: of SqliteStore::open (a running
/// collector holds the database), config, catalogue, rules.
Result<std::unique_ptr<ImportTarget>> open_offline_target(const OfflineOptions& options,
                                                          std::vector<std::string>& warnings);

/// Errors: of RemoteApi::open.
Result<std::unique_ptr<ImportTarget>> open_remote_target(const std::string& url,
                                                         const std::string& token_file);

}  // namespace aftercare::collector
