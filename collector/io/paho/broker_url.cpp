#include <algorithm>
#include <array>
#include <charconv>

#include "collector/io/paho/paho_source.hpp"

namespace aftercare::collector {
namespace {

struct Scheme {
    std::string_view name;
    std::string_view paho;
    bool tls;
    std::string_view port;
};
constexpr std::array kSchemes{
    Scheme{"mqtt://", "tcp://", false, "1883"}, Scheme{"tcp://", "tcp://", false, "1883"},
    Scheme{"mqtts://", "ssl://", true, "8883"}, Scheme{"ssl://", "ssl://", true, "8883"}};

bool is_loopback(std::string_view host) {
    const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return host == "localhost" || host == "[::1]" || (numeric && host.substr(0, 4) == "127.");
}

bool valid_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

}  // namespace

Result<BrokerAddress> parse_broker_url(const std::string& url) {
    const auto wrong = [&] {
        return fail(Errc::invalid,
                    "broker url \"" + url + "\": expected mqtt://host:port or mqtts://host:port");
    };
    for (const Scheme& scheme : kSchemes) {
        if (url.compare(0, scheme.name.size(), scheme.name) != 0) continue;
        std::string rest = url.substr(scheme.name.size());
        if (!rest.empty() && rest.back() == '/') rest.pop_back();
        if (rest.find_first_of("/@ ") != std::string::npos) return wrong();
        const std::size_t bracket = rest.find(']');
        const std::size_t colon = rest.find(':', bracket == std::string::npos ? 0 : bracket);
        const std::string host = rest.substr(0, colon);
        const std::string port =
            colon == std::string::npos ? std::string(scheme.port) : rest.substr(colon + 1);
        if (host.empty() || !valid_port(port)) return wrong();
        return BrokerAddress{std::string(scheme.paho) + host + ":" + port, host, scheme.tls,
                             is_loopback(host)};
    }
    return wrong();
}

std::vector<std::string> leg_filters(const std::vector<unsigned>& buckets, const std::string& leg) {
    if (buckets.empty()) return {"aftercare/v1/+/+/+/" + leg};
    std::vector<std::string> filters;
    for (const unsigned bucket : buckets) {
        const std::string digits = (bucket < 10 ? "0" : "") + std::to_string(bucket);
        filters.push_back("aftercare/v1/+/" + digits + "/+/" + leg);
    }
    return filters;
}

}  // namespace aftercare::collector
