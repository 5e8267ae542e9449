// Texts that many devices have in common (tenant, model, firmware, region …), each kept once. What
// no device uses any more is forgotten, so that a device which makes up names costs no memory.
//
// Thread: one. Lifetime: the pool outlives its texts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace aftercare::collector {

class TextPool;

/// One pointer; empty text costs nothing. Reads as a string wherever one is wanted.
class SharedText {
  public:
    SharedText() = default;
    SharedText(const SharedText& other);
    SharedText(SharedText&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    SharedText& operator=(SharedText other) noexcept {
        std::swap(entry_, other.entry_);
        return *this;
    }
    ~SharedText();

    [[nodiscard]] std::string_view view() const;
    [[nodiscard]] bool empty() const { return entry_ == nullptr; }
    operator std::string_view() const { return view(); }
    operator std::string() const { return std::string{view()}; }
    friend bool operator==(const SharedText& a, std::string_view b) { return a.view() == b; }

  private:
    friend class TextPool;
    struct Entry {
        std::string text;
        TextPool* pool;
        std::uint64_t uses = 0;
    };
    Entry* entry_ = nullptr;
};

class TextPool {
  public:
    TextPool() = default;
    TextPool(const TextPool&) = delete;
    TextPool& operator=(const TextPool&) = delete;

    SharedText share(std::string_view text);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    friend class SharedText;
    /// Keys look into the entries' own texts.
    std::unordered_map<std::string_view, std::unique_ptr<SharedText::Entry>> entries_;
};

inline SharedText::SharedText(const SharedText& other) : entry_(other.entry_) {
    if (entry_ != nullptr) ++entry_->uses;
}

inline SharedText::~SharedText() {
    if (entry_ != nullptr && --entry_->uses == 0) entry_->pool->entries_.erase(entry_->text);
}

inline std::string_view SharedText::view() const {
    return entry_ == nullptr ? std::string_view{} : std::string_view{entry_->text};
}

inline SharedText TextPool::share(std::string_view text) {
    SharedText shared;
    if (text.empty()) return shared;
    auto known = entries_.find(text);
    if (known == entries_.end()) {
        auto entry =
            std::make_unique<SharedText::Entry>(SharedText::Entry{std::string{text}, this});
        const std::string_view key = entry->text;
        known = entries_.emplace(key, std::move(entry)).first;
    }
    shared.entry_ = known->second.get();
    ++shared.entry_->uses;
    return shared;
}

}  // namespace aftercare::collector
