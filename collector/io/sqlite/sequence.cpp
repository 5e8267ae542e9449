#include "collector/io/sqlite/sequence.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace aftercare::collector::sqlite {

namespace {

using Form = SequenceWriter::Form;
using Plan = SequenceWriter::Plan;

constexpr std::uint64_t kForms = 4;
constexpr std::uint64_t kShifts = 8;
/// A sequence of so many bits a number is worth looking for one that it is near to.
constexpr double kNoisyBits = 0.5;
constexpr std::size_t kReferencesMax = 6;

constexpr std::size_t heads_of(Form form) {
    return form == Form::steps || form == Form::signed_bends ? 2 : 1;
}
/// Residues that `count` numbers leave.
constexpr std::size_t residues_of(Form form, std::size_t count) {
    if (form == Form::offsets) return count;
    return count - std::min<std::size_t>(count, form == Form::signed_bends ? 2 : 1);
}

/// n · log2(n), looked up: it is asked for often.
double n_log_n(std::uint32_t n) {
    static const auto kTable = [] {
        std::array<double, 4097> table{};
        for (std::size_t i = 1; i < table.size(); ++i) {
            table[i] = static_cast<double>(i) * std::log2(static_cast<double>(i));
        }
        return table;
    }();
    return n < kTable.size() ? kTable[n] : n * std::log2(n);
}

/// As a signed number the least of them.
std::uint64_t least(const Numbers& values) {
    std::int64_t least = static_cast<std::int64_t>(values.front());
    for (const std::uint64_t value : values) {
        least = std::min(least, static_cast<std::int64_t>(value));
    }
    return static_cast<std::uint64_t>(least);
}

std::string plane_of(const Numbers& residues, unsigned shift, unsigned position) {
    std::string plane;
    plane.reserve(residues.size());
    for (const std::uint64_t residue : residues) {
        plane += static_cast<char>(residue << shift >> (8 * position) & 0xFF);
    }
    return plane;
}

using Counts = std::array<std::uint32_t, 256>;

/// Of `count` bytes, with the table of their codes, or as they are.
double bits_of(const Counts& counts, std::size_t count) {
    constexpr double kBitsOfACode = 4;
    double bits = n_log_n(static_cast<std::uint32_t>(count));
    for (const std::uint32_t n : counts) bits += n > 0 ? kBitsOfACode - n_log_n(n) : 0;
    return std::min(bits, 8.0 * static_cast<double>(count));
}

double bits_of(const Numbers& residues, unsigned width, unsigned shift) {
    double bits = 0;
    for (unsigned i = 0; i < width; ++i) {
        Counts counts{};
        for (const std::uint64_t residue : residues) ++counts[residue << shift >> (8 * i) & 0xFF];
        bits += bits_of(counts, residues.size());
    }
    return bits;
}

void weigh(Plan& plan) {
    std::uint64_t any = 0;
    for (const std::uint64_t residue : plan.residues) any |= residue;
    const auto length = static_cast<unsigned>(std::bit_width(any));
    plan.width = (length + 7) / 8;
    plan.bits = bits_of(plan.residues, plan.width, 0);
    // With the highest bit on top of its byte, that byte tells most of the number's frequency.
    const unsigned shift = 8 * plan.width - length;
    if (plan.width < 2 || shift == 0) return;
    const double bits = bits_of(plan.residues, plan.width, shift);
    if (bits >= plan.bits) return;
    plan.bits = bits;
    plan.shift = shift;
}

Plan written(Form form, const Numbers& values) {
    Plan plan{.form = form, .residues = values};
    Numbers& residues = plan.residues;
    if (form == Form::offsets) {
        plan.heads = {least(values)};
        for (std::uint64_t& residue : residues) residue -= plan.heads.front();
    } else {
        const int times = form == Form::signed_bends ? 2 : 1;
        for (int i = 0; i < times; ++i) {
            plan.heads.push_back(residues.empty() ? 0 : residues.front());
            for (std::size_t j = residues.size(); j-- > 1;) residues[j] -= residues[j - 1];
            if (!residues.empty()) residues.erase(residues.begin());
        }
        if (form == Form::steps) {
            plan.heads.push_back(residues.empty() ? 0 : least(residues));
            for (std::uint64_t& residue : residues) residue -= plan.heads.back();
        } else {
            for (std::uint64_t& residue : residues) residue = zigzag(residue);
        }
    }
    weigh(plan);
    return plan;
}

/// Undoes `written`: `residues` become the values.
void restore(Form form, const Numbers& heads, Numbers& residues) {
    if (form == Form::offsets) {
        for (std::uint64_t& value : residues) value += heads.front();
        return;
    }
    for (std::uint64_t& value : residues) {
        value = form == Form::steps ? value + heads.back() : unzigzag(value);
    }
    for (std::size_t i = form == Form::signed_bends ? 2 : 1; i-- > 0;) {
        residues.insert(residues.begin(), heads[i]);
        for (std::size_t j = 1; j < residues.size(); ++j) residues[j] += residues[j - 1];
    }
}

/// How far the first ones go up and down, less `times` the other's.
double unrest(const Numbers& values, const Numbers& other, std::uint64_t times) {
    constexpr std::size_t kLookedAt = 48;
    double sum = 0;
    for (std::size_t i = 1; i < std::min(values.size(), kLookedAt); ++i) {
        const std::uint64_t step = values[i] - values[i - 1] - times * (other[i] - other[i - 1]);
        sum += std::abs(static_cast<double>(static_cast<std::int64_t>(step)));
    }
    return sum;
}

}  // namespace

