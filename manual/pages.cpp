// All pages, and what leads from each to others.
#include "manual/pages.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "manual/roff.h"

namespace posthouse::manual {
namespace {

/// Every file in docs/man belongs to a page.
Result<> check_files(const std::string& prose_folder, const std::vector<Page>& pages) {
    std::set<std::string> known = {"daemons.md"};  // what all daemons' pages have
    for (const Page& page : pages) known.insert(page.name() + ".md");
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(prose_folder, error)) {
        const std::string name = entry.path().filename().string();
        if (!known.contains(name)) return fail(ErrorCode::invalid, "docs/man/" + name + " belongs to no page");
    }
    if (error) return fail(ErrorCode::io, "cannot read " + prose_folder, error.message());
    return {};
}

}  // namespace

Result<std::vector<Page>> all_pages(const std::string& prose_folder) {
    Result<std::vector<Page>> pages = command_pages(prose_folder);
    if (!pages) return pages;
    Result<std::vector<Page>> daemons = daemon_pages(prose_folder);
    if (!daemons) return daemons;
    std::ranges::move(*daemons, std::back_inserter(*pages));
    Result<Page> configuration = configuration_page(prose_folder);
    if (!configuration) return fail(configuration.error());
    pages->push_back(*std::move(configuration));
    if (Result<> known = check_files(prose_folder, *pages); !known) return fail(known.error());
    return pages;
}

}  // namespace posthouse::manual
