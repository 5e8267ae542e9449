#include "tests/integration/http/keep_alive_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace aftercare::test {

KeepAliveClient::~KeepAliveClient() {
    close();
}

void KeepAliveClient::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    buffer_.clear();
}

bool KeepAliveClient::connect() {
    if (socket_ >= 0) return true;
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
    close();
    return false;
}

bool KeepAliveClient::send_all(const std::string& text) const {
    for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t size = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (size <= 0) return false;
        sent += static_cast<std::size_t>(size);
    }
    return true;
}

bool KeepAliveClient::fill(std::size_t size) {
    char bytes[16'384];
    while (buffer_.size() < size) {
        const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
        if (got <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(got));
    }
    return true;
}

KeepAliveClient::Answer KeepAliveClient::ask(const std::string& method, const std::string& target,
                                             const std::string& token, const std::string& body,
                                             const std::string& more_headers) {
    const std::string request =
        method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + "Authorization: Bearer " +
        token +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n" + more_headers + "\r\n" + body;
    Answer answer;
    if (!connect() || !send_all(request)) {
        close();
        return answer;
    }
    std::size_t head_end = 0;
    while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill(buffer_.size() + 1)) {
            close();
            return answer;
        }
    }
    std::istringstream head(buffer_.substr(0, head_end));
    std::string line;
    std::getline(head, line);
    const int status = std::atoi(line.c_str() + std::string("HTTP/1.1 ").size());
    while (std::getline(head, line)) {
        const std::size_t colon = line.find(':');
        std::string name = line.substr(0, colon);
        for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        const std::size_t end = line.find_last_not_of('\r');
        answer.headers[name] = line.substr(colon + 2, end - colon - 1);
    }
    const std::size_t size = std::strtoul(answer.headers["content-length"].c_str(), nullptr, 10);
    buffer_.erase(0, head_end + 4);
    if (!fill(size)) {
        close();
        return answer;
    }
    answer.status = status;
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
}

}  // namespace aftercare::test
