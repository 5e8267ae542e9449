#include "collector/io/live/centre_config.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "collector/io/live/sla_config.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

constexpr std::array<std::string_view, 2> kDeliveries{"console", "mqtt"};
constexpr std::uint32_t kJobsPerDayMax = 1'000'000;

std::string read_tenant(TableReader& reader, const std::vector<std::string>& tenants) {
    if (!reader.has("tenant")) {
        reader.node("tenant");
        return {};
    }
    std::string tenant = reader.id("tenant");
    const bool known = std::find(tenants.begin(), tenants.end(), tenant) != tenants.end();
    if (!known && !tenants.empty() && !tenant.empty()) {
        const std::vector<std::string_view> names(tenants.begin(), tenants.end());
        reader.mistake("tenant",
                       "'" + tenant + "' is not in [tenants] list: allowed are " + joined(names));
    }
    return tenant;
}

using Names = std::set<std::string, std::less<>>;

std::string allowed(const Names& names) {
    return names.empty() ? "none, for the catalogue names none" : joined(names);
}

/// The names in a list of the catalogue's, remembered with their places.
std::vector<std::string> read_names(TableReader& reader, std::string_view key,
                                    CatalogueName::Kind kind, std::vector<CatalogueName>& names) {
    std::vector<std::string> list;
    for (PlacedText& one : reader.placed_texts(key, Need::optional)) {
        list.push_back(one.text);
        names.push_back({kind, std::move(one.text), std::move(one.place)});
    }
    return list;
}

std::vector<std::string> read_languages(TableReader& reader, Mistakes& mistakes) {
    std::vector<std::string> list;
    for (PlacedText& one : reader.placed_texts("languages", Need::optional)) {
        if (!is_language(one.text)) {
            mistakes.add(one.place + "'" + one.text +
                         "' is no language: allowed are tags such as de or pt-BR");
        }
        list.push_back(std::move(one.text));
    }
    return list;
}

}  // namespace

void read_centre(const toml::table& table, const std::vector<std::string>& tenants,
                 Mistakes& mistakes, SlaSettings& sla, std::vector<CatalogueName>& names) {
    TableReader reader(table, "[[centre]]", mistakes);
    ServiceCentre centre;
    centre.tenant = read_tenant(reader, tenants);
    centre.id = reader.id("id");
    centre.name = reader.text("name", Need::optional, centre.id);
    centre.calendar = reader.text("calendar", Need::optional);
    check_calendar_name(reader, "calendar", centre.calendar, sla);
    centre.regions = reader.texts("regions", Need::optional);
    centre.families = read_names(reader, "families", CatalogueName::Kind::family, names);
    centre.skills = read_names(reader, "skills", CatalogueName::Kind::skill, names);
    centre.languages = read_languages(reader, mistakes);
    centre.jobs_per_day_max =
        reader.whole("capacity_per_day", Need::optional, 0, 1, kJobsPerDayMax);
    centre.delivery =
        static_cast<Delivery>(reader.choice("delivery", Need::optional, kDeliveries, 0));
    const bool twice =
        std::any_of(sla.centres.begin(), sla.centres.end(), [&](const ServiceCentre& other) {
            return other.id == centre.id &&
                   (other.tenant == centre.tenant || other.tenant.empty() || centre.tenant.empty());
        });
    if (twice) reader.mistake("id", "there is a centre '" + centre.id + "' already");
    sla.centres.push_back(std::move(centre));
    reader.finish();
}

Status check_centres(const std::vector<CatalogueName>& names, const Catalogue& catalogue) {
    Names families;
    Names skills;
    for (const ModelInfo& model : catalogue.models) {
        if (!model.family.empty()) families.insert(model.family);
        for (const FailureMode& mode : model.failure_modes) {
            if (!mode.skill.empty()) skills.insert(mode.skill);
        }
    }
    Mistakes mistakes("");
    for (const CatalogueName& one : names) {
        const bool family = one.kind == CatalogueName::Kind::family;
        const Names& known = family ? families : skills;
        if (known.contains(one.name)) continue;
        mistakes.add(one.place + (family ? "no model" : "no failure mode") +
                     " of the catalogue has '" + one.name + "': allowed are " + allowed(known));
    }
    if (mistakes.empty()) return {};
    return fail(mistakes.error());
}

}  // namespace aftercare::collector
