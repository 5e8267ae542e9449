// Recomputes what can be recomputed from what was received, and compares. A sound database means:
// every record up to its mark is stored once or declared lost, and every derived row follows from
// those.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/core/detect/detector.hpp"
#include "collector/io/sqlite/sqlite_store.hpp"
#include "common/result.hpp"

namespace aftercare::collector {

struct VerifyCheck {
    std::string name;            ///< stable: "coverage", "fault_rows", …
    std::string promise;         ///< what was checked, as a sentence
    std::uint64_t examined = 0;  ///< rows, lanes or records looked at
    std::uint64_t wrong = 0;
    std::string example;               ///< the first wrong one in words; empty when none is
    std::uint64_t not_comparable = 0;  ///< what it needs is no longer stored, or never was

    void add_wrong(std::string its_example) {
        if (wrong++ == 0) example = std::move(its_example);
    }
};

struct VerifyReport {
    std::vector<VerifyCheck> checks;
    [[nodiscard]] bool sound() const {
        for (const VerifyCheck& check : checks) {
            if (check.wrong > 0) return false;
        }
        return true;
    }
};

/// The file's structure only. Errors: of SqliteQueries::open; corrupt, with the first finding.
Status check_database_file(const std::string& path, Thoroughness how);

/// Rules and catalogue in force. Without them nothing is said about detections and device states.
struct VerifyKnowledge {
    const Catalogue* catalogue = nullptr;
    const Detector* detector = nullptr;
    WallTime since = WallTime::min();  ///< devices that reported before cannot be compared
};

struct VerifyOptions {
    std::function<void(std::string_view)> on_stage;  ///< is told what is checked next, in words
    VerifyKnowledge knowledge;
};

/// Reads one moment of the database, which a collector may be writing.
/// Errors: of SqliteQueries::open. What is wrong inside is in the report, not an error.
/// Cost: reads everything, decodes every stored report twice and applies it once. Memory: some
/// chunks, one device, and what is not consecutive in each lane.
Result<VerifyReport> verify_database(const std::string& path, const VerifyOptions& options = {});

}  // namespace aftercare::collector
