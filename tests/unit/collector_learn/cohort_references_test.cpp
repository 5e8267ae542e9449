// References of cohorts against quantiles worked by hand.
#include "collector/core/learn/cohort_references.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

namespace {

constexpr std::int64_t kHourMs = 3'600'000;

/// Device i reads i + 1 every hour, for `hours` hours.
History staircase(std::uint32_t devices, std::int64_t hours, const std::string& firmware) {
    History history;
    history.metrics = {"watt"};
    for (std::uint32_t d = 0; d < devices; ++d) {
        history.devices.push_back({.id = std::to_string(d), .model = "M", .firmware = firmware});
        for (std::int64_t hour = 0; hour < hours; ++hour) {
            history.readings.push_back({.at = wall_from_unix_ms(hour * kHourMs),
                                        .device = d,
                                        .row = static_cast<std::uint32_t>(history.values.size())});
            history.values.push_back(static_cast<float>(d + 1));
        }
    }
    return history;
}

}  // namespace

TEST_GROUP(CohortReferences){};

// 100 devices of means 1 to 100: device i covers the shares (i − 1)/100 to i/100, its middle is
// (i − 0.5)/100, so share s lies at 100·s + 0.5.
TEST(CohortReferences, are_the_quantiles_of_window_means) {
    const std::vector<History> histories{staircase(100, 48, "")};
    const CohortFits found = fit_cohorts(histories, "watt", hours_ms(24), 12);
    LONGS_EQUAL(1, found.fits.size());
    LONGS_EQUAL(200, found.fits[0].windows);
    const auto& quantiles = found.fits[0].reference.quantiles;
    const std::array<double, 7> expected{1.5, 5.5, 25.5, 50.5, 75.5, 95.5, 99.5};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        // Two equal windows a device: the line between two devices runs over half the share.
        DOUBLES_EQUAL(expected[i], quantiles[i], 0.5);
    }
    CHECK(std::is_sorted(quantiles.begin(), quantiles.end()));
}

TEST(CohortReferences, every_device_weighs_the_same_however_long_it_was_watched) {
    // Ten devices at 1 … 10 for two days, and one at 1000 for two hundred.
    std::vector<History> histories{staircase(10, 48, "")};
    History long_one = staircase(1, 4800, "");
    for (float& value : long_one.values) value = 1000;
    histories.push_back(long_one);
    const CohortFits found = fit_cohorts(histories, "watt", hours_ms(24), 12);
    CHECK(found.fits.at(0).reference.quantiles[3] < 10);
    DOUBLES_EQUAL(1000, found.fits[0].reference.quantiles[6], 0);
}

TEST(CohortReferences, a_firmware_of_few_devices_is_left_out_and_said) {
    const std::vector<History> histories{staircase(20, 24, "2.0"), staircase(3, 24, "2.1")};
    const CohortFits found = fit_cohorts(histories, "watt", hours_ms(24), 12);
    LONGS_EQUAL(2, found.fits.size());
    LONGS_EQUAL(23, found.fits[0].devices);
    STRCMP_EQUAL("2.0", found.fits[1].reference.firmware.c_str());
    STRCMP_EQUAL("M firmware 2.1: 3 devices, fewer than 10", found.left_out.at(0).c_str());
}

TEST(CohortReferences, windows_with_few_readings_do_not_count) {
    const std::vector<History> histories{staircase(20, 30, "")};
    LONGS_EQUAL(20, fit_cohorts(histories, "watt", hours_ms(24), 12).fits.at(0).windows);
    CHECK(fit_cohorts(histories, "volt", hours_ms(24), 12).fits.empty());
}
