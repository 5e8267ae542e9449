#include "collector/io/http/token.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <span>

#include "common/topic.hpp"

namespace aftercare::collector {
namespace {

constexpr std::size_t kTokenBytes = 32;

std::string hex(std::span<const unsigned char> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

}  // namespace

std::string token_sha256(std::string_view token) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const int done =
        EVP_Digest(token.data(), token.size(), digest.data(), &size, EVP_sha256(), nullptr);
    AFTERCARE_ASSERT(done == 1 && size == 32);
    return hex(std::span(digest).first(size));
}

Result<std::string> create_token(Tokens& tokens, Principal principal, WallTime now) {
    if (!valid_id(principal.tenant)) {
        return fail(Errc::invalid,
                    "tenant \"" + principal.tenant + "\": expected 1 to 64 of A-Z a-z 0-9 _ -");
    }
    if (principal.role == Role::centre && !valid_id(principal.centre)) {
        return fail(Errc::invalid, "role centre needs a centre id of 1 to 64 of A-Z a-z 0-9 _ -");
    }
    if (principal.role != Role::centre && !principal.centre.empty()) {
        return fail(Errc::invalid, "only role centre takes a centre");
    }
    std::array<unsigned char, kTokenBytes> secret{};
    if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
        return fail(Errc::unavailable, "the system gives no random numbers");
    }
    const std::string token = "act_" + hex(secret);
    const std::string digest = token_sha256(token);
    if (principal.name.empty()) {
        principal.name = std::string(to_string(principal.role)) + "-" + digest.substr(0, 8);
    }
    if (Status added = tokens.add({digest, std::move(principal), now}); !added) {
        return fail(std::move(added.error()));
    }
    return token;
}

}  // namespace aftercare::collector
