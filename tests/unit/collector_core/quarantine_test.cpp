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
        auto samples = *queries.quarantine_samples(RefusalReason::unknown_device, "brand");
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

TEST(RetriedMessage, of_a_desk_is_left_to_the_desk_which_has_its_receipt) {
    QuarantineSample sample = kept()[0];
    sample.topic = "aftercare-desk/v1/brand/north/outcomes";
    const auto reply = retry(sample);
    CHECK(!reply && reply.error().code == Errc::invalid);
    STRCMP_CONTAINS("has a receipt", reply.error().message.c_str());
}

TEST_GROUP(RefusedMessage) {
    Station station;
    Appliance appliance;
    MemoryQueries queries{station.store};
};

TEST(RefusedMessage, belongs_to_the_served_tenant_that_its_topic_names_or_to_nobody) {
    struct Case {
        const char* topic;
        const char* owner;
    };
    constexpr std::array kCases{
        Case{"aftercare/v1/brand/99/wm-1/up", "brand"},
        Case{"aftercare/v1/brand/00/a b/up", "brand"},
        Case{"aftercare/v1/brand", "brand"},
        Case{"aftercare/v1/other/99/wm-1/up", "other"},
        Case{"aftercare-desk/v1/brand/north/tickets", "brand"},
        Case{"aftercare/v1/nobody/99/wm-1/up", ""},
        Case{"aftercare/v1/brand /99/wm-1/up", ""},
        Case{"aftercare/v1//99/wm-1/up", ""},
        Case{"aftercare/v2/brand/99/wm-1/up", ""},
        Case{"brand", ""},
        Case{"", ""},
    };
    Commit commit;
    for (const Case& one : kCases) {
        station.engine().on_refused({RefusalReason::bad_topic, "no"}, one.topic, "x", station.now(),
                                    commit);
        STRCMP_EQUAL_TEXT(one.owner, commit.quarantine.back().tenant.c_str(), one.topic);
    }
    station.engine().finish(commit);
    LONGS_EQUAL(3, commit.refusal_counts.size());
    UNSIGNED_LONGS_EQUAL(6, commit.refusal_counts[0].count);  // nobody's
    UNSIGNED_LONGS_EQUAL(4, commit.refusal_counts[1].count);  // brand's
    UNSIGNED_LONGS_EQUAL(1, commit.refusal_counts[2].count);  // other's
    UNSIGNED_LONGS_EQUAL(11,
                         commit.totals.refused[static_cast<std::size_t>(RefusalReason::bad_topic)]);
}

// promise: nothing-crosses
TEST(RefusedMessage, is_numbered_and_kept_alike_whatever_floods_under_other_tenants) {
    for (const bool flooded : {false, true}) {
        Commit commit;
        const auto refuse = [&](const char* topic) {
            station.engine().on_refused({RefusalReason::bad_protobuf, "no"}, topic, "x",
                                        station.now(), commit);
        };
        if (flooded) {
            for (int i = 0; i < 1'000; ++i) refuse("aftercare/v1/other/00/x/up");
            for (int i = 0; i < 1'000; ++i) refuse("else");
        }
        refuse("aftercare/v1/brand/00/x/up");
        station.engine().finish(commit);
        std::string rows;
        for (const QuarantineRow& row : commit.quarantine) {
            if (row.tenant == "brand") rows += std::to_string(row.ordinal) + " ";
        }
        for (const RefusalCount& count : commit.refusal_counts) {
            if (count.tenant == "brand") rows += "of " + std::to_string(count.count);
        }
        STRCMP_EQUAL(flooded ? "2 of 2" : "1 of 1", rows.c_str());
    }
}

TEST(RefusedMessage, goes_on_counting_after_a_restart) {
    station.send_raw("aftercare/v1/brand/99/wm-1/up", "x");
    station.send_raw("else", "x");
    station.commit();
    station.restart();
    station.send_raw("aftercare/v1/brand/99/wm-1/up", "x");
    station.commit();
    const auto own = *queries.quarantine_samples(RefusalReason::wrong_bucket, "brand");
    LONGS_EQUAL(2, own.size());
    UNSIGNED_LONGS_EQUAL(2, own[0].key.ordinal);
    UNSIGNED_LONGS_EQUAL(2, queries.quarantine("brand")->at(0).count);
    UNSIGNED_LONGS_EQUAL(1, queries.quarantine("")->at(0).count);
}
