#include "collector/io/sqlite/chunk_codec.hpp"

#include <zstd.h>

#include <map>
#include <stdexcept>

#include "collector/io/sqlite/columns.hpp"

namespace aftercare::collector::sqlite {

namespace {

// Level 9 saves 1 to 3 % more for 1.5 times the time, level 19 costs ten times.
constexpr int kLevel = 3;
// A column of its own statistics deserves a block of its own; below this size the block's head
// costs more than it saves.
constexpr std::size_t kBlockBytesMin = 256;

// Columns of a report's row, of its message, and of the records inside. Fields of a message are
// keyed by their tag.
enum RowColumn : ColumnKey { kFirstSeq, kSpan, kCount, kT0, kDelay, kForm, kVerbatim };
constexpr ColumnKey kReportFields = ColumnKey{1} << 32;
constexpr ColumnKey kRecordFields = ColumnKey{2} << 32;
constexpr ColumnKey kShapeNo = (ColumnKey{1} << 31) + 1;
constexpr ColumnKey kShapeText = kShapeNo + 1;
constexpr ColumnKey kRepeats = kShapeNo + 2;

/// Chunks of the first format begin with the number of their reports, which is never this; then a
/// format's number follows.
constexpr std::uint64_t kNoReports = 0;

constexpr std::uint64_t kRecordTag = 20 << 3 | 2;
constexpr std::uint64_t kTagMax = (std::uint64_t{1} << 31) - 1;

struct Field {
    std::uint64_t tag = 0;
    std::uint64_t number = 0;
    std::string_view text;
};

/// False when the bytes are no protobuf message, or one that would be written differently.
bool read_fields(std::string_view message, std::vector<Field>& fields) {
    fields.clear();
    VarintReader in(message);
    while (!in.at_end()) {
        Field field{.tag = in.varint()};
        if (field.tag > kTagMax) return false;
        switch (field.tag & 7) {
            case 0:
                field.number = in.varint();
                break;
            case 1:
                field.text = in.take(8);
                break;
            case 2:
                field.text = in.take(in.varint());
                break;
            case 5:
                field.text = in.take(4);
                break;
            default:
                return false;
        }
        if (!in.ok()) return false;
        fields.push_back(field);
    }
    return in.ok();
}

/// Which tags follow each other in a message; few different ones occur.
class ShapeWriter {
  public:
    ShapeWriter(ColumnWriter& columns, ColumnKey base) : columns_(columns), base_(base) {}
    void put(const std::string& shape) {
        const auto [known, added] = numbers_.try_emplace(shape, numbers_.size());
        columns_.number(base_ + kShapeNo, known->second);
        if (added) columns_.text(base_ + kShapeText, shape);
    }

  private:
    ColumnWriter& columns_;
    ColumnKey base_;
    std::map<std::string, std::uint64_t> numbers_;
};

class ShapeReader {
  public:
    ShapeReader(ColumnReader& columns, ColumnKey base) : columns_(columns), base_(base) {}
    /// Pre: used before the next one is asked for.
    std::string_view next() {
        const std::uint64_t number = columns_.number(base_ + kShapeNo);
        if (number == shapes_.size()) {
            columns_.append_text(base_ + kShapeText, shapes_.emplace_back());
        }
        return number < shapes_.size() ? std::string_view(shapes_[number]) : std::string_view{};
    }

  private:
    ColumnReader& columns_;
    ColumnKey base_;
    std::vector<std::string> shapes_;
};

class ReportSplitter {
  public:
    void put(const RawReport& report) {
        columns_.number(kFirstSeq, report.first_seq);
        columns_.number(kSpan, report.last_seq - report.first_seq);
        columns_.number(kCount, report.record_count);
        columns_.number(kT0, static_cast<std::uint64_t>(unix_ms(report.t0)));
        columns_.number(kDelay, static_cast<std::uint64_t>(unix_ms(report.received_at)) -
                                    static_cast<std::uint64_t>(unix_ms(report.t0)));
        const bool split = read_message(report.bytes);
        columns_.number(kForm, split ? 1 : 0);
        if (split) {
            put_message();
        } else {
            columns_.text(kVerbatim, report.bytes);
        }
    }
    [[nodiscard]] std::vector<std::string> parts() const { return columns_.parts(); }

