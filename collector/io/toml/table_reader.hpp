// Reads a TOML table by named keys and collects every mistake with file, line, column, key and what
// is allowed, so that a person mends a file in one go. The only door to tomlplusplus for
// hand-written files.
//
// Thread: one. The table and the mistakes must remain live while the reader is in use.
#pragma once

#include <toml++/toml.h>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"

namespace aftercare::collector {

/// A file with more mistakes than this is told so instead of scrolling them away.
inline constexpr std::size_t kMistakesShownMax = 20;

/// What is wrong in one file, in the order found.
class Mistakes {
  public:
    explicit Mistakes(std::string file) : file_(std::move(file)) {}
    /// "FILE:LINE:COLUMN: what"
    void add(const toml::node& where, std::string_view what);
    /// Of something found when the file was no longer at hand. Pre: begins with its place.
    void add(std::string_view placed);
    /// "FILE:LINE:COLUMN: "
    [[nodiscard]] std::string place(const toml::node& where) const;
    [[nodiscard]] bool empty() const { return count_ == 0; }
    /// Pre: not empty.
    [[nodiscard]] Error error() const;

  private:
    std::string file_;
    std::string text_;
    std::size_t count_ = 0;
};

/// Errors: not_found (no such file), invalid (not TOML; names line and column).
Result<toml::table> parse_toml(std::string_view text, const std::string& file);
/// Errors: not_found, invalid (larger than 8 MiB).
Result<std::string> read_text_file(const std::string& path);
/// All of it or nothing: written beside, then renamed. Errors: unavailable.
Status write_text_file(const std::string& path, std::string_view text);

/// An element of an array.
struct PlacedText {
    std::string text;
    std::string place;  ///< "FILE:LINE:COLUMN: what, key 'key': "
};

/// "de", "pt-BR".
bool is_language(std::string_view tag);

enum class Need : std::uint8_t { optional, required };

class TableReader {
  public:
    /// `what` names the table in messages: "rule", "pack".
    TableReader(const toml::table& table, std::string what, Mistakes& mistakes)
        : table_(table), what_(std::move(what)), mistakes_(mistakes) {}

    /// Each returns the fallback, and notes a mistake, when the key is missing though required or
    /// of the wrong type or out of bounds.
    std::string text(std::string_view key, Need need, std::string_view fallback = {});
    /// 1–64 of A–Z a–z 0–9 _ - .
    std::string id(std::string_view key, Need need = Need::required);
    double number(std::string_view key, Need need, double fallback, double low, double high);
    std::uint32_t whole(std::string_view key, Need need, std::uint32_t fallback, std::uint32_t low,
                        std::uint32_t high);
    bool flag(std::string_view key, bool fallback);
    milliseconds duration(std::string_view key, Need need, milliseconds fallback = {});
    /// Index into `names`.
    std::size_t choice(std::string_view key, Need need, std::span<const std::string_view> names,
                       std::size_t fallback);
    std::vector<std::string> texts(std::string_view key, Need need);
    /// The same, of which something is still to be checked.
    std::vector<PlacedText> placed_texts(std::string_view key, Need need);
    /// Exactly `count` numbers.
    std::vector<double> numbers(std::string_view key, Need need, std::size_t count);
    /// Elements of an array of tables; empty when the key is missing.
    std::vector<const toml::table*> tables(std::string_view key, Need need);
    const toml::table* subtable(std::string_view key, Need need);
    /// The node itself, marked as known; nullptr when missing.
    const toml::node* node(std::string_view key);

    [[nodiscard]] bool has(std::string_view key) const { return table_.get(key) != nullptr; }
    void mistake(std::string_view key, std::string_view what);
    /// Every key that nobody asked for is a mistake. Call once, last.
    void finish();

  private:
    const toml::node* find(std::string_view key, Need need);

    const toml::table& table_;
    std::string what_;
    Mistakes& mistakes_;
    std::vector<std::string> known_;
};

}  // namespace aftercare::collector
