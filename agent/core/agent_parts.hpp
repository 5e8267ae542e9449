// What an Agent is made of, in the memory its caller gave. Included by the agent's own sources
// only.
#pragma once

#include "agent/core/agent.hpp"
#include "agent/core/session.hpp"
#include "agent/core/spool.hpp"

namespace aftercare::agent {

struct Agent::Parts {
    Parts(const Options& given, const Ports& given_ports, const SpoolMemory& spool_memory,
          std::span<std::byte> report_memory, std::uint64_t seed, std::uint64_t now_ms);

    // agent.cpp
    Outcome begin_boot(const Options& given);
    Result<Accepted, Errc> add(FrameKind kind, const BodyRef& body, bool valid, Purpose purpose);
    Result<Accepted, Errc> add_unasked(FrameKind kind, const BodyRef& body);
    void tell(const Lifecycle& event);
    Outcome apply_consent(std::uint32_t epoch, std::uint32_t purposes);
    void note_clock();
    void use_settings();
    [[nodiscard]] WallReading wall() const;
    bool sync(std::uint64_t now_ms);
    void note_unsynced(std::uint64_t now_ms);
    void log(LogLevel level, std::string_view message) const;
    [[nodiscard]] std::uint64_t link_ms() const { return ports.clock.link_ms(ports.clock.context); }
    [[nodiscard]] std::uint64_t uptime_ms() const;

    void poll_extension(bool finish) const {
        if (extension.poll != nullptr) extension.poll(extension.context, finish);
    }

    // agent_link.cpp
    void poll();
    [[nodiscard]] std::uint64_t next_poll_ms() const;
    void step_link(std::uint64_t now_ms);
    bool resend_due(Lane lane, std::uint64_t now_ms);
    bool send_new(Lane lane, std::uint64_t now_ms);
    enum class Sent : std::uint8_t { yes, nothing_held, not_now };
    /// The report at position i of the window once more, or a new one behind the last.
    Sent send(Lane lane, std::uint32_t i, std::uint64_t now_ms);
    /// Payload of the report made of what is held behind position `i` of the window, up to `limit`;
    /// empty when nothing is. A header alone declares a lane lost to its end, once that end is
    /// kept. Fills first, last and count.
    std::span<const std::byte> build_report(Lane lane, std::uint32_t i, SpoolSeq limit,
                                            InFlight& entry);
    std::size_t put_records(Lane lane, SpoolSeq before, SpoolSeq limit, InFlight& entry);
    void fill_header(Lane lane);
    /// In the report's buffer.
    std::span<const std::byte> presence(bool online);
    bool publish(const TopicText& topic, std::span<const std::byte> payload, bool retain,
                 std::uint64_t now_ms);
    [[nodiscard]] std::uint32_t unsent(Lane lane) const;
    /// Nothing is held, and what the lane had last is neither acknowledged nor on its way.
    [[nodiscard]] bool end_lost(Lane lane) const;
    bool keep_end(Lane lane);
    [[nodiscard]] std::uint64_t due_ms(Lane lane) const;
    void on_ack(const Ack& ack);
    void on_config(const Config& config);
    ConfigRefusal apply_config(const Config& config);
    void on_downlink(std::span<const std::byte> payload);

    // In the order of their use: what lies within 32 or 128 bytes is reached by short instructions.
    bool presence_due = false;
    bool flushing = false;
    ClockQuality clock_quality = ClockQuality::unknown;
    std::uint32_t acks_since_state = 0;
    std::array<std::uint64_t, kLaneCount> waiting_since_ms{kNever, kNever};  // oldest unsent
    std::array<SpoolSeq, kLaneCount> kept_end{};  // next_seq, as the state on storage names it
    std::uint64_t unsynced_since_ms = kNever;
    std::uint64_t busy_until_ms = 0;   // the transport or the storage said: not now
    std::int64_t clock_offset_ms = 0;  // wall minus uptime, at the last clock_set
    std::uint64_t clock_set_uptime_ms = 0;
    mutable std::uint32_t uptime_low_ms = 0;  // low half, as last read
    mutable std::uint32_t uptime_wraps = 0;
    std::uint32_t reports_sent = 0;
    std::uint32_t reports_resent = 0;
    std::uint32_t downlinks_ignored = 0;
    std::uint32_t acks_ignored = 0;
    std::uint32_t denied_count = 0;
    std::uint32_t refused_count = 0;
    std::span<std::byte> report;
    Ports ports;
    Extension extension;
    Options options;  // numbers only: the header keeps the texts
    Spool spool;
    Connector connector;
    ByteBudget budget;
    std::array<SendWindow, kLaneCount> windows;
    ReportHeader header;  // its texts stay, the rest is filled in for each report
    TopicText up_topic;
    TopicText presence_topic;
};

}  // namespace aftercare::agent