  private:
    bool read_message(std::string_view bytes) {
        if (!read_fields(bytes, fields_)) return false;
        std::size_t count = 0;
        for (const Field& field : fields_) {
            if (field.tag != kRecordTag) continue;
            if (records_.size() == count) records_.emplace_back();
            if (!read_fields(field.text, records_[count++])) return false;
        }
        return true;
    }

    void put_message() {
        std::string shape;
        std::size_t record = 0;
        for (std::size_t i = 0; i < fields_.size();) {
            const Field& field = fields_[i];
            put_varint(shape, field.tag);
            if (field.tag != kRecordTag) {
                put_value(kReportFields, field);
                ++i;
                continue;
            }
            const std::size_t first = i;
            while (i < fields_.size() && fields_[i].tag == kRecordTag) {
                put_record(records_[record++]);
                ++i;
            }
            columns_.number(kReportFields + kRepeats, i - first);
        }
        report_shapes_.put(shape);
    }

    void put_record(const std::vector<Field>& fields) {
        std::string shape;
        for (const Field& field : fields) {
            put_varint(shape, field.tag);
            put_value(kRecordFields, field);
        }
        record_shapes_.put(shape);
    }

    void put_value(ColumnKey base, const Field& field) {
        if ((field.tag & 7) == 0) {
            columns_.number(base + field.tag, field.number);
        } else {
            columns_.text(base + field.tag, field.text);
        }
    }

    ColumnWriter columns_;
    ShapeWriter report_shapes_{columns_, kReportFields};
    ShapeWriter record_shapes_{columns_, kRecordFields};
    std::vector<Field> fields_;
    std::vector<std::vector<Field>> records_;
};

class ReportJoiner {
  public:
    ReportJoiner(std::string_view bytes, ColumnFormat format) : columns_(bytes, format) {}
    [[nodiscard]] bool ok() const { return columns_.ok(); }

    void next(RawReport& report) {
        report.first_seq = columns_.number(kFirstSeq);
        report.last_seq = report.first_seq + columns_.number(kSpan);
        report.record_count = static_cast<std::uint32_t>(columns_.number(kCount));
        const std::uint64_t t0 = columns_.number(kT0);
        report.t0 = wall_from_unix_ms(static_cast<std::int64_t>(t0));
        report.received_at =
            wall_from_unix_ms(static_cast<std::int64_t>(t0 + columns_.number(kDelay)));
        report.bytes.clear();
        if (columns_.number(kForm) == 0) {
            columns_.append_text(kVerbatim, report.bytes);
        } else {
            join_message(report.bytes);
        }
    }

  private:
    void join_message(std::string& bytes) {
        VarintReader shape(report_shapes_.next());
        while (!shape.at_end() && ok()) {
            const std::uint64_t tag = shape.varint();
            if (tag != kRecordTag) {
                join_value(kReportFields, tag, bytes);
                continue;
            }
            const std::uint64_t repeats = columns_.number(kReportFields + kRepeats);
            for (std::uint64_t i = 0; i < repeats && ok(); ++i) join_record(bytes);
        }
    }

    void join_record(std::string& bytes) {
        record_.clear();
        VarintReader shape(record_shapes_.next());
        while (!shape.at_end() && ok()) join_value(kRecordFields, shape.varint(), record_);
        put_varint(bytes, kRecordTag);
        put_varint(bytes, record_.size());
        bytes += record_;
    }

    void join_value(ColumnKey base, std::uint64_t tag, std::string& bytes) {
        put_varint(bytes, tag);
        if ((tag & 7) == 0) {
            put_varint(bytes, columns_.number(base + tag));
            return;
        }
        text_.clear();
        columns_.append_text(base + tag, text_);
        if ((tag & 7) == 2) put_varint(bytes, text_.size());
        bytes += text_;
    }

