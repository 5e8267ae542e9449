// Every single storage call of a history fails once: the agent says so, goes on, and keeps what it
// called durable.
#include "tests/unit/agent/appliance.hpp"
#include "tests/unit/agent/ledger.hpp"

#include <CppUTest/TestHarness.h>

using namespace aftercare;
using namespace aftercare::agent;
using namespace std::chrono_literals;

namespace {

enum class Call : std::uint8_t { read, program, erase, sync };

/// Hands every call on to the storage beneath, but one, which fails. A failing program has either
/// done nothing or written half of its bytes, as flash does.
class FailingOnce {
  public:
    StoragePort over(StoragePort beneath) {
        beneath_ = beneath;
        StoragePort port = beneath;
        port.context = this;
        port.read = [](void* c, std::uint32_t sector, std::uint32_t at, std::span<std::byte> into) {
            auto& me = self(c);
            return !me.fails(Call::read) && me.beneath_.read(me.beneath_.context, sector, at, into);
        };
        port.program = [](void* c, std::uint32_t sector, std::uint32_t at,
                          std::span<const std::byte> bytes) {
            auto& me = self(c);
            const bool fails = me.fails(Call::program);
            const auto written = fails ? bytes.first(me.torn ? bytes.size() / 2 : 0) : bytes;
            return me.beneath_.program(me.beneath_.context, sector, at, written) && !fails;
        };
        port.erase = [](void* c, std::uint32_t sector) {
            auto& me = self(c);
            return !me.fails(Call::erase) && me.beneath_.erase(me.beneath_.context, sector);
        };
        port.sync = [](void* c) {
            auto& me = self(c);
            return !me.fails(Call::sync) && me.beneath_.sync(me.beneath_.context);
        };
        return port;
    }

    Call kind = Call::program;
    std::uint64_t fails_at = UINT64_MAX;  ///< number of the call of that kind, from 1
    bool torn = false;
    std::uint64_t calls = 0;
    bool failed = false;

  private:
    bool fails(Call call) {
        if (call != kind || ++calls != fails_at) return false;
        return failed = true;
    }
    static FailingOnce& self(void* context) { return *static_cast<FailingOnce*>(context); }
    StoragePort beneath_;
};

}  // namespace

TEST_GROUP(StorageFailure) {
    // A small spool's busy life: it fills, evicts, is acknowledged, reboots, drains.
    struct Life {
        test::Appliance device{512, 8};
        FailingOnce storage;
        test::Ledger ledger;
        std::uint32_t mark = 0;
        bool reported = false;

        Life() {
            device.auto_connect = false;
            device.wrap_storage = [this](StoragePort port) { return storage.over(port); };
        }
        void note(const Result<Accepted, Errc>& accepted, RecordClass record_class) {
            if (!accepted) {
                reported |= accepted.error() == Errc::unavailable;
                CHECK_TRUE(accepted.error() == Errc::unavailable ||
                           accepted.error() == Errc::exhausted);
                return;
            }
            reported |= record_class == RecordClass::fault && !accepted->durable;
            ledger.accepted(
                accepted->lane, accepted->seq,
                {.mark = mark, .record_class = record_class, .durable = accepted->durable});
        }
        // A boot that storage refuses is tried again, as a supervisor would.
        void boot() {
            // Counters begin anew with a boot.
            if (device.booted()) reported |= device->state().storage_errors > 0;
            for (int attempt = 0; attempt < 2; ++attempt) {
                if (device.boot()) return;
                reported = true;
            }
            FAIL("the agent does not open again after one failed call");
        }
        void fault(std::uint32_t code) {
            Fault fault{.code = code, .state = FaultState::occurred};
            fault.snapshot.add({++mark, 1.5F});
            note(device->fault(fault), RecordClass::fault);
        }
        void reading() {
            Reading reading{.window_ms = ++mark};
            reading.metrics.add({.metric_id = 1, .mean = 1, .min = 1, .max = 1, .last = 1});
            note(device->reading(reading), RecordClass::reading);
        }
        void make(int records) {
            for (int i = 0; i < records; ++i) {
                reading();
                if (i % 5 == 0)
                    fault(1'000 + mark);  // a code of its own: never a middle occurrence
                device.run_for(1min);
            }
        }
        void receive() {
            while (const auto report = device.next_report()) {
                STRCMP_EQUAL("", ledger.receive(*report).c_str());
            }
            STRCMP_EQUAL("", device.refusal.c_str());
        }
        void drain() {
            device.auto_connect = true;
            for (int i = 0; i < 2'000; ++i) {
                device.run_for(70s);
                receive();
                device.ack(ledger.through(Lane::urgent), ledger.through(Lane::bulk));
                const State state = device->state();
                if (state.lanes[0].held_count + state.lanes[1].held_count == 0) return;
            }
            FAIL("the spool does not drain");
        }
        void reboot() {
            device.auto_connect = false;
            device->flush();
            boot();
        }
        void live() {
            boot();
            make(60);
            reboot();
            make(60);
            drain();
            reboot();
            make(20);
            drain();
        }
    };

    static std::uint64_t calls_of(Call kind) {
        Life life;
        life.storage.kind = kind;
        life.live();
        CHECK_TRUE(!life.reported && life.device->state().storage_errors == 0);
        CHECK_TRUE(life.ledger.missing(RecordClass::reading, false) > 20);  // it was full
        return life.storage.calls;
    }

    void fail_every(Call kind, bool torn, std::uint64_t calls_min) {
        const std::uint64_t calls = calls_of(kind);
        CHECK_TRUE(calls >= calls_min);
        for (std::uint64_t n = 1; n <= calls; ++n) {
            Life life;
            life.storage.kind = kind;
            life.storage.fails_at = n;
            life.storage.torn = torn;
            life.live();
            CHECK_TRUE(life.storage.failed);
            // Told by the call itself, or counted.
            const State state = life.device->state();
            if (!life.reported && state.storage_errors == 0) {
                std::printf("call %llu of kind %u failed and nothing tells of it\n",
                            static_cast<unsigned long long>(n), static_cast<unsigned>(kind));
            }
            CHECK_TRUE(life.reported || state.storage_errors > 0);
            // Faults always have room here, so every one called durable arrives; readings are
            // evicted by rule.
            if (life.ledger.missing(RecordClass::fault, true) > 0) {
                std::printf("call %llu of kind %u cost a durable fault\n",
                            static_cast<unsigned long long>(n), static_cast<unsigned>(kind));
            }
            LONGS_EQUAL(0, life.ledger.missing(RecordClass::fault, true));
            CHECK_TRUE(life.ledger.missing(RecordClass::reading, true) <=
                       state.dropped[static_cast<std::size_t>(RecordClass::reading)]);
        }
        std::printf("storage failure: %llu calls of kind %u, each failed once%s\n",
                    static_cast<unsigned long long>(calls), static_cast<unsigned>(kind),
                    torn ? " half done" : "");
    }
};

// promise: keeps-durable
TEST(StorageFailure, of_any_program_call_costs_nothing_durable) {
    fail_every(Call::program, false, 200);
    fail_every(Call::program, true, 200);
}

TEST(StorageFailure, of_any_sync_call_costs_nothing_durable) {
    fail_every(Call::sync, false, 50);
}

TEST(StorageFailure, of_any_erase_call_costs_nothing_durable) {
    fail_every(Call::erase, false, 10);
}

TEST(StorageFailure, of_any_read_call_costs_nothing_durable) {
    fail_every(Call::read, false, 100);
}
