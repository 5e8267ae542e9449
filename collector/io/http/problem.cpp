#include "collector/io/http/problem.hpp"

#include <nlohmann/json.hpp>

namespace aftercare::collector {
unsigned problem_status(Errc code) {
    switch (code) {
        case Errc::invalid:
            return 422;
        case Errc::not_found:
            return 404;
        case Errc::conflict:
            return 409;
        case Errc::denied:
            return 403;
        case Errc::exhausted:
        case Errc::unavailable:
            return 503;
        case Errc::corrupt:
            return 500;
    }
    return 500;
}

std::string_view status_title(unsigned status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 409:
            return "Conflict";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 503:
            return "Service Unavailable";
        default:
            return status >= 500 ? "Internal Server Error" : "Error";
    }
}

Response problem(unsigned status, std::string_view detail, std::string_view field) {
    nlohmann::ordered_json body{{"type", "about:blank"},
                                {"title", status_title(status)},
                                {"status", status},
                                {"detail", detail}};
    if (!field.empty()) body["field"] = field;
    Response response{status, "application/problem+json", {}, {}};
    response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    if (status == 503) response.headers.emplace_back("Retry-After", "1");
    return response;
}

Response problem(const Error& error, std::string_view field) {
    return problem(problem_status(error.code), error.message, field);
}

}  // namespace aftercare::collector
