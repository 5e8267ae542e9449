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

std::string joined(const Names& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none, for the catalogue names none" : text;
}

void check_names(const ServiceCentre& centre, const std::vector<std::string>& given,
                 std::string_view key, const Names& known, std::string& wrong) {
    for (const std::string& name : given) {
        if (known.contains(name)) continue;
        wrong += (wrong.empty() ? "" : "\n") + ("[[centre]] " + centre.id) + ", key '" +
                 std::string(key) + "': no model of the catalogue has '" + name +
                 "': allowed are " + joined(known);
    }
}

}  // namespace

void read_centre(const toml::table& table, const std::vector<std::string>& tenants,
                 Mistakes& mistakes, SlaSettings& sla) {
    TableReader reader(table, "[[centre]]", mistakes);
    ServiceCentre centre;
    centre.tenant = read_tenant(reader, tenants);
    centre.id = reader.id("id");
    centre.name = reader.text("name", Need::optional, centre.id);
    centre.calendar = reader.text("calendar", Need::optional);
    check_calendar_name(reader, "calendar", centre.calendar, sla);
    centre.regions = reader.texts("regions", Need::optional);
    centre.families = reader.texts("families", Need::optional);
    centre.skills = reader.texts("skills", Need::optional);
    centre.languages = reader.texts("languages", Need::optional);
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

Status check_centres(const SlaSettings& sla, const Catalogue& catalogue, const std::string& file) {
    Names families;
    Names skills;
    for (const ModelInfo& model : catalogue.models) {
        if (!model.family.empty()) families.insert(model.family);
        for (const FailureMode& mode : model.failure_modes) {
            if (!mode.skill.empty()) skills.insert(mode.skill);
        }
    }
    std::string wrong;
    for (const ServiceCentre& centre : sla.centres) {
        check_names(centre, centre.families, "families", families, wrong);
        check_names(centre, centre.skills, "skills", skills, wrong);
    }
    if (wrong.empty()) return {};
    return fail(Errc::invalid, file + ": " + wrong);
}

}  // namespace aftercare::collector
