// The flash budget: what an ordinary appliance costs its flash at default settings, day after day.
#include <algorithm>

#include "tests/sim/agent_site.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace std::chrono_literals;

namespace {
constexpr int kDays = 60;
/// Consumer NOR and NAND endure 10,000 to 100,000 erases of a sector; the lower figure counts.
constexpr double kErasesEndured = 10'000;
}  // namespace

TEST_GROUP(AgentFlash) {
    struct Use {
        std::uint64_t bytes;
        std::uint64_t erases;
        std::uint64_t programs;
        std::uint64_t syncs;
    };
    static Use use(const test::Site& site) {
        const auto& storage = site.device.storage;
        return {storage.programmed_bytes(), storage.erases(), storage.writes() - storage.erases(),
                storage.syncs()};
    }
    // 24 windows of six metrics, three cycles, one fault.
    static void live_day(test::Site & site, int day) {
        for (std::uint64_t hour = 0; hour < 24; ++hour) {
            const std::uint64_t number = static_cast<std::uint64_t>(day) * 24 + hour;
            CHECK_TRUE(site.device->reading(test::hourly_reading(number)).has_value());
            if (hour % 8 == 5) {
                CHECK_TRUE(site.device->usage(test::cycle(static_cast<std::uint32_t>(number))));
            }
            if (hour == 13) {
                Fault fault{.code = 118, .state = FaultState::occurred};
                fault.snapshot.add({1, 21.5F});
                fault.snapshot.add({2, 48.0F});
                CHECK_TRUE(site.device->fault(fault).has_value());
            }
            site.run_for(1h);
        }
    }
    static std::uint32_t spread(const test::Site& site) {
        const auto& erases = site.device.storage.erases_by_sector();
        const auto [least, most] = std::minmax_element(erases.begin(), erases.end());
        return *most - *least;
    }
    // Rates are of the last `days`; wear is of the `lived_days` since the storage was new.
    void report(const char* name, const test::Site& site, const Use& before, double days,
                double lived_days) {
        const Use after = use(site);
        const auto per_day = [&](std::uint64_t now, std::uint64_t then) {
            return static_cast<double>(now - then) / days;
        };
        const auto& by_sector = site.device.storage.erases_by_sector();
        const std::uint32_t most = *std::max_element(by_sector.begin(), by_sector.end());
        const double years = kErasesEndured / (most / lived_days) / 365.0;
        std::printf(
            "agent flash: %-28s %6.0f bytes, %5.1f programs, %5.2f erases, %5.1f syncs a "
            "day; most worn sector %u, least %u less; %0.f years to %.0f erases\n",
            name, per_day(after.bytes, before.bytes), per_day(after.programs, before.programs),
            per_day(after.erases, before.erases), per_day(after.syncs, before.syncs), most,
            spread(site), years, kErasesEndured);
    }
};

TEST(AgentFlash, an_ordinary_day_online_costs_at_most_ten_kilobytes_and_three_erases) {
    test::Site site{4096, 64};
    CHECK_TRUE(site.device.boot());
    live_day(site, 0);
    const Use before = use(site);
    for (int day = 1; day <= kDays; ++day) live_day(site, day);
    const Use after = use(site);
    CHECK_TRUE((after.bytes - before.bytes) / kDays <= 10'000);
    CHECK_TRUE((after.bytes - before.bytes) / kDays >= 4'000);  // the records themselves
    CHECK_TRUE((after.erases - before.erases) / kDays <= 3);
    report("online, 64 sectors of 4 KiB", site, before, kDays, kDays + 1);
    CHECK_TRUE(spread(site) <= 2);
}

TEST(AgentFlash, the_smallest_sensible_spool_wears_evenly_for_fifteen_years) {
    test::Site site{4096, 8};
    CHECK_TRUE(site.device.boot());
    const Use before = use(site);
    for (int day = 0; day < 2 * kDays; ++day) live_day(site, day);
    report("online, 8 sectors of 4 KiB", site, before, 2 * kDays, 2 * kDays);
    CHECK_TRUE(spread(site) <= 2);
    const auto& by_sector = site.device.storage.erases_by_sector();
    const double per_day = *std::max_element(by_sector.begin(), by_sector.end()) / (2.0 * kDays);
    CHECK_TRUE(per_day * 365 * 15 < kErasesEndured);
}

TEST(AgentFlash, a_spool_full_for_months_still_costs_a_bounded_number_of_erases) {
    test::Site site{4096, 16};
    CHECK_TRUE(site.device.boot());
    site.link(false);
    for (int day = 0; day < kDays; ++day) live_day(site, day);
    const Use before = use(site);
    for (int day = kDays; day < 2 * kDays; ++day) live_day(site, day);
    const Use after = use(site);
    report("offline and full, 16 of 4 KiB", site, before, kDays, 2 * kDays);
    CHECK_TRUE((after.bytes - before.bytes) / kDays <= 40'000);
    CHECK_TRUE((after.erases - before.erases) / kDays <= 10);
}
