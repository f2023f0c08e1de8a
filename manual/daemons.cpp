// The daemons' pages, from the supervisor's table of them.
#include <algorithm>

#include "lib/config/show.h"
#include "lib/config/value.h"
#include "manual/pages.h"
#include "manual/roff.h"
#include "posthoused/daemons.h"
#include "posthoused/options.h"

namespace posthouse::manual {
namespace {

/// What section [smtpd] says of itself: "smtpd: receives messages …".
Result<std::string> purpose_of(std::string_view daemon) {
    const std::string begin = std::string(daemon) + ": ";
    for (const config::Section& section : config::sections()) {
        if (!section.documentation.starts_with(begin)) continue;
        std::string_view words = section.documentation.substr(begin.size());
        return std::string(words.substr(0, words.find('.')));
    }
    return fail(ErrorCode::not_found, "no section of parameters says what " + std::string(daemon) + " does");
}

std::string listener_item(std::string_view name) {
    const config::Config defaults;
    const config::Parameter* parameter = config::find_parameter("listen", name);
    if (parameter == nullptr) return {};
    return item(bold(literal(parameter->full_name())) + " = " +
                    literal(config::format_value(config::value_of(*parameter, defaults))),
                parameter->documentation);
}

std::string section_list(const supervisor::DaemonKind& kind) {
    std::string text = ".PP\nThe sections of posthouse.toml(5) that it is given are ";
    for (const std::string_view section : kind.sections) text += bold('[' + literal(section) + ']') + ", ";
    return text + "and, as every daemon, \\fB[general]\\fR, \\fB[tls]\\fR, \\fB[log]\\fR and \\fB[listen]\\fR.\n";
}

std::string items(const std::vector<supervisor::Explained>& all) {
    std::string text;
    for (const supervisor::Explained& one : all) text += item(bold(literal(one.name)), capitalised(one.meaning) + '.');
    return text;
}

Result<Page> supervisor_page(const std::string& prose_folder) {
    const Result<Prose> prose = Prose::read(prose_folder + "/posthoused.md");
    if (!prose) return fail(prose.error());
    Page page("posthoused", 8, supervisor::purpose());
    page.add("Synopsis", ".SY posthoused\n[\\fB\\-\\-config\\fR \\fIFILE\\fR] [\\fB\\-\\-background\\fR]\n.YS\n");
    page.add("Options", items(supervisor::explained_options()));
    page.add("Signals", items(supervisor::explained_signals()));
    page.add(*prose);
    return page;
}

}  // namespace

Result<std::vector<Page>> daemon_pages(const std::string& prose_folder) {
    Result<Page> supervisor = supervisor_page(prose_folder);
    if (!supervisor) return fail(supervisor.error());
    std::vector<Page> pages{*std::move(supervisor)};
    const Result<Prose> common = Prose::read(prose_folder + "/daemons.md");
    if (!common) return fail(common.error());
    for (const supervisor::DaemonKind& kind : supervisor::daemon_kinds()) {
        const std::string daemon(kind.name);
        Result<std::string> purpose = purpose_of(daemon);
        if (!purpose) return fail(purpose.error());
        const Result<Prose> prose = Prose::read(prose_folder + "/posthouse-" + daemon + ".md");
        if (!prose) return fail(prose.error());
        Page page("posthouse-" + daemon, 8, *std::move(purpose));
        page.add("Synopsis", ".SY " + daemon + "\n[\\fB\\-\\-config\\fR \\fIFILE\\fR]\n.YS\n");
        for (const std::string_view listener : kind.listeners) page.add("Listeners", listener_item(listener));
        page.add("Configuration", section_list(kind));
        page.add(*prose);
        page.add(*common);
        pages.push_back(std::move(page));
    }
    std::ranges::sort(pages, {}, &Page::name);
    Page& supervising = *std::ranges::find(pages, "posthoused", &Page::name);
    for (const Page& page : pages)
        if (&page != &supervising)
            supervising.add("Daemons", item(bold(literal(page.reference())), capitalised(page.purpose()) + '.'));
    return pages;
}

}  // namespace posthouse::manual
