#include "common/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace aftercare {

std::string_view to_string(Errc code) {
    switch (code) {
        case Errc::invalid:
            return "invalid";
        case Errc::corrupt:
            return "corrupt";
        case Errc::unavailable:
            return "unavailable";
        case Errc::exhausted:
            return "exhausted";
        case Errc::conflict:
            return "conflict";
        case Errc::not_found:
            return "not_found";
        case Errc::denied:
            return "denied";
    }
    return "unknown";
}

Error Error::within(std::string_view context) const {
    return Error{code, std::string(context) + ": " + message};
}

void invariant_broken(const char* what, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, what);
    std::abort();
}

}  // namespace aftercare
