// What the running collector stands on, made before its first thread: config, catalogue, rules,
// database, engine.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "collector/io/live/config.hpp"
#include "collector/io/live/live_clock.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"

namespace aftercare::collector {

inline constexpr int kExitUnavailable = 69;
inline constexpr int kExitBug = 70;
inline constexpr int kExitIo = 74;
inline constexpr int kExitConfig = 78;

/// A failure with the exit code that goes with it.
struct Failure {
    int exit_code;
    std::string message;
};
template <class T>
using Started = tl::expected<T, Failure>;

inline tl::unexpected<Failure> config_failure(const Error& error) {
    return tl::unexpected<Failure>({kExitConfig, error.message});
}
inline tl::unexpected<Failure> io_failure(const Error& error) {
    return tl::unexpected<Failure>({kExitIo, error.message});
}

struct Foundation {
    CollectorConfig config;
    LiveClock clock;
    Catalogue catalogue;
    std::unique_ptr<Detector> detector;
    std::unique_ptr<SqliteStore> store;
    std::unique_ptr<Engine> engine;
};

/// On the heap: the engine refers to catalogue and detector. Tells the log what was opened.
/// A damaged database ends the start, unless told to move it out of the way.
Started<std::unique_ptr<Foundation>> lay_foundation(const CollectorConfig& config,
                                                    const Catalogue& catalogue);

}  // namespace aftercare::collector