double bits_of(std::string_view bytes) {
    Counts counts{};
    for (const char byte : bytes) ++counts[static_cast<std::uint8_t>(byte)];
    return bits_of(counts, bytes.size());
}

Plan SequenceWriter::plan(const Numbers& values) const {
    Plan best;
    if (values.empty()) return best;
    best = written(Form::offsets, values);
    const auto consider = [&](Plan other) {
        if (other.bits < best.bits) best = std::move(other);
    };
    const auto noisy = [&] { return best.bits > kNoisyBits * static_cast<double>(values.size()); };
    for (const Form form : {Form::steps, Form::signed_steps, Form::signed_bends}) {
        if (noisy()) consider(written(form, values));
    }
    const double alone = unrest(values, values, 0);
    std::size_t tried = 0;
    for (auto kept = noisy_.rbegin(); kept != noisy_.rend() && noisy(); ++kept) {
        if (kept->values.size() != values.size()) continue;
        if (++tried > kReferencesMax) break;
        for (const std::uint64_t times : {1U, 2U}) {
            if (unrest(values, kept->values, times) > alone / 2) continue;
            Numbers apart = values;
            for (std::size_t i = 0; i < apart.size(); ++i) apart[i] -= times * kept->values[i];
            for (const Form form : {Form::offsets, Form::signed_steps}) {
                Plan plan = written(form, apart);
                plan.reference = kept->ordinal;
                plan.times = times;
                consider(std::move(plan));
            }
        }
    }
    return best;
}

void SequenceWriter::put(const Numbers& values, const Plan& plan, std::vector<std::string>& parts) {
    if (values.empty()) return;
    ++count_;
    if (plan.bits > kNoisyBits * static_cast<double>(values.size())) {
        noisy_.push_back({count_, values});
    }
    std::string& head = parts.back();
    const std::uint64_t near = plan.reference == 0 ? 0 : plan.reference * 2 + plan.times - 1;
    put_varint(head, near * kForms + static_cast<std::uint64_t>(plan.form));
    for (const std::uint64_t number : plan.heads) put_varint(head, zigzag(number));
    put_varint(head, plan.width * kShifts + plan.shift);
    for (unsigned i = 0; i < plan.width; ++i) {
        parts.push_back(plane_of(plan.residues, plan.shift, i));
    }
    if (plan.width > 0) parts.emplace_back();
}

const Numbers& SequenceReader::next(VarintReader& in, std::uint64_t count) {
    static const Numbers kNone;
    number_count_ += std::min<std::uint64_t>(count, kNumbersMax + 1);
    if (count == 0 || number_count_ > kNumbersMax) {
        if (count != 0) in.spoil();
        return kNone;
    }
    const std::uint64_t code = in.varint();
    const auto form = static_cast<Form>(code % kForms);
    const std::uint64_t reference = code / kForms / 2;
    const std::uint64_t times = code / kForms % 2 + 1;
    Numbers heads(heads_of(form));
    for (std::uint64_t& number : heads) number = unzigzag(in.varint());
    Numbers values(residues_of(form, static_cast<std::size_t>(count)));
    const std::uint64_t size = in.varint();
    const std::uint64_t width = size / kShifts;
    if (width > sizeof(std::uint64_t)) in.spoil();
    for (unsigned position = 0; position < width && in.ok(); ++position) {
        const std::string_view plane = in.take(values.size());
        for (std::size_t i = 0; i < plane.size(); ++i) {
            values[i] |= std::uint64_t{static_cast<std::uint8_t>(plane[i])} << (8 * position);
        }
    }
    for (std::uint64_t& value : values) value >>= size % kShifts;
    restore(form, heads, values);
    values.resize(static_cast<std::size_t>(count));  // of a single one a bend has a head too many
    if (reference != 0) {
        const Numbers& other = reference <= all_.size() ? all_[reference - 1] : kNone;
        if (other.size() != values.size()) return in.spoil(), kNone;
        for (std::size_t i = 0; i < values.size(); ++i) values[i] += times * other[i];
    }
    if (!in.ok()) return kNone;
    return all_.emplace_back(std::move(values));
}

}  // namespace aftercare::collector::sqlite
