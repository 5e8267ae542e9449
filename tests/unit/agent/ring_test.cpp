// The ring between an interrupt and the agent, and the clocks of the C interface.
#include <atomic>
#include <thread>
#include <vector>

#include "agent/include/aftercare/agent.h"
#include "agent/io/memory_storage.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare::agent;

namespace {

struct Board {
    MemoryStorage storage{4096, 8};
    std::uint64_t uptime_ms = 0;
    std::uint64_t link_ms = 0;
    bool broken = false;
    unsigned connects = 0;
};

Board& self(void* context) {
    return *static_cast<Board*>(context);
}

aftercare_ports ports_of(Board& board) {
    aftercare_ports p{};
    p.size = sizeof p;
    p.context = &board;
    p.uptime_ms = [](void* c) { return self(c).uptime_ms; };
    p.wall = [](void*, std::int64_t*) { return AFTERCARE_CLOCK_UNKNOWN; };
    p.random64 = [](void*) -> std::uint64_t { return 7; };
    p.sector_bytes = 4096;
    p.sector_count = 8;
    p.storage_read = [](void* c, std::uint32_t sector, std::uint32_t offset, void* into,
                        std::size_t size) {
        const StoragePort port = self(c).storage.port();
        return port.read(port.context, sector, offset, {static_cast<std::byte*>(into), size});
    };
    p.storage_program = [](void* c, std::uint32_t sector, std::uint32_t offset, const void* bytes,
                           std::size_t size) {
        const StoragePort port = self(c).storage.port();
        return !self(c).broken && port.program(port.context, sector, offset,
                                               {static_cast<const std::byte*>(bytes), size});
    };
    p.storage_erase = [](void* c, std::uint32_t sector) {
        const StoragePort port = self(c).storage.port();
        return port.erase(port.context, sector);
    };
    p.storage_sync = [](void* c) {
        const StoragePort port = self(c).storage.port();
        return port.sync(port.context);
    };
    p.connect = [](void* c, const char*, const void*, std::size_t) { ++self(c).connects; };
    p.disconnect = [](void*) {};
    p.publish = [](void*, const char*, const void*, std::size_t, bool) { return true; };
    return p;
}

}  // namespace

TEST_GROUP(Ring) {
    Board board;
    aftercare_ports ports = ports_of(board);
    std::vector<std::max_align_t> memory;
    aftercare_agent* agent = nullptr;
    aftercare_ring_slot slots[8]{};
    aftercare_ring ring = AFTERCARE_RING_INIT(slots, 8);

    void open() {
        aftercare_options options = AFTERCARE_OPTIONS_INIT;
        options.tenant = "acme";
        options.device_id = "wm-1";
        options.model = "WM";
        options.firmware = "1";
        memory.resize(aftercare_memory_bytes(&options) / sizeof(std::max_align_t) + 1);
        LONGS_EQUAL(AFTERCARE_OK, aftercare_open(&options, &ports, nullptr, memory.data(),
                                                 memory.size() * sizeof(std::max_align_t), &agent));
    }
    void teardown() override {
        aftercare_close(agent);
    }
    std::uint32_t held() {
        aftercare_state state{};
        state.size = sizeof state;
        LONGS_EQUAL(AFTERCARE_OK, aftercare_get_state(agent, &state));
        return state.urgent_held;
    }
};

TEST(Ring, gives_faults_on_in_order_and_declares_what_it_had_no_room_for) {
    open();
    const std::uint32_t before = held();
    for (std::uint32_t i = 0; i < 11; ++i) {
        CHECK_EQUAL(i < 8, aftercare_ring_fault(&ring, i, AFTERCARE_FAULT_OCCURRED));
    }
    LONGS_EQUAL(3, ring.dropped);
    LONGS_EQUAL(AFTERCARE_OK, aftercare_take(agent, &ring));
    LONGS_EQUAL(before + 8 + 1, held());  // and one record of the three
    LONGS_EQUAL(AFTERCARE_OK, aftercare_take(agent, &ring));
    LONGS_EQUAL(before + 8 + 1, held());  // told once
}

TEST(Ring, keeps_what_the_storage_did_not_take) {
    open();
    const std::uint32_t before = held();
    aftercare_ring_fault(&ring, 1, AFTERCARE_FAULT_OCCURRED);
    board.broken = true;
    LONGS_EQUAL(AFTERCARE_UNAVAILABLE, aftercare_take(agent, &ring));
    board.broken = false;
    LONGS_EQUAL(AFTERCARE_OK, aftercare_take(agent, &ring));
    LONGS_EQUAL(before + 1, held());
}

TEST(Ring, loses_nothing_uncounted_between_two_threads) {
    open();
    const std::uint32_t before = held();
    constexpr std::uint32_t kCalls = 300;
    std::atomic<bool> done{false};
    std::thread interrupt{[&] {
        for (std::uint32_t i = 0; i < kCalls; ++i) {
            aftercare_ring_fault(&ring, i, AFTERCARE_FAULT_OCCURRED);
            if (i % 8 == 7) std::this_thread::yield();
        }
        done = true;
    }};
    std::uint32_t takes_with_loss = 0;
    for (bool last = false; !last;) {
        last = done;
        const std::uint32_t told = ring.told;
        LONGS_EQUAL(AFTERCARE_OK, aftercare_take(agent, &ring));
        takes_with_loss += ring.told != told ? 1 : 0;
    }
    interrupt.join();
    LONGS_EQUAL(before + kCalls - ring.dropped + takes_with_loss, held());
    LONGS_EQUAL(ring.dropped, ring.told);
}

TEST(Ring, refuses_a_count_that_is_no_power_of_two) {
    open();
    aftercare_ring bad = AFTERCARE_RING_INIT(slots, 6);
    CHECK_FALSE(aftercare_ring_fault(&bad, 1, AFTERCARE_FAULT_OCCURRED));
    LONGS_EQUAL(AFTERCARE_INVALID, aftercare_take(agent, &bad));
}

// A board whose uptime stops in sleep, and whose link clock counts on.
TEST(Ring, the_link_runs_on_its_own_clock_where_there_is_one) {
    ports.link_ms = [](void* c) { return self(c).link_ms; };
    open();
    const std::uint64_t due_ms = aftercare_next_poll_ms(agent);
    CHECK_TRUE(due_ms > 0 && due_ms <= 10'000);  // the first attempt of a boot
    board.uptime_ms = 1'000'000;
    aftercare_poll(agent);
    LONGS_EQUAL(0, board.connects);
    board.link_ms = due_ms;
    aftercare_poll(agent);
    LONGS_EQUAL(1, board.connects);
}
