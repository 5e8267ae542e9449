#include "collector/core/model/catalogue.hpp"

#include <algorithm>

#include "collector/core/model/text.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 4> kSeverities{"info", "minor", "major", "critical"};

// A model has tens of entries: a scan beats an index that has to be kept true.
template <class Item, class Value>
const Item* find_by(const std::vector<Item>& items, Value Item::*member, const auto& wanted) {
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const Item& item) { return item.*member == wanted; });
    return found == items.end() ? nullptr : &*found;
}

}  // namespace

std::string_view to_string(Severity severity) {
    return name_in(kSeverities, severity);
}
std::optional<Severity> parse_severity(std::string_view text) {
    return member_in<Severity>(kSeverities, text);
}

const MetricInfo* ModelInfo::metric(std::uint32_t wanted) const {
    return find_by(metrics, &MetricInfo::id, wanted);
}
const MetricInfo* ModelInfo::metric(std::string_view name) const {
    return find_by(metrics, &MetricInfo::name, name);
}
const FaultInfo* ModelInfo::fault(std::uint32_t wanted) const {
    return find_by(faults, &FaultInfo::id, wanted);
}
const FaultInfo* ModelInfo::fault(std::string_view name) const {
    return find_by(faults, &FaultInfo::name, name);
}
const ComponentInfo* ModelInfo::component(std::uint32_t wanted) const {
    return find_by(components, &ComponentInfo::id, wanted);
}
const ComponentInfo* ModelInfo::component(std::string_view name) const {
    return find_by(components, &ComponentInfo::name, name);
}
const FailureMode* ModelInfo::failure_mode(std::string_view wanted) const {
    return find_by(failure_modes, &FailureMode::id, wanted);
}
LocalText text_for(const ModelInfo& model, const FailureMode& mode, std::string_view language) {
    LocalText shown{model.language, mode.title, mode.message, mode.article};
    const std::string_view primary = language.substr(0, language.find('-'));
    // The nearer one last, so that it wins.
    for (const std::string_view wanted : {primary, language}) {
        for (const LocalText& text : mode.texts) {
            if (text.language != wanted) continue;
            const bool decides = mode.message.empty() || !text.message.empty();
            if (decides) shown.language = text.language;
            if (!text.title.empty()) shown.title = text.title;
            if (!text.message.empty()) shown.message = text.message;
            if (!text.article.empty()) shown.article = text.article;
        }
    }
    return shown;
}

const ModelInfo* Catalogue::model(std::string_view wanted) const {
    return find_by(models, &ModelInfo::id, wanted);
}

Result<std::uint32_t> metric_id(const Catalogue& catalogue, std::string_view model,
                                std::string_view name) {
    const ModelInfo* const info = catalogue.model(model);
    if (info == nullptr) {
        return fail(Errc::not_found, "the catalogue has no model \"" + std::string(model) + "\"");
    }
    if (const MetricInfo* const metric = info->metric(name)) return metric->id;
    const std::string names = joined(info->metrics, ", ", &MetricInfo::name);
    return fail(Errc::not_found, "model " + info->id + " has no metric \"" + std::string(name) +
                                     "\"; it has " + (names.empty() ? "none" : names));
}

}  // namespace aftercare::collector
