// The messages of proto/aftercare/v1 as tables: which member goes into which field, and how. One
// encoder and one decoder walk them (wire_messages.cpp), so that a field costs four bytes of flash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "common/downlink.hpp"
#include "common/telemetry.hpp"

namespace aftercare::agent {

// How a member lies in memory, and so how it is written and read.
enum class Kind : std::uint8_t {
    u8,       // enumeration or bool
    not_u8,   // bool whose opposite is written
    next_u8,  // enumeration that counts from 1 on the wire
    u32,
    not_one,  // u32 of which 1 is left out
    u64,
    zigzag,  // sint64
    fixed64,
    text,     // FixedText
    bytes,    // std::span over the payload, read only
    float32,  // in lists only
    metrics,  // lists, a packed field for each column
    counters,
    summaries,
};

// One field of a message. A table of them ends with number 0.
struct Field {
    std::uint8_t number = 0;
    Kind kind = Kind::u8;
    std::uint8_t offset = 0;
    std::uint8_t text_bytes_max = 0;
};

template <class Member>
struct Of;
template <class Member>
requires(sizeof(Member) == 1) struct Of<Member> {
    static constexpr Kind kind = Kind::u8;
};
template <>
struct Of<std::uint32_t> {
    static constexpr Kind kind = Kind::u32;
};
template <>
struct Of<std::uint64_t> {
    static constexpr Kind kind = Kind::u64;
};
template <>
struct Of<std::int64_t> {
    static constexpr Kind kind = Kind::zigzag;
};
template <std::size_t kCapacity>
struct Of<FixedText<kCapacity>> {
    static constexpr Kind kind = Kind::text;
};
template <>
struct Of<std::span<const std::byte>> {
    static constexpr Kind kind = Kind::bytes;
};
template <>
struct Of<BoundedList<MetricValue, kSnapshotMetricsMax>> {
    static constexpr Kind kind = Kind::metrics;
};
template <>
struct Of<BoundedList<MetricSummary, kMetricsPerReadingMax>> {
    static constexpr Kind kind = Kind::summaries;
};
template <>
struct Of<BoundedList<CounterValue, kCountersPerUsageMax>> {
    static constexpr Kind kind = Kind::counters;
};

// A member's kind follows from its type, so that a table cannot disagree with its struct.
#define MEMBER(Message, member) Of<decltype(Message::member)>::kind, offsetof(Message, member)
#define TEXT(Message, member) MEMBER(Message, member), sizeof(Message::member) - 1

inline constexpr Field kFault[] = {{1, MEMBER(Fault, code)},
                                   {2, MEMBER(Fault, state)},
                                   {3, Kind::not_one, offsetof(Fault, occurrences)},
                                   {4, MEMBER(Fault, snapshot)},
                                   {}};
inline constexpr Field kReading[] = {
    {1, MEMBER(Reading, window_ms)}, {2, MEMBER(Reading, metrics)}, {}};
inline constexpr Field kUsage[] = {{1, MEMBER(Usage, programme_id)},
                                   {2, MEMBER(Usage, duration_s)},
                                   {3, MEMBER(Usage, energy_wh)},
                                   {4, MEMBER(Usage, water_ml)},
                                   {5, Kind::not_u8, offsetof(Usage, completed)},
                                   {6, MEMBER(Usage, counters)},
                                   {}};
inline constexpr Field kLifecycle[] = {{1, MEMBER(Lifecycle, kind)},
                                       {2, MEMBER(Lifecycle, reset_reason)},
                                       {3, MEMBER(Lifecycle, firmware)},
                                       {4, MEMBER(Lifecycle, wall_unix_ms)},
                                       {5, MEMBER(Lifecycle, clock_quality)},
                                       {6, MEMBER(Lifecycle, consent_epoch)},
                                       {7, MEMBER(Lifecycle, consent_purposes)},
                                       {8, MEMBER(Lifecycle, component_id)},
                                       {9, MEMBER(Lifecycle, lost_count)},
                                       {10, MEMBER(Lifecycle, config_version)},
                                       {11, MEMBER(Lifecycle, config_refusal)},
                                       {}};
inline constexpr Field kSelfTest[] = {{1, MEMBER(SelfTest, test_id)},
                                      {2, MEMBER(SelfTest, request_id)},
                                      {3, MEMBER(SelfTest, result)},
                                      {4, MEMBER(SelfTest, measured)},
                                      {}};
inline constexpr Field kReportHeader[] = {{1, MEMBER(ReportHeader, schema_version)},
                                          {2, MEMBER(ReportHeader, device_id)},
                                          {3, MEMBER(ReportHeader, model)},
                                          {4, MEMBER(ReportHeader, firmware)},
                                          {5, Kind::fixed64, offsetof(ReportHeader, stream_id)},
                                          {6, Kind::next_u8, offsetof(ReportHeader, lane)},
                                          {7, MEMBER(ReportHeader, first_seq)},
                                          {8, MEMBER(ReportHeader, oldest_seq)},
                                          {9, MEMBER(ReportHeader, boot)},
                                          {10, MEMBER(ReportHeader, uptime_ms)},
                                          {11, MEMBER(ReportHeader, wall_unix_ms)},
                                          {12, MEMBER(ReportHeader, clock_quality)},
                                          {13, MEMBER(ReportHeader, consent_epoch)},
                                          {14, MEMBER(ReportHeader, consent_purposes)},
                                          {15, MEMBER(ReportHeader, config_version)},
                                          {16, MEMBER(ReportHeader, ack_now)},
                                          {}};
inline constexpr Field kPresence[] = {{1, MEMBER(Presence, online)},
                                      {2, MEMBER(Presence, boot)},
                                      {3, Kind::fixed64, offsetof(Presence, stream_id)},
                                      {4, MEMBER(Presence, firmware)},
                                      {}};
inline constexpr Field kAck[] = {{1, Kind::fixed64, offsetof(Ack, stream_id)},
                                 {2, Kind::u64, offsetof(Ack, through)},
                                 {3, Kind::u64, offsetof(Ack, through) + sizeof(Seq)},
                                 {}};
inline constexpr Field kConfig[] = {
    {1, MEMBER(Config, version)},       {2, MEMBER(Config, reading_window_s)},
    {3, MEMBER(Config, flush_delay_s)}, {4, MEMBER(Config, records_per_report)},
    {5, MEMBER(Config, telemetry)},     {}};
inline constexpr Field kNotice[] = {{1, Kind::fixed64, offsetof(Notice, notice_id)},
                                    {2, TEXT(Notice, message_key)},
                                    {3, TEXT(Notice, language)},
                                    {4, TEXT(Notice, article)},
                                    {5, MEMBER(Notice, expires_unix_ms)},
                                    {}};
inline constexpr Field kSelfTestRequest[] = {
    {1, MEMBER(SelfTestRequest, request_id)}, {2, MEMBER(SelfTestRequest, test_id)}, {}};
inline constexpr Field kConsentQuery[] = {{1, MEMBER(ConsentQuery, request_id)}, {}};
#undef MEMBER
#undef TEXT

// A column says nothing, and is left out as a whole, when each of its values is the usual one.
enum class Usual : std::uint8_t { none, zero, one, mean };

// One member of each item of a list: packed into a field of its own.
struct Column {
    Kind kind = Kind::u32;
    std::uint8_t offset = 0;
    Usual usual = Usual::none;
};

// A BoundedList; its columns go into fields that follow each other.
struct List {
    std::uint8_t item_bytes;
    std::uint8_t items_max;
    std::uint8_t column_count;
    const Column* columns;

