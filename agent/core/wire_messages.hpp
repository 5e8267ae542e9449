// The messages of proto/aftercare/v1 as a device writes and reads them: byte for byte what
// libprotobuf would write (held together by golden vectors and random records in the tests).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/downlink.hpp"
#include "common/result.hpp"
#include "common/telemetry.hpp"

namespace aftercare::agent {

/// A reading of 16 metrics in full, the largest record: 17 bytes of boot and uptime, 6 + 83 + 5 ·
/// 67 + 83 of columns, tags and lengths, rounded up.
inline constexpr std::size_t kRecordBytesMax = 544;
/// Header of a report with every field at its longest.
inline constexpr std::size_t kReportHeaderBytesMax = 288;
/// Tag, length and gap_before around a stored record.
inline constexpr std::size_t kRecordEnvelopeBytesMax = 2 + 2 + 6;

struct Field;

/// A record's body of any kind, by reference.  Lifetime: that of the body.
struct BodyRef {
    BodyRef(const Fault& body);
    BodyRef(const Reading& body);
    BodyRef(const Usage& body);
    BodyRef(const Lifecycle& body);
    BodyRef(const SelfTest& body);

    std::uint32_t number;  ///< of its field in Record
    const Field* fields;
    const void* bytes;
};

/// Encodes a Record message without gap_before, as the spool keeps it.  0 when it does not fit.
std::size_t encode_record(std::uint32_t boot, std::uint64_t uptime_ms, const BodyRef& body,
                          std::span<std::byte> out);
/// Puts a stored record into a report.  0 when it does not fit.
std::size_t encode_in_report(std::span<const std::byte> stored, std::uint32_t gap_before,
                             std::span<std::byte> out);
/// All fields of Report but its records, which may follow directly.  0 when it does not fit.
std::size_t encode_report_header(const ReportHeader& header, std::span<std::byte> out);
std::size_t encode_presence(const Presence& presence, std::span<std::byte> out);

/// Errors: invalid (malformed, or larger than kDownlinkBytesMax, or a text beyond its bound).
Result<Downlink, Errc> decode_downlink(std::span<const std::byte> payload);

/// The fault code inside a stored fault record; 0 when it holds none.
std::uint32_t stored_fault_code(std::span<const std::byte> stored);

}  // namespace aftercare::agent
