#include "tests/integration/embedding/fake_board.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "proto/codec.hpp"
extern "C" {
#include "appliance.h"
#include "board.h"
}

namespace aftercare::test {
namespace {

constexpr std::size_t kFlashBytes = std::size_t{BOARD_PAGE_BYTES} * BOARD_PAGE_COUNT;

struct Event {
    board_mqtt_kind kind;
    std::string payload;
};

std::array<std::uint8_t, kFlashBytes> flash;
std::deque<Event> events;
std::string current_payload;
bool online = false;
std::uint64_t draws = 0;
proto::Codec codec;

void take_report(std::span<const std::byte> payload) {
    Report report;
    if (!codec.decode_report(payload, report)) return;
    if (board().acknowledging) {
        Ack ack{report.header.stream_id, {}};
        const Seq last =
            report.records.empty() ? report.header.first_seq - 1 : report.records.back().seq;
        ack.through[index(report.header.lane)] = last;
        events.push_back({BOARD_MQTT_MESSAGE, codec.encode_downlink(ack)});
    }
    board().reports.push_back(std::move(report));
}

}  // namespace

FakeBoard& board() {
    static FakeBoard the_board;
    return the_board;
}

void FakeBoard::reset() {
    *this = FakeBoard{};
    erases_by_page.assign(BOARD_PAGE_COUNT, 0);
    flash.fill(0xFF);
    events.clear();
    online = false;
}

void FakeBoard::run(std::uint32_t duration_ms) {
    const std::uint32_t begun_ms = now_ms;
    while (now_ms - begun_ms < duration_ms) {
        if (online && !network) {
            online = false;
            events.push_back({BOARD_MQTT_LOST, {}});
        }
        now_ms += appliance_step();
    }
}

}  // namespace aftercare::test

using namespace aftercare::test;

extern "C" {

std::uint32_t board_ticks_ms() {
    return board().now_ms;
}
std::uint64_t board_random64() {
    return ++draws * 0x9E3779B97F4A7C15U;
}
bool board_wall_clock(std::int64_t* unix_ms) {
    *unix_ms = board().wall_unix_ms;
    return board().wall_unix_ms != 0;
}

const std::uint8_t* board_flash() {
    return flash.data();
}
bool board_flash_erase(std::uint32_t page) {
    std::fill_n(flash.begin() + page * BOARD_PAGE_BYTES, BOARD_PAGE_BYTES, std::uint8_t{0xFF});
    ++board().erases_by_page[page];
    return true;
}
bool board_flash_program(std::uint32_t address, const void* bytes, std::size_t size) {
    const auto* begin = flash.begin() + address;
    const bool blank = std::all_of(begin, begin + size, [](auto byte) { return byte == 0xFF; });
    if (address % 8 != 0 || size % 8 != 0 || !blank) ++board().spoilt_programs;
    std::memcpy(flash.data() + address, bytes, size);
    return true;
}

void board_mqtt_connect(const char*, const void*, std::size_t) {
    online = board().network;
    events.push_back({online ? BOARD_MQTT_CONNECTED : BOARD_MQTT_LOST, {}});
}
void board_mqtt_disconnect() {
    online = false;
}
bool board_mqtt_publish(const char* topic, const void* payload, std::size_t size, bool retain) {
    if (!online) return false;
    if (retain) return true;
    board().up_topic = topic;
    take_report({static_cast<const std::byte*>(payload), size});
    return true;
}
bool board_mqtt_next(board_mqtt_event* event) {
    if (events.empty()) return false;
    current_payload = std::move(events.front().payload);
    *event = {events.front().kind, current_payload.data(), current_payload.size()};
    events.pop_front();
    return true;
}

float board_water_celsius() {
    return board().water_celsius;
}
std::uint32_t board_fault_code() {
    return board().fault_code;
}

}  // extern "C"
