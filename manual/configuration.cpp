// posthouse.toml(5), from the table of parameters.
#include "lib/config/show.h"
#include "lib/config/value.h"
#include "manual/pages.h"
#include "manual/roff.h"

namespace posthouse::manual {
namespace {

/// smtpd.workers = 1
///     Worker processes.
///     Integer, 1 to 64; applies at restart.
std::string parameter_item(const config::Parameter& parameter, const config::Config& defaults) {
    const std::string value = config::format_value(config::value_of(parameter, defaults));
    const std::string limits = config::limits_text(parameter);
    std::string facts = capitalised(to_string(parameter.kind)) + (limits.empty() ? "" : ", " + limits);
    if (!parameter.limits.words.empty())
        facts = (parameter.kind == config::Kind::word ? "One of " : "List of ") + limits;
    facts += "; applies at " + std::string(to_string(parameter.applies)) + '.';
    return item(bold(literal(parameter.full_name())) + " = " + literal(value), parameter.documentation) + ".br\n" +
           spans(facts) + '\n';
}

}  // namespace

Result<Page> configuration_page(const std::string& prose_folder) {
    const Result<Prose> prose = Prose::read(prose_folder + "/posthouse.toml.md");
    if (!prose) return fail(prose.error());
    Page page("posthouse.toml", 5, "the configuration of a Posthouse mail server");
    page.add("Synopsis", bold(literal(config::default_path)) + '\n');
    page.add("Description", blocks(config::introduction()));
    const config::Config defaults;
    for (const config::Section& section : config::sections()) {
        page.add("Configuration", ".SS [" + literal(section.name) + "]\n" + spans(section.documentation) + '\n');
        for (const config::Parameter& parameter : config::parameters())
            if (parameter.section == section.name) page.add("Configuration", parameter_item(parameter, defaults));
    }
    page.add(*prose);
    return page;
}

}  // namespace posthouse::manual
