// Parses and checks general.special_use_folders.
#include "storage/default_folders.h"

#include <algorithm>
#include <string>
#include <utility>

#include "storage/configure.h"
#include "storage/special_use.h"

namespace posthouse::storage {
namespace {

std::unexpected<Error> senseless(std::string_view text, ErrorCode code, std::string_view why) {
    return fail(code, "\"" + std::string(text) + "\": " + std::string(why));
}

}  // namespace

Result<DefaultFolder> parse_default_folder(std::string_view text, const Layout& layout) {
    const auto separator = text.rfind("=\\");
    if (separator == std::string_view::npos)
        return senseless(text, ErrorCode::invalid, "must be a name and a special use, e.g. Sent=\\Sent");
    const Result<MailboxName> name = MailboxName::parse(text.substr(0, separator));
    if (!name) return senseless(text, name.error().code, name.error().text);
    if (name->is_inbox()) return senseless(text, ErrorCode::invalid, "INBOX has no special use");
    if (const Result<std::string> place = layout.folder(*name); !place)
        return senseless(text, place.error().code, place.error().text);
    Result<std::string> use = parse_special_use(text.substr(separator + 1));
    if (!use) return senseless(text, ErrorCode::invalid, use.error().text);
    return DefaultFolder{name->text(), std::move(*use)};
}

std::vector<DefaultFolder> default_folders_from(const config::Config& config) {
    const Layout layout = layout_from(config);
    std::vector<DefaultFolder> folders;
    for (const std::string& text : config.general.special_use_folders) {
        Result<DefaultFolder> folder = parse_default_folder(text, layout);
        if (folder) folders.push_back(std::move(*folder));
    }
    return folders;
}

config::Problems default_folder_problems(const config::Config& config, const config::Origins& origins) {
    const std::string parameter = "general.special_use_folders";
    const auto origin = origins.find(parameter);
    const std::string where = origin == origins.end() ? parameter : origin->second + ": " + parameter;
    const Layout layout = layout_from(config);
    config::Problems problems;
    std::vector<DefaultFolder> folders;
    for (const std::string& text : config.general.special_use_folders) {
        Result<DefaultFolder> folder = parse_default_folder(text, layout);
        if (!folder) {
            problems.push_back({where, folder.error().text});
            continue;
        }
        const auto is_told = [&](auto member) {
            return std::ranges::find(folders, (*folder).*member, member) != folders.end();
        };
        if (is_told(&DefaultFolder::name)) problems.push_back({where, "\"" + folder->name + "\" is there twice"});
        if (is_told(&DefaultFolder::special_use))
            problems.push_back({where, folder->special_use + " is there twice: a use has one mailbox"});
        folders.push_back(std::move(*folder));
    }
    return problems;
}

}  // namespace posthouse::storage
