// A refused message gets a second chance: taken in once, counted once, at the time it came.
#include "tests/unit/collector_core/station.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;
using namespace aftercare::collector::testing;

TEST_GROUP(RetriedMessage) {
    Station station;
    Appliance appliance;
    MemoryQueries queries{station.store};

    /// Two reports of a device that nobody registered, refused at hour 1.
    void setup() override {
        for (int i = 0; i < 2; ++i) {
            station.send(appliance.report(at_h(1), {appliance.reading(at_h(1))}));
        }
        station.commit_at(at_h(1));
        LONGS_EQUAL(2, kept().size());
    }
    /// Oldest first.
    std::vector<QuarantineSample> kept() {
        auto samples = *queries.quarantine_samples(RefusalReason::unknown_device);
        std::reverse(samples.begin(), samples.end());
        return samples;
    }
    Result<CommandReply> retry(const QuarantineSample& sample) {
        return station.command(again(sample));
    }
    std::uint64_t refused() {
        return station.engine()
            .statistics()
            .totals.refused[static_cast<std::size_t>(RefusalReason::unknown_device)];
    }
};

// promise: exactly-once
TEST(RetriedMessage, is_stored_once_after_its_device_was_registered) {
    station.enrol("wm-1");
    station.go_to(at_h(30));
    const auto samples = kept();
    for (const QuarantineSample& sample : samples) {
        CHECK_TRUE(retry(sample)->kind == CommandReply::Kind::created);
    }
    LONGS_EQUAL(2, station.tables().raw.size());
    LONGS_EQUAL(0, kept().size());
    UNSIGNED_LONGS_EQUAL(2, refused());
    // It came then, not now: its arrival is the evidence for its records' times.
    CHECK_TRUE(station.tables().raw[0].received_at == at_h(1));
    CHECK_TRUE(retry(samples[0])->kind == CommandReply::Kind::unchanged);
    LONGS_EQUAL(2, station.tables().raw.size());
}

// promise: exactly-once
TEST(RetriedMessage, that_the_device_sent_again_meanwhile_is_not_stored_twice) {
    station.enrol("wm-1");
    Appliance same;
    station.send(same.report(at_h(2), {same.reading(at_h(1)), same.reading(at_h(1))}));
    station.commit_at(at_h(2));
    UNSIGNED_LONGS_EQUAL(2, station.engine().statistics().totals.records);
    for (const QuarantineSample& sample : kept()) {
        CHECK_TRUE(retry(sample)->kind == CommandReply::Kind::unchanged);
    }
    UNSIGNED_LONGS_EQUAL(2, station.engine().statistics().totals.records);
    LONGS_EQUAL(0, kept().size());
}

TEST(RetriedMessage, that_is_refused_again_stays_and_is_not_counted_twice) {
    const auto reply = retry(kept()[0]);
    CHECK(!reply && reply.error().code == Errc::invalid);
    STRCMP_CONTAINS("unknown_device: ", reply.error().message.c_str());
    LONGS_EQUAL(2, kept().size());
    UNSIGNED_LONGS_EQUAL(2, refused());
}

TEST(RetriedMessage, that_must_wait_for_records_before_it_stays) {
    station.enrol("wm-1");
    const auto samples = kept();
    const auto reply = retry(samples[1]);
    CHECK(!reply && reply.error().code == Errc::unavailable);
    LONGS_EQUAL(2, kept().size());
    CHECK_TRUE(retry(samples[0])->kind == CommandReply::Kind::created);
}

TEST(RetriedMessage, that_cannot_be_decoded_says_why) {
    station.enrol("wm-1");
    QuarantineSample sample = kept()[0];
    sample.bytes = "garbage";
    const auto reply = retry(sample);
    CHECK(!reply && reply.error().code == Errc::invalid);
    STRCMP_CONTAINS("bad_protobuf: ", reply.error().message.c_str());
}
