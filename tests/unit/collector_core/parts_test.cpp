// What a repair does to the memory of rules, with the detector that ships: a new part begins its
// drift baseline and its life anew, a cleaned one goes on with both.
#include <numeric>

#include "common/rng.hpp"
#include "tests/unit/collector_core/station.hpp"
#include "tests/unit/collector_detect/device_script.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

namespace {

constexpr double kDay = 24;

Catalogue with_parts() {
    Catalogue catalogue = collector::test::small_catalogue();
    for (ModelInfo& model : catalogue.models) {
        model.failure_modes = {{.id = "motor", .component = "motor", .parts = {"P-motor"}}};
    }
    return catalogue;
}

/// One device whose motor is repaired on day 15 after 400 cycles.
class Repair {
  public:
    explicit Repair(std::vector<std::string> rules)
        : detector_(collector::test::detector_of(std::move(rules))) {
        Settings settings;
        settings.tenants = {"brand"};
        engine_ = std::move(*Engine::create(settings, catalogue_, *detector_, {}));
        DeviceInfo info;
        info.tenant = "brand";
        info.device_id = device_.id;
        info.model = "M1";
        command(RegisterDevice{info});
    }

    /// Hourly readings about `rpm` and two cycles an hour, for so many days.
    void run(double days, double rpm) {
        for (int hour = 0; hour < days * kDay; ++hour) {
            now_.wall += hours_ms(1);
            now_.instant += hours_ms(1);
            Record reading = device_.reading(now_.wall, static_cast<float>(rng_.normal(rpm, 1)));
            Record usage = device_.reading(now_.wall);
            usage.body = Usage{};
            cycles_ += 2;
            std::get<Usage>(usage.body).counters.add({.counter_id = 7, .value = cycles_});
            Report report = device_.report(now_.wall, {reading, usage});
            report.header.model = "M1";
            engine_->on_report("brand", device_.id, report, "bytes", now_, commit_);
            engine_->finish(commit_);
            commit_.clear();
        }
    }
    void fix(std::vector<Part> parts, OutcomeCode code = OutcomeCode::confirmed_fixed) {
        Outcome outcome{.id = "o1"};
        outcome.tenant = "brand";
        outcome.device_id = device_.id;
        outcome.at = now_.wall;
        outcome.code = code;
        outcome.component = outcome.failure_mode = "motor";
        outcome.parts = std::move(parts);
        command(SubmitOutcome{outcome});
    }
    [[nodiscard]] std::uint64_t detections() const {
        const auto fates = engine_->statistics().detections;
        return std::accumulate(fates.begin(), fates.end(), std::uint64_t{0});
    }

  private:
    void command(Command command) {
        AFTERCARE_ASSERT(engine_->on_command(command, now_, commit_).has_value());
        engine_->finish(commit_);
        commit_.clear();
    }

    Catalogue catalogue_ = with_parts();
    std::unique_ptr<Detector> detector_;
    std::unique_ptr<Engine> engine_;
    Appliance device_;
    Commit commit_;
    Rng rng_{3};
    std::uint64_t cycles_ = 0;
    Now now_{Instant{}, wall_from_unix_ms(kStartMs)};
};

const std::vector<std::string> kDrift{
    R"({ drift = "rpm", side = "above", limit = 4, window = "24h", baseline = "10d", )"
    R"(samples_min = 12 })"};
/// True from 476.8 cycles on (life_test.cpp).
const std::vector<std::string> kLife{
    R"({ life = "cycles", shape = 2, scale = 1000, ahead = 100, probability = 0.1 })"};

}  // namespace

TEST_GROUP(Parts){};

// promise: new-part-order
TEST(Parts, replaced_begin_their_drift_baseline_anew_and_cleaned_ones_do_not) {
    for (const bool replaced : {true, false}) {
        Repair repair(kDrift);
        repair.run(15, 100);
        LONGS_EQUAL(0, repair.detections());
        repair.fix(replaced ? std::vector<Part>{{"P-motor", "a", "b"}} : std::vector<Part>{});
        repair.run(5, 130);  // another motor turns faster; the same one should not
        CHECK_EQUAL(!replaced, repair.detections() > 0);
    }
}

TEST(Parts, replaced_begin_their_life_anew_and_cleaned_ones_do_not) {
    for (const bool replaced : {true, false}) {
        Repair repair(kLife);
        repair.run(9, 100);  // 432 cycles
        repair.fix(replaced ? std::vector<Part>{{"P-motor", "a", "b"}} : std::vector<Part>{});
        repair.run(5, 100);  // 672
        CHECK_EQUAL(!replaced, repair.detections() > 0);
        repair.run(6, 100);  // 960: the new one is past its 476.8
        CHECK(repair.detections() > 0);
    }
}

TEST(Parts, of_a_planned_replacement_or_a_new_unit_are_new_without_being_listed) {
    for (const auto code : {OutcomeCode::preventive_replacement, OutcomeCode::unit_replaced}) {
        Repair repair(kLife);
        repair.run(9, 100);
        repair.fix({}, code);
        repair.run(5, 100);
        LONGS_EQUAL(0, repair.detections());
    }
}
