#include "agent/io/link_diagnosis.hpp"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

namespace aftercare::agent {
namespace {

constexpr int kStepMs = 3'000;
// A broker that wants a certificate says so just after the handshake.
constexpr int kAlertMs = 500;

struct Place {
    std::string host;
    std::string port;
};

// "mqtts://[::1]:8883" -> ::1, 8883.
Place place_of(const std::string& url, bool tls) {
    std::string rest = url.substr(url.find("://") + 3);
    rest = rest.substr(0, rest.find('/'));
    const auto colon = rest.rfind(':');
    const bool has_port = colon != std::string::npos && rest.find(']', colon) == std::string::npos;
    Place place{rest.substr(0, has_port ? colon : rest.size()),
                has_port ? rest.substr(colon + 1) : (tls ? "8883" : "1883")};
    if (place.host.starts_with('[')) place.host = place.host.substr(1, place.host.size() - 2);
    return place;
}

class Socket {
  public:
    ~Socket() { close(); }
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    [[nodiscard]] int file() const { return file_; }
    [[nodiscard]] bool wait(short events, int ms) const {
        pollfd set{file_, events, 0};
        return ::poll(&set, 1, ms) > 0;
    }
    /// 0, or the errno of the last address tried.
    int connect_to(const addrinfo* list) {
        int error = EHOSTUNREACH;
        for (const addrinfo* a = list; a != nullptr && error != 0; a = a->ai_next) {
            close();
            file_ = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            error = ::connect(file_, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
            if (error != EINPROGRESS) continue;
            socklen_t size = sizeof error;
            if (!wait(POLLOUT, kStepMs)) {
                error = ETIMEDOUT;
            } else {
                ::getsockopt(file_, SOL_SOCKET, SO_ERROR, &error, &size);
            }
        }
        return error;
    }

  private:
    void close() {
        if (file_ >= 0) ::close(file_);
        file_ = -1;
    }
    int file_ = -1;
};

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

std::string openssl_words() {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    return reason != nullptr ? reason : "the connection was closed";
}

// Repeats `call` until it neither wants to read nor to write. False on an error or after `ms`.
template <class Call>
bool drive(SSL* ssl, const Socket& socket, int ms, Call call) {
    for (;;) {
        const int result = call(ssl);
        if (result > 0) return true;
        const int wants = SSL_get_error(ssl, result);
        if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) return false;
        if (!socket.wait(wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, ms)) return false;
    }
}

std::string certificate_trouble(long verdict) {
    std::string words = "its certificate is refused: ";
    words += X509_verify_cert_error_string(verdict);
    if (verdict == X509_V_ERR_CERT_NOT_YET_VALID || verdict == X509_V_ERR_CERT_HAS_EXPIRED) {
        char today[16] = "?";
        const std::time_t now = std::time(nullptr);
        std::tm parts{};
        if (gmtime_r(&now, &parts) != nullptr)
            std::strftime(today, sizeof today, "%Y-%m-%d", &parts);
        words += std::string(" (this device's clock says ") + today + ")";
    }
    return words;
}

// Source: SSL_CTX_new(3), SSL_set1_host(3), SSL_get_verify_result(3).
std::string tls_trouble(const LinkDiagnosis& link, const std::string& host, const Socket& socket) {
    ERR_clear_error();
    const Context context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    if (!context) return "TLS cannot begin: " + openssl_words();
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    const int trusted = link.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                             : SSL_CTX_load_verify_locations(
                                                   context.get(), link.ca_file.c_str(), nullptr);
    if (trusted != 1) return "ca_file " + link.ca_file + ": " + openssl_words();
    if (!link.cert_file.empty() &&
        SSL_CTX_use_certificate_chain_file(context.get(), link.cert_file.c_str()) != 1) {
        return "cert_file " + link.cert_file + ": " + openssl_words();
    }
    if (!link.key_file.empty() &&
        SSL_CTX_use_PrivateKey_file(context.get(), link.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return "key_file " + link.key_file + ": " + openssl_words();
    }
    const Session session{SSL_new(context.get()), SSL_free};
    if (!session) return "TLS cannot begin: " + openssl_words();
    X509_VERIFY_PARAM* name = SSL_get0_param(session.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(name, host.c_str()) != 1) {
        X509_VERIFY_PARAM_set1_host(name, host.c_str(), 0);
        // What SSL_set_tlsext_host_name does, without its cast.
        std::string copy = host;
        SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 copy.data());
    }
    SSL_set_fd(session.get(), socket.file());
    if (!drive(session.get(), socket, kStepMs, SSL_connect)) {
        const long verdict = SSL_get_verify_result(session.get());
        if (verdict != X509_V_OK) return certificate_trouble(verdict);
        const bool no_tls =
            ERR_peek_error() == 0 || ERR_GET_REASON(ERR_peek_error()) == SSL_R_WRONG_VERSION_NUMBER;
        return "TLS failed: " + openssl_words() +
               (no_tls ? " (is that a port without TLS?)" : "; TLS 1.2 or later is needed");
    }
    char byte = 0;
    const auto peek = [&](SSL* ssl) { return SSL_peek(ssl, &byte, 1); };
    if (!drive(session.get(), socket, kAlertMs, peek) && ERR_peek_error() != 0) {
        return "it refuses this device: " + openssl_words();
    }
    return {};
}

}  // namespace

std::string why_unreachable(const LinkDiagnosis& link) {
    const bool tls = link.url.starts_with("mqtts://");
    const Place place = place_of(link.url, tls);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(place.host.c_str(), place.port.c_str(), &hints, &found);
        error != 0) {
        return place.host + ": " + ::gai_strerror(error);
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, ::freeaddrinfo};
    Socket socket;
    if (const int error = socket.connect_to(found); error != 0) return std::strerror(error);
    return tls ? tls_trouble(link, place.host, socket) : std::string{};
}

}  // namespace aftercare::agent
