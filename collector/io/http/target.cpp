#include "collector/io/http/target.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "common/time_text.hpp"
#include "common/words.hpp"

namespace aftercare::collector {

namespace urls = boost::urls;

Result<Target> parse_target(std::string_view text) {
    const auto parsed = urls::parse_origin_form(urls::string_view(text.data(), text.size()));
    if (!parsed) return fail(Errc::invalid, "the request target is not a path with a query");
    Target target;
    for (const auto& segment : parsed->segments()) {
        target.segments.emplace_back(segment.data(), segment.size());
    }
    while (!target.segments.empty() && target.segments.back().empty()) target.segments.pop_back();
    urls::encoding_opts form;
    form.space_as_plus = true;
    for (const auto& parameter : parsed->params(form)) {
        const std::string name(parameter.key.data(), parameter.key.size());
        const std::string value(parameter.value.data(), parameter.value.size());
        if (name.empty() && value.empty()) continue;
        if (!target.query.emplace(name, value).second) {
            return fail(Errc::invalid, "parameter \"" + name + "\" is given twice");
        }
    }
    return target;
}

std::string query_encoded(std::string_view text) {
    return urls::encode(urls::string_view(text.data(), text.size()), urls::unreserved_chars);
}

std::string QueryReader::text(std::string_view name) {
    known_.emplace_back(name);
    const auto found = target_.query.find(name);
    return found == target_.query.end() ? std::string{} : found->second;
}

void QueryReader::refuse(std::string_view name, std::string why) {
    if (!mistake_) mistake_ = Mistake{std::string(name), std::move(why)};
}

std::size_t QueryReader::count(std::string_view name, std::size_t low, std::size_t high,
                               std::size_t otherwise) {
    const std::string value = text(name);
    if (value.empty()) return otherwise;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc{} && end == value.data() + value.size() && number >= low &&
        number <= high) {
        return number;
    }
    refuse(name,
           "expected a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    return otherwise;
}

bool QueryReader::flag(std::string_view name) {
    const std::string value = text(name);
    if (!value.empty() && value != "true" && value != "false") {
        refuse(name, "expected true or false");
    }
    return value == "true";
}

std::optional<WallTime> QueryReader::time(std::string_view name) {
    const std::string value = text(name);
    if (value.empty()) return std::nullopt;
    const auto parsed = parse_rfc3339(value);
    if (parsed) return *parsed;
    refuse(name, parsed.error().message);
    return std::nullopt;
}

const std::optional<QueryReader::Mistake>& QueryReader::finish() {
    for (const auto& [name, value] : target_.query) {
        if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
        refuse(name,
               "unknown parameter; allowed are " + (known_.empty() ? "none" : joined(known_)));
    }
    return mistake_;
}

}  // namespace aftercare::collector
