// Recorded histories as the commands that learn and judge take them: trace folders and databases.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "collector/cli/shell.hpp"
#include "collector/core/learn/device_history.hpp"
#include "collector/core/model/catalogue.hpp"

namespace aftercare::collector {

/// What the user named, opened as far as needed to know every name in it.
struct Sources {
    std::vector<std::string> paths;
    std::vector<History> traces;  ///< of the folders, in order
    Catalogue catalogue;          ///< of every model of every source
    /// A maker's own: given, or kept by a database. Else names as traces have them.
    bool real_catalogue = false;

    [[nodiscard]] std::vector<std::string> databases() const;
};

/// `catalogue_file` may be empty: databases then bring theirs, and folders get one of their own
/// names. Rows of folders left out are told on `err`.
/// Errors: not_found (neither folder nor file), those of read_trace, kept_knowledge and
/// load_catalogue.
Result<Sources> open_sources(Shell& shell, const std::vector<std::string>& paths,
                             const std::string& catalogue_file);

/// Everything in columns, in the order of the paths; takes the traces out of `sources`.
Result<std::vector<History>> read_histories(Sources& sources);

/// One device after the other; databases are read device by device.
Status for_each_device(const Sources& sources, const std::function<Status(DeviceHistory&&)>& visit);

}  // namespace aftercare::collector
