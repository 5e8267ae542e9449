#include "collector/io/toml/catalogue_toml.hpp"

#include <array>

#include "collector/io/toml/settings_toml.hpp"
#include "collector/io/toml/table_reader.hpp"
#include "collector/io/toml/toml_text.hpp"
#include "common/fixed_text.hpp"
#include "common/sorted.hpp"
#include "common/words.hpp"

namespace aftercare::collector {
namespace {

constexpr std::uint32_t kIdMax = 0xFFFF'FFFF;
constexpr std::array<std::string_view, 4> kSeverities{"info", "minor", "major", "critical"};

// Ids go on the wire and names into rules: both must be unique within a model.
template <class Item>
void refuse_duplicate(const std::vector<Item>& items, const Item& item, TableReader& reader) {
    for (const Item& other : items) {
        if (other.id == item.id)
            reader.mistake("id", "another entry of this model has the same id");
        if (other.name == item.name) {
            reader.mistake("name", "another entry of this model has the same name");
        }
    }
}

void read_range(TableReader& reader, MetricInfo& metric, Mistakes& mistakes) {
    const toml::node* node = reader.node("range");
    if (!node) return;
    const auto* array = node->as_array();
    const auto value = [&](std::size_t i) { return (*array)[i].value<double>(); };
    if (!array || array->size() != 2 || !value(0) || !value(1) || *value(0) >= *value(1)) {
        mistakes.add(*node, "metric, key 'range': expected [lowest, highest] plausible value");
        return;
    }
    metric.low = *value(0);
    metric.high = *value(1);
}

void read_metric(const toml::table& table, ModelInfo& model, Mistakes& mistakes) {
    TableReader reader(table, "metric", mistakes);
    MetricInfo metric;
    metric.id = reader.whole("id", Need::required, 0, 1, kIdMax);
    metric.name = reader.id("name");
    metric.unit = reader.text("unit", Need::optional);
    metric.title = reader.text("title", Need::optional, metric.name);
    read_range(reader, metric, mistakes);
    reader.finish();
    refuse_duplicate(model.metrics, metric, reader);
    model.metrics.push_back(std::move(metric));
}

void read_component(const toml::table& table, ModelInfo& model, Mistakes& mistakes) {
    TableReader reader(table, "component", mistakes);
    ComponentInfo component;
    component.id = reader.whole("id", Need::required, 0, 1, kIdMax);
    component.name = reader.id("name");
    reader.finish();
    refuse_duplicate(model.components, component, reader);
    model.components.push_back(std::move(component));
}

void read_counter(const toml::table& table, ModelInfo& model, Mistakes& mistakes) {
    TableReader reader(table, "counter", mistakes);
    CounterInfo counter;
    counter.id = reader.whole("id", Need::required, 0, 1, kIdMax);
    counter.name = reader.id("name");
    reader.finish();
    refuse_duplicate(model.counters, counter, reader);
    model.counters.push_back(std::move(counter));
}

void check_component(const ModelInfo& model, const std::string& name, TableReader& reader) {
    if (name.empty() || model.component(std::string_view(name))) return;
    std::vector<std::string_view> names;
    for (const ComponentInfo& component : model.components) names.emplace_back(component.name);
    reader.mistake("component", "'" + name + "' is no component of model '" + model.id +
                                    "': allowed are " + joined(names));
}

void read_fault(const toml::table& table, ModelInfo& model, Mistakes& mistakes) {
    TableReader reader(table, "fault", mistakes);
    FaultInfo fault;
    fault.id = reader.whole("id", Need::required, 0, 1, kIdMax);
    fault.name = reader.id("name");
    fault.title = reader.text("title", Need::optional, fault.name);
    fault.severity =
        static_cast<Severity>(reader.choice("severity", Need::optional, kSeverities, 1));
    fault.component = reader.text("component", Need::optional);
    reader.finish();
    check_component(model, fault.component, reader);
    refuse_duplicate(model.faults, fault, reader);
    model.faults.push_back(std::move(fault));
}

/// A key that names a notice's text or article must fit the notice.
void check_fits(TableReader& reader, std::string_view key, const std::string& text) {
    if (FixedText<48>::fits(text)) return;
    reader.mistake(key, "has " + std::to_string(text.size()) + " bytes: allowed are 48");
}

void read_texts(const toml::table& languages, const ModelInfo& model, FailureMode& mode,
                Mistakes& mistakes) {
    for (const auto& [key, node] : languages) {
        const std::string language(key.str());
        const toml::table* table = node.as_table();
        const std::string what = "failure_mode, text." + language;
        if (table == nullptr || !is_language(language)) {
            mistakes.add(node, what + ": expected a table under a language such as de or pt-BR");
            continue;
        }
        if (language == model.language) {
            mistakes.add(node, what + ": is the language of the plain texts; give it there");
        }
        TableReader reader(*table, what, mistakes);
        LocalText text{.language = language,
                       .title = reader.text("title", Need::optional),
                       .message = reader.text("message", Need::optional),
                       .article = reader.text("article", Need::optional)};
        check_fits(reader, "article", text.article);
        if (!text.message.empty() && mode.message.empty()) {
            reader.mistake("message", "the failure mode has no plain message to fall back to");
        }
        if (!text.article.empty() && mode.article.empty()) {
            reader.mistake("article", "the failure mode has no plain article to fall back to");
        }
        reader.finish();
        mode.texts.push_back(std::move(text));
    }
}

void read_failure_mode(const toml::table& table, ModelInfo& model, Mistakes& mistakes) {
    TableReader reader(table, "failure_mode", mistakes);
    FailureMode mode;
    mode.id = reader.id("id");
    mode.component = reader.text("component", Need::required);
    mode.title = reader.text("title", Need::optional, mode.id);
    mode.message_key = reader.text("message_key", Need::optional);
    mode.message = reader.text("message", Need::optional);
    mode.article = reader.text("article", Need::optional);
    check_fits(reader, "message_key", mode.message_key);
    check_fits(reader, "article", mode.article);
    mode.self_help = reader.flag("self_help", false);
    mode.remote_remedy = reader.text("remote_remedy", Need::optional);
    if (const toml::table* texts = reader.subtable("text", Need::optional)) {
        read_texts(*texts, model, mode, mistakes);
    }
    mode.parts = reader.texts("parts", Need::optional);
    mode.skill = reader.text("skill", Need::optional);
    mode.labour_min = reader.number("labour_min", Need::optional, 0, 0, 60.0 * 24 * 30);
    reader.finish();
    check_component(model, mode.component, reader);
    if (mode.self_help && mode.article.empty()) {
        reader.mistake("self_help", "needs the key 'article' that tells the customer how");
    }
    if (model.failure_mode(mode.id)) {
        reader.mistake("id", "another failure mode of this model has the same id");
    }
    model.failure_modes.push_back(std::move(mode));
}

// A platform is sold under many model numbers: `like` starts from an earlier model's lists.
ModelInfo start_model(TableReader& reader, const Catalogue& catalogue,
                      const std::string& language) {
    ModelInfo model;
    const std::string like = reader.text("like", Need::optional);
    if (!like.empty()) {
        if (const ModelInfo* earlier = catalogue.model(like)) {
            model = *earlier;
        } else {
            reader.mistake("like", "'" + like + "' is no model above this one");
        }
    }
    model.language = language;
    model.id = reader.id("id");
    model.family = reader.text("family", Need::optional, model.family);
    model.title = reader.text("title", Need::optional, model.id);
    return model;
}

void read_model(const toml::table& table, const std::string& language, Catalogue& catalogue,
                Mistakes& mistakes) {
    TableReader reader(table, "model", mistakes);
    ModelInfo model = start_model(reader, catalogue, language);
    const auto each = [&](std::string_view key, auto read) {
        for (const toml::table* item : reader.tables(key, Need::optional))
            read(*item, model, mistakes);
    };
    // Components first: faults and failure modes name them.
    each("component", read_component);
    each("metric", read_metric);
    each("fault", read_fault);
    each("counter", read_counter);
    each("failure_mode", read_failure_mode);
    if (const toml::table* settings = reader.subtable("settings", Need::optional)) {
        read_settings(*settings, model, mistakes);
    }
    reader.finish();
    if (catalogue.model(model.id)) reader.mistake("id", "another model has the same id");
    catalogue.models.push_back(std::move(model));
}

// `, key = "text"`, nothing when empty.
std::string pair(std::string_view key, std::string_view text) {
    return text.empty() ? "" : ", " + std::string(key) + " = " + toml_quoted(text);
}

std::string head(std::uint32_t id, std::string_view name) {
    return "  { id = " + std::to_string(id) + ", name = " + toml_quoted(name);
}

void write_model(const ModelInfo& model, std::string& out) {
    out += "[[model]]\nid = " + toml_quoted(model.id) + "\n";
    if (!model.family.empty()) out += "family = " + toml_quoted(model.family) + "\n";
    out += "title = " + toml_quoted(model.title) + "\n";
    out += "component = [\n";
    for (const auto& item : model.components) out += head(item.id, item.name) + " },\n";
    out += "]\nmetric = [\n";
    for (const auto& item : model.metrics) {
        out += head(item.id, item.name) + pair("unit", item.unit) + pair("title", item.title);
        if (item.low < item.high) {
            out += ", range = [" + toml_number(item.low) + ", " + toml_number(item.high) + "]";
        }
        out += " },\n";
    }
    out += "]\nfault = [\n";
    for (const auto& item : model.faults) {
        out += head(item.id, item.name) + pair("title", item.title) +
               pair("severity", to_string(item.severity)) + pair("component", item.component) +
               " },\n";
    }
    out += "]\ncounter = [\n";
    for (const auto& item : model.counters) out += head(item.id, item.name) + " },\n";
    out += "]\n";
    for (const auto& mode : model.failure_modes) {
        out += "[[model.failure_mode]]\nid = " + toml_quoted(mode.id) +
               "\ncomponent = " + toml_quoted(mode.component) +
               "\ntitle = " + toml_quoted(mode.title) +
               "\nmessage_key = " + toml_quoted(mode.message_key) +
               "\nmessage = " + toml_quoted(mode.message) +
               "\nremote_remedy = " + toml_quoted(mode.remote_remedy) +
               "\narticle = " + toml_quoted(mode.article) +
               "\nself_help = " + (mode.self_help ? "true" : "false") +
               "\nskill = " + toml_quoted(mode.skill) +
               "\nlabour_min = " + toml_number(mode.labour_min) + "\n";
        if (!mode.parts.empty()) {
            out += "parts = [";
            for (const auto& part : mode.parts) out += toml_quoted(part) + ", ";
            out += "]\n";
        }
        for (const auto& text : mode.texts) {
            out += "[model.failure_mode.text." + text.language +
                   "]\ntitle = " + toml_quoted(text.title) +
                   "\nmessage = " + toml_quoted(text.message) +
                   "\narticle = " + toml_quoted(text.article) + "\n";
        }
    }
    out += settings_to_toml(model) + "\n";
}

}  // namespace

Result<Catalogue> parse_catalogue(std::string_view text, const std::string& file) {
    const Result<toml::table> table = parse_toml(text, file);
    if (!table) return fail(table.error());
    Mistakes mistakes(file);
    TableReader reader(*table, "catalogue", mistakes);
    Catalogue catalogue;
    const std::string language = reader.text("language", Need::optional, ModelInfo{}.language);
    if (!is_language(language)) reader.mistake("language", "expected such as en or pt-BR");
    for (const toml::table* item : reader.tables("model", Need::required)) {
        read_model(*item, language, catalogue, mistakes);
    }
    reader.finish();
    if (!mistakes.empty()) return fail(mistakes.error());
    return catalogue;
}

Result<Catalogue> load_catalogue(const std::string& path) {
    const Result<std::string> text = read_text_file(path);
    if (!text) return fail(text.error());
    return parse_catalogue(*text, path);
}

std::string catalogue_to_toml(const Catalogue& catalogue) {
    std::string out;
    if (!catalogue.models.empty() && catalogue.models.front().language != ModelInfo{}.language) {
        out += "language = " + toml_quoted(catalogue.models.front().language) + "\n";
    }
    for (const ModelInfo& model : catalogue.models) write_model(model, out);
    // An empty catalogue is still a catalogue.
    return out.empty() ? "model = []\n" : out;
}

Catalogue catalogue_for_trace(std::vector<std::string> models, std::vector<std::string> metrics,
                              std::vector<std::string> fault_codes,
                              std::vector<std::string> components) {
    for (auto* names : {&models, &metrics, &fault_codes, &components}) sort_unique(*names);
    ModelInfo all;
    std::uint32_t id = 0;
    for (auto& name : metrics) all.metrics.push_back({.id = ++id, .name = name, .title = name});
    id = 0;
    for (auto& name : fault_codes) all.faults.push_back({.id = ++id, .name = name, .title = name});
    id = 0;
    for (auto& name : components) {
        all.components.push_back({.id = ++id, .name = name});
        all.failure_modes.push_back({.id = name, .component = name, .title = name});
    }
    Catalogue catalogue;
    for (const std::string& model : models) {
        all.id = model;
        all.title = model;
        catalogue.models.push_back(all);
    }
    return catalogue;
}

}  // namespace aftercare::collector
