// All manual pages, made from the tables that the programs themselves have: the commands with their options, the
// parameters, the daemons. What these can't tell is in docs/man, a file for each page.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "manual/page.h"

namespace posthouse::manual {

/// posthouse(8) and a page for each command below it: posthouse-queue(8).
Result<std::vector<Page>> command_pages(const std::string& prose_folder);
/// posthoused(8), and posthouse-smtpd(8) and so on for what it starts.
Result<std::vector<Page>> daemon_pages(const std::string& prose_folder);
/// posthouse.toml(5).
Result<Page> configuration_page(const std::string& prose_folder);

/// All of these. Errors: as Prose::read; invalid (a file in docs/man that belongs to no page).
Result<std::vector<Page>> all_pages(const std::string& prose_folder);

}  // namespace posthouse::manual
