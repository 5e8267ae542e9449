// The part of the store's contract that is about refused messages.
#include <string>

#include "tests/contract/commits.hpp"
#include "tests/contract/store_contract.hpp"

// CppUTest redefines new and delete: last.
#include <CppUTest/TestHarness.h>

namespace aftercare::collector::testing {

namespace {

void must(const Status& status) {
    if (!status) FAIL(status.error().message.c_str());
}
template <class T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().message.c_str());
    return std::move(*result);
}

}  // namespace

void refusals_are_counted_exactly(StoreFixture& fixture) {
    Commit commit;
    for (int i = 1; i <= 200; ++i) {
        refuse(commit, RefusalReason::bad_protobuf, "field " + std::to_string(i), hour(i));
    }
    refuse(commit, RefusalReason::bad_topic, "who?", hour(0));
    // More were refused than rows were made of.
    commit.totals.refused[std::size_t(RefusalReason::bad_protobuf)] = 1234;
    commit.refusal_counts[0].count = 1234;
    must(fixture.store().apply(commit));
    const std::vector<QuarantineSummary> found = must(fixture.queries().quarantine({}));
    UNSIGNED_LONGS_EQUAL(2, found.size());
    CHECK(found[0].reason == RefusalReason::bad_topic);
    UNSIGNED_LONGS_EQUAL(1, found[0].count);
    CHECK(found[1].reason == RefusalReason::bad_protobuf);
    UNSIGNED_LONGS_EQUAL(1234, found[1].count);
    CHECK(found[1].last_at == hour(200));
    STRCMP_EQUAL("field 200", found[1].last_detail.c_str());
    UNSIGNED_LONGS_EQUAL(1234, must(fixture.store().load(Settings{}, hour(20)))
                                   .totals.refused[std::size_t(RefusalReason::bad_protobuf)]);
}

void refusals_are_their_tenants_own(StoreFixture& fixture) {
    Commit commit;
    for (int i = 1; i <= 3; ++i) refuse(commit, RefusalReason::bad_time, "acme's", hour(i));
    for (int i = 1; i <= 70; ++i) {
        refuse(commit, RefusalReason::bad_time, "bolt's", hour(i), "bolt");
        refuse(commit, RefusalReason::bad_time, "nobody's", hour(i), "");
    }
    must(fixture.store().apply(commit));
    Queries& queries = fixture.queries();
    const auto count_of = [&](const OwnerFilter& tenant) {
        const auto found = must(queries.quarantine(tenant));
        return found.size() == 1 ? found[0].count : 0;
    };
    const auto kept_of = [&](const OwnerFilter& tenant) {
        return must(queries.quarantine_samples(RefusalReason::bad_time, tenant));
    };
    UNSIGNED_LONGS_EQUAL(3, count_of("acme"));
    UNSIGNED_LONGS_EQUAL(70, count_of("bolt"));
    UNSIGNED_LONGS_EQUAL(70, count_of(""));
    UNSIGNED_LONGS_EQUAL(0, count_of("stranger"));
    // Nobody else's flood takes a place, or a number.
    UNSIGNED_LONGS_EQUAL(3, kept_of("acme").size());
    UNSIGNED_LONGS_EQUAL(3, kept_of("acme")[0].key.ordinal);
    STRCMP_EQUAL("acme's", kept_of("acme")[0].detail.c_str());
    UNSIGNED_LONGS_EQUAL(64, kept_of("").size());
    STRCMP_EQUAL("nobody's", kept_of("")[0].detail.c_str());
    UNSIGNED_LONGS_EQUAL(0, kept_of("stranger").size());
    UNSIGNED_LONGS_EQUAL(3 + 64 + 64, kept_of({}).size());
    UNSIGNED_LONGS_EQUAL(3, must(queries.quarantine({})).size());
    UNSIGNED_LONGS_EQUAL(
        143, must(queries.counts()).totals.refused[std::size_t(RefusalReason::bad_time)]);

    Commit released;
    released.totals = commit.totals;
    released.released = {{"acme", RefusalReason::bad_time, 3}};
    must(fixture.store().apply(released));
    UNSIGNED_LONGS_EQUAL(2, kept_of("acme").size());
    UNSIGNED_LONGS_EQUAL(2 + 64 + 64, kept_of({}).size());
}

void refused_messages_are_kept_whole_until_released(StoreFixture& fixture) {
    Commit commit;
    for (int i = 1; i <= 70; ++i) {
        refuse(commit, RefusalReason::unknown_device, "no " + std::to_string(i), hour(i));
        commit.quarantine.back().sample = std::string(9'000, static_cast<char>('0' + i));
        commit.quarantine.back().size_bytes = 9'000;
    }
    must(fixture.store().apply(commit));
    auto kept = must(fixture.queries().quarantine_samples(RefusalReason::unknown_device, "acme"));
    UNSIGNED_LONGS_EQUAL(64, kept.size());
    UNSIGNED_LONGS_EQUAL(70, kept.front().key.ordinal);
    UNSIGNED_LONGS_EQUAL(7, kept.back().key.ordinal);
    CHECK(kept.back().whole() && kept.back().received_at == hour(7));
    STRCMP_EQUAL(std::string(9'000, '7').c_str(), kept.back().bytes.c_str());
    CHECK(must(fixture.queries().quarantine_samples(RefusalReason::bad_time, {})).empty());

    Commit released;
    released.totals = commit.totals;
    released.released = {{"acme", RefusalReason::unknown_device, 7},
                         {"bolt", RefusalReason::unknown_device, 8},
                         {"acme", RefusalReason::bad_time, 8}};
    CHECK_FALSE(released.empty());
    must(fixture.store().apply(released));
    kept = must(fixture.queries().quarantine_samples(RefusalReason::unknown_device, "acme"));
    UNSIGNED_LONGS_EQUAL(63, kept.size());
    UNSIGNED_LONGS_EQUAL(8, kept.back().key.ordinal);
    UNSIGNED_LONGS_EQUAL(70, must(fixture.queries().quarantine({}))[0].count);
}

}  // namespace aftercare::collector::testing
