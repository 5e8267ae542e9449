#include "collector/io/http/assets.hpp"

namespace aftercare::collector {

Response serve(const Asset& asset, const Request& request) {
    Response response{200, std::string(asset.content_type), {}, {}};
    response.headers = {
        {"ETag", std::string(asset.etag)},
        {"Cache-Control", "no-cache"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
         "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}};
    if (request.header("if-none-match") == asset.etag) {
        response.status = 304;
    } else {
        response.body = asset.body;
    }
    return response;
}

}  // namespace aftercare::collector