    ColumnReader columns_;
    ShapeReader report_shapes_{columns_, kReportFields};
    ShapeReader record_shapes_{columns_, kRecordFields};
    std::string record_;
    std::string text_;
};

void check(std::size_t code) {
    if (ZSTD_isError(code) != 0) throw std::runtime_error(ZSTD_getErrorName(code));
}

}  // namespace

struct ChunkCodec::Contexts {
    struct Free {
        void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
        void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    };
    std::unique_ptr<ZSTD_CCtx, Free> compress{ZSTD_createCCtx()};
    std::unique_ptr<ZSTD_DCtx, Free> decompress{ZSTD_createDCtx()};
};

ChunkCodec::ChunkCodec() : contexts_(std::make_unique<Contexts>()) {
    ZSTD_CCtx* const context = contexts_->compress.get();
    check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel));
    check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1));
}
ChunkCodec::~ChunkCodec() = default;

std::string ChunkCodec::pack(std::span<const RawReport> reports) {
    ReportSplitter splitter;
    for (const RawReport& report : reports) splitter.put(report);
    const std::vector<std::string> parts = splitter.parts();
    std::string head;
    put_varint(head, kNoReports);
    put_varint(head, static_cast<std::uint64_t>(ColumnFormat::sequences));
    put_varint(head, reports.size());
    std::size_t size = head.size();
    for (const std::string& part : parts) size += part.size();

    ZSTD_CCtx* const context = contexts_->compress.get();
    check(ZSTD_CCtx_reset(context, ZSTD_reset_session_only));
    check(ZSTD_CCtx_setPledgedSrcSize(context, size));
    std::string packed(ZSTD_compressBound(size) + 16 * parts.size(), '\0');
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    const auto feed = [&](std::string_view bytes, ZSTD_EndDirective then) {
        ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
        const std::size_t left = ZSTD_compressStream2(context, &out, &in, then);
        check(left);
        if (in.pos != in.size || (then != ZSTD_e_continue && left != 0)) {
            throw std::runtime_error("the compressor needs more room than it said");
        }
    };
    feed(head, ZSTD_e_continue);
    for (const std::string& part : parts) {
        feed(part, part.size() < kBlockBytesMin ? ZSTD_e_continue : ZSTD_e_flush);
    }
    feed({}, ZSTD_e_end);
    packed.resize(out.pos);
    return packed;
}

Result<std::vector<RawReport>> ChunkCodec::unpack(std::string_view bytes, const RawReport& like) {
    const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        size > kChunkBytesMax) {
        return fail(Errc::corrupt, "no chunk, or one of another format");
    }
    std::string flat(static_cast<std::size_t>(size), '\0');
    const std::size_t got = ZSTD_decompressDCtx(contexts_->decompress.get(), flat.data(),
                                                flat.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(got) != 0 || got != flat.size()) {
        return fail(Errc::corrupt, std::string("the chunk is damaged: ") + ZSTD_getErrorName(got));
    }
    VarintReader in(flat);
    std::uint64_t count = in.varint();
    auto format = ColumnFormat::first;
    if (count == kNoReports) {
        format = ColumnFormat::sequences;
        if (in.varint() != static_cast<std::uint64_t>(format)) {
            return fail(Errc::corrupt, "the chunk is of a format that this program does not know");
        }
        count = in.varint();
    }
    if (!in.ok() || count > kNumbersMax) return fail(Errc::corrupt, "the chunk is damaged");
    ReportJoiner joiner(in.rest(), format);
    std::vector<RawReport> reports;
    for (std::uint64_t i = 0; i < count; ++i) {
        RawReport& report = reports.emplace_back();
        report.device_no = like.device_no;
        report.stream_id = like.stream_id;
        report.lane = like.lane;
        joiner.next(report);
        if (!joiner.ok())
            return fail(Errc::corrupt, "the columns of the chunk do not fit together");
    }
    return reports;
}

}  // namespace aftercare::collector::sqlite
