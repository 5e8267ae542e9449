// The bounded list of evidence on a ticket: a JSON array of objects, kept as text because nobody in
// the engine reads inside them.
#pragma once

#include <string>
#include <string_view>

namespace aftercare::collector {

/// The first one and the newest: what began it and how it stands.
inline constexpr std::size_t kEvidenceMax = 10;
inline constexpr std::size_t kEvidenceBytesMax = 4096;

/// `array` with `object` at its end; beyond the bound the second oldest goes. An object that is
/// empty or too large is left out.  Pre: both well-formed JSON.
std::string append_evidence(std::string_view array, std::string_view object,
                            std::size_t count_max = kEvidenceMax);
/// `array` with the objects of `more` at its end, one after the other.
std::string append_all_evidence(std::string array, std::string_view more);
/// The first object of `array`, or nothing.
std::string_view first_evidence(std::string_view array);

}  // namespace aftercare::collector