    template <class Items, std::size_t kColumns>
    static constexpr List of(const Column (&columns)[kColumns]) {
        using Item = std::remove_cvref_t<decltype(Items{}.items[0])>;
        constexpr std::size_t kMax = sizeof(Items::items) / sizeof(Item);
        static_assert(offsetof(Items, items) == 0 && offsetof(Items, count) == sizeof(Item) * kMax);
        return {sizeof(Item), kMax, kColumns, columns};
    }
};
inline constexpr Column kMetricColumns[] = {{Kind::u32, offsetof(MetricValue, metric_id)},
                                            {Kind::float32, offsetof(MetricValue, value)}};
inline constexpr Column kCounterColumns[] = {{Kind::u32, offsetof(CounterValue, counter_id)},
                                             {Kind::u64, offsetof(CounterValue, value)}};
inline constexpr Column kSummaryColumns[] = {
    {Kind::u32, offsetof(MetricSummary, metric_id)},
    {Kind::float32, offsetof(MetricSummary, mean)},
    {Kind::u32, offsetof(MetricSummary, n), Usual::one},
    {Kind::float32, offsetof(MetricSummary, min), Usual::mean},
    {Kind::float32, offsetof(MetricSummary, max), Usual::mean},
    {Kind::float32, offsetof(MetricSummary, last), Usual::mean},
    {Kind::float32, offsetof(MetricSummary, deviation), Usual::zero}};
// In the order of their kinds.
inline constexpr List kLists[] = {List::of<decltype(Fault::snapshot)>(kMetricColumns),
                                  List::of<decltype(Usage::counters)>(kCounterColumns),
                                  List::of<decltype(Reading::metrics)>(kSummaryColumns)};

}  // namespace aftercare::agent
