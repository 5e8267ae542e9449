#include "collector/core/intake/known_device.hpp"

#include <map>

#include "collector/core/intake/device_index.hpp"
#include "collector/core/intake/device_table.hpp"
#include "common/rng.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::collector;

TEST_GROUP(TextPool){};

TEST(TextPool, keeps_a_text_once_and_only_while_somebody_uses_it) {
    TextPool pool;
    SharedText first = pool.share("WM-820");
    const SharedText second = pool.share("WM-820");
    LONGS_EQUAL(1, pool.size());
    POINTERS_EQUAL(first.view().data(), second.view().data());
    first = pool.share("RF-310");
    LONGS_EQUAL(2, pool.size());
    SharedText copy = first;
    first = SharedText{};
    CHECK_TRUE(copy == "RF-310");
    LONGS_EQUAL(2, pool.size());
    copy = pool.share("");
    CHECK_TRUE(copy.empty() && copy.view().empty());
    LONGS_EQUAL(1, pool.size());
}

TEST(TextPool, a_device_that_makes_up_names_costs_no_memory) {
    TextPool pool;
    SharedText firmware;
    for (int i = 0; i < 1000; ++i) firmware = pool.share("f" + std::to_string(i));
    LONGS_EQUAL(1, pool.size());
}

TEST_GROUP(KnownDevice){};

TEST(KnownDevice, gives_back_the_info_it_was_made_from) {
    TextPool pool;
    DeviceInfo info;
    info.no = 7;
    info.tenant = "brand";
    info.device_id = "wm-1";
    info.model = "WM-820";
    info.firmware = "1.0";
    info.serial = "S1";
    info.customer_id = "c1";
    info.region = "north";
    info.language = "de";
    info.segment = "household";
    info.centre = "c-2";
    info.installed_at = wall_from_unix_ms(-5);
    info.last_seen_at = wall_from_unix_ms(0);
    info.consent_purposes = 3;
    info.consent_epoch = 4;
    const DeviceInfo back = info_of(known_device(info, pool));
    CHECK_TRUE(back.no == 7 && back.tenant == "brand" && back.device_id == "wm-1");
    CHECK_TRUE(back.model == "WM-820" && back.firmware == "1.0" && back.serial == "S1");
    CHECK_TRUE(back.customer_id == "c1" && back.region == "north" && back.language == "de");
    CHECK_TRUE(back.segment == "household" && back.centre == "c-2");
    CHECK_TRUE(back.installed_at == info.installed_at && back.last_seen_at == info.last_seen_at);
    CHECK_FALSE(back.warranty_until.has_value() || back.first_seen_at.has_value());
    CHECK_TRUE(back.consent_purposes == 3 && back.consent_epoch == 4);
}

TEST(KnownDevice, takes_new_master_data_and_keeps_its_id) {
    TextPool pool;
    DeviceInfo info;
    info.no = 7;
    info.device_id = "wm-1";
    info.serial = "S1";
    info.customer_id = "c1";
    KnownDevice device = known_device(info, pool);
    CHECK_FALSE(take_master_data(info, pool, device));
    info.serial = std::string(300, 's');  // longer than one byte of length tells
    CHECK_TRUE(take_master_data(info, pool, device));
    CHECK_TRUE(device.device_id() == "wm-1" && info_of(device).serial == info.serial);
    STRCMP_EQUAL("c1", info_of(device).customer_id.c_str());
}

TEST_GROUP(TightBytes){};

TEST(TightBytes, hold_what_was_assigned_last_whatever_its_size) {
    Rng rng{5};
    TightBytes bytes;
    CHECK_TRUE(bytes.empty());
    for (int i = 0; i < 500; ++i) {
        const std::string text(rng.below(400), static_cast<char>('a' + i % 26));
        bytes.assign(text);
        CHECK_TRUE(bytes.view() == text && bytes.size() == text.size());
        const TightBytes copy = bytes;
        bytes.assign("x");
        CHECK_TRUE(copy.view() == text && bytes.view() == "x");
    }
}

TEST_GROUP(DeviceTable){};

TEST(DeviceTable, finds_devices_by_number_where_they_were_put) {
    DeviceTable table;
    POINTERS_EQUAL(nullptr, table.find(0));
    POINTERS_EQUAL(nullptr, table.find(1));
    std::map<DeviceNo, const DeviceEntry*> places;
    for (const DeviceNo no : {1U, 2U, 64U, 65U, 1000U}) {
        DeviceEntry& entry = table.add(no);
        entry.info.no = no;
        places[no] = &entry;
    }
    for (DeviceNo no = 0; no <= 1100; ++no) {
        const auto known = places.find(no);
        POINTERS_EQUAL(known == places.end() ? nullptr : known->second, table.find(no));
    }
    LONGS_EQUAL(1000, table.last_no());
}

TEST_GROUP(DeviceIndex){};

// Against a map, with hashes so poor that most devices collide.
TEST(DeviceIndex, finds_whom_it_was_given_and_nobody_else) {
    Rng rng{3};
    DeviceIndex index;
    std::map<DeviceNo, std::uint64_t> hashes;
    const auto hash_of = [&](DeviceNo no) { return hashes.at(no); };
    for (DeviceNo no = 1; no <= 2000; ++no) {
        hashes[no] = rng.below(300) << 32U | rng.below(40);
        index.add(hashes[no], no, hash_of);
    }
    LONGS_EQUAL(2000, index.size());
    for (const auto& [no, hash] : hashes) {
        const DeviceNo wanted = no;
        LONGS_EQUAL(wanted, index.find(hash, [&](DeviceNo other) { return other == wanted; }));
        LONGS_EQUAL(0, index.find(hash, [](DeviceNo) { return false; }));
    }
    LONGS_EQUAL(0, DeviceIndex{}.find(1, [](DeviceNo) { return true; }));
}
