// A backup is taken while a fleet reports, and put back while the fleet is ahead of it: what the
// agents hold comes again, what they have let go is a declared gap, and nothing is there twice.
#include "tests/integration/live/live_run.hpp"
#include "tests/integration/live/stored_records.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::uint64_t gap_records(const std::filesystem::path& database) {
    const auto stored = read_stored_records(database);
    std::uint64_t count = 0;
    for (const auto& [stream, lanes] : *stored) {
        for (const LaneContent& lane : lanes) {
            for (const auto& [first, last] : lane.gaps) count += last - first + 1;
        }
    }
    return count;
}

}  // namespace

TEST_GROUP(Restore) {
    LiveRun fleet;
};

// promise: backup
TEST(Restore, of_a_backup_that_devices_are_ahead_of_becomes_declared_gaps) {
    fleet.start({.devices = 20, .days = 8, .speed = 144'000});
    fleet.live_for(milliseconds{1'200});
    fleet.back_up("copy.db");
    fleet.live_for(milliseconds{1'200});
    fleet.restore("copy.db");
    const auto records = fleet.check_nothing_lost_and_nothing_doubled(seconds{60});
    const std::uint64_t lost = gap_records(fleet.collector().database());
    CHECK_TEXT(lost > 100, std::to_string(lost).c_str());
    CHECK(lost < records / 2);
}
