// First and last held record of each fault code, so that a full spool can drop the middle ones. A
// code that does not fit in the table keeps all its records.
#pragma once

#include <cstdint>
#include <span>

#include "agent/core/spool_format.hpp"

namespace aftercare::agent {

class FaultIndex {
  public:
    struct Entry {
        std::uint32_t code = 0;
        SpoolSeq first = 0;  ///< 0 = not known since an acknowledgement passed it
        SpoolSeq last = 0;   ///< 0 = free entry
    };
    explicit FaultIndex(std::span<Entry> entries) : entries_(entries) { clear(); }

    /// Call in the order of the seqs.
    void note(std::uint32_t code, SpoolSeq seq) {
        Entry* free = nullptr;
        for (Entry& entry : entries_) {
            if (entry.last == 0) {
                if (free == nullptr) free = &entry;
            } else if (entry.code == code) {
                if (entry.first == 0 && rebuilding_) entry.first = seq;
                if (seq > entry.last) entry.last = seq;
                return;
            }
        }
        if (free != nullptr) *free = {code, seq, seq};
    }
    void acked(SpoolSeq through) {
        for (Entry& entry : entries_) {
            if (entry.last <= through) entry = {};
            if (entry.first != 0 && entry.first <= through) {
                entry.first = 0;
                complete_ = false;
            }
        }
    }
    /// True when another record of the code is held before and another one behind it.
    [[nodiscard]] bool is_middle(std::uint32_t code, SpoolSeq seq) const {
        for (const Entry& entry : entries_) {
            if (entry.last != 0 && entry.code == code) {
                return entry.first != 0 && entry.first < seq && seq < entry.last;
            }
        }
        return false;
    }
    void clear() {
        for (Entry& entry : entries_) entry = {};
    }
    /// False when a pass over all held faults (begin_rebuild, note, end_rebuild) would find more.
    [[nodiscard]] bool complete() const { return complete_; }
    void forget() { complete_ = false; }
    void begin_rebuild() {
        clear();
        rebuilding_ = true;
    }
    void end_rebuild() {
        rebuilding_ = false;
        complete_ = true;
    }

  private:
    std::span<Entry> entries_;
    bool complete_ = true;
    bool rebuilding_ = false;
};

}  // namespace aftercare::agent
