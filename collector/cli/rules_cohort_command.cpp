// rules cohort: the references of a `cohort` predicate, from recorded telemetry.
#include <ostream>

#include "collector/cli/commands.hpp"
#include "collector/cli/histories.hpp"
#include "collector/cli/options.hpp"
#include "collector/core/learn/cohort_references.hpp"
#include "collector/io/toml/rules_toml.hpp"
#include "common/time_text.hpp"

namespace aftercare::collector {
namespace {

struct CohortRequest {
    std::vector<std::string> sources;
    std::string metric, catalogue_file, window = "24h";
    std::uint32_t samples_min = 12;
    double percentile = 99;
};

void print_cohort(Shell& shell, const CohortRequest& request) {
    const auto window = parse_duration(request.window);
    if (!window || window->count() < 8) {
        return shell.fail(Exit::usage, "--window: a duration such as 24h");
    }
    auto sources = open_sources(shell, request.sources, request.catalogue_file);
    if (!sources) return shell.fail(sources.error());
    const auto histories = read_histories(*sources);
    if (!histories) return shell.fail(histories.error());
    const CohortFits found = fit_cohorts(*histories, request.metric, *window, request.samples_min);
    for (const std::string& why : found.left_out) shell.err << "left out: " << why << "\n";
    if (found.fits.empty()) {
        return shell.fail(Exit::data, "no cohort of '" + request.metric + "' is large enough");
    }
    Predicate node{.kind = PredicateKind::cohort,
                   .window = *window,
                   .metric = request.metric,
                   .limit = request.percentile,
                   .clear_limit = request.percentile,
                   .samples_min = request.samples_min};
    for (const CohortFit& fit : found.fits) {
        node.references.push_back(fit.reference);
        shell.err << fit.reference.model << " " << fit.reference.firmware << ": " << fit.devices
                  << " devices, " << fit.windows << " windows\n";
    }
    shell.out << condition_to_toml(node);
}

}  // namespace

void add_cohort_command(CLI::App& rules, Shell& shell) {
    auto request = std::make_shared<CohortRequest>();
    CLI::App* command = rules.add_subcommand(
        "cohort", "The `when` of a cohort rule: what devices of each model and firmware are like");
    add_sources_option(*command, request->sources)->required();
    command->add_option("--metric", request->metric, "As the catalogue names it")
        ->required()
        ->type_name("NAME");
    command->add_option("--window", request->window, "Whose mean is compared")
        ->capture_default_str()
        ->type_name("TIME");
    command->add_option("--samples-min", request->samples_min, "Readings that a window needs")
        ->capture_default_str()
        ->type_name("N");
    command->add_option("--percentile", request->percentile, "Written as the rule's limit")
        ->check(CLI::Range(50.0, 100.0))
        ->capture_default_str()
        ->type_name("P");
    add_catalogue_option(*command, request->catalogue_file);
    add_example(*command,
                "aftercare-collector rules cohort --db collector.db --metric compressor_w");
    command->callback([request, &shell] { print_cohort(shell, *request); });
}

}  // namespace aftercare::collector
