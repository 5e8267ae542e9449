// Any bytes on the `up` topic: the collector's decoder refuses with a reason or gives a report that
// survives being written and read again, unchanged.
#include "proto/codec.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/random_records.hpp"

using namespace aftercare;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static proto::Codec codec;
    static Report report;
    static Report again;
    const auto decoded = codec.decode_report(std::as_bytes(std::span{data, size}), report);
    if (!decoded) {
        AFTERCARE_ASSERT(!decoded.error().detail.empty());
        return 0;
    }
    AFTERCARE_ASSERT(report.records.size() <= kRecordsPerReportMax);
    AFTERCARE_ASSERT(
        !report.records.empty() ||
        (report.header.first_seq > 1 && report.header.first_seq == report.header.oldest_seq));
    Seq last = 0;
    for (const Record& record : report.records) {
        AFTERCARE_ASSERT(record.seq > last);
        last = record.seq;
    }
    const std::string bytes = codec.encode_report(report);
    const auto reread =
        codec.decode_report(std::as_bytes(std::span{bytes.data(), bytes.size()}), again);
    AFTERCARE_ASSERT(reread.has_value());
    AFTERCARE_ASSERT(test::same(report, again));
    return 0;
}
