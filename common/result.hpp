// Result<T>: a value or a reason. Dropping one is a compiler warning, hence an error here.
// Hosts carry an Error with words; device code uses Result<T, Errc>, which allocates nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace aftercare {

/// What the caller does about it, not where it came from.
enum class Errc : std::uint8_t {
    invalid,      ///< input is wrong: quarantine or refuse it
    corrupt,      ///< stored bytes are damaged: skip and count
    unavailable,  ///< try again later
    exhausted,    ///< a bound is reached: back-pressure
    conflict,     ///< already done, or done differently
    not_found,
    denied,
};

/// "invalid", "corrupt", … as printed in messages and metrics.
std::string_view to_string(Errc code);

struct Error {
    Errc code;
    std::string message;

    /// The same error with `context + ": "` before its message.
    [[nodiscard]] Error within(std::string_view context) const;
};

template <class T, class E = Error>
class [[nodiscard]] Result : public tl::expected<T, E> {
  public:
    using tl::expected<T, E>::expected;
};

using Status = Result<void>;

inline tl::unexpected<Error> fail(Errc code, std::string message) {
    return tl::unexpected<Error>(Error{code, std::move(message)});
}
inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Errc> fail(Errc code) {
    return tl::unexpected<Errc>(code);
}

/// Broken invariant: prints where and aborts, in release builds too.
[[noreturn]] void invariant_broken(const char* what, const char* file, int line);

#define AFTERCARE_ASSERT(condition) \
    ((condition) ? void(0) : ::aftercare::invariant_broken(#condition, __FILE__, __LINE__))

}  // namespace aftercare
