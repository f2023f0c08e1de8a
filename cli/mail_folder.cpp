// Folders of mail that a command deletes, or finds.
#include "cli/mail_folder.h"

#include <filesystem>

#include "auth/directory/address.h"
#include "storage/configure.h"

namespace posthouse::cli {
namespace {

// A folder whose mail is deleted, and its index, lie strictly below their roots, whatever the names are.
Result<> delete_below(const std::string& root, const std::filesystem::path& relative) {
    for (const auto& part : relative) {
        if (part.empty() || part == "." || part == "..")
            return fail(ErrorCode::internal, "Not a folder of mail", relative.string());
    }
    const std::filesystem::path folder = std::filesystem::path(root) / relative;
    std::error_code error;
    std::filesystem::remove_all(folder, error);
    if (error) return fail(ErrorCode::io, "Mail could not be deleted", folder.string() + ": " + error.message());
    return {};
}

Result<> delete_mail_and_index(const config::Config& config, const std::filesystem::path& relative) {
    if (Result<> deleted = delete_below(config.general.mail_root, relative); !deleted) return deleted;
    return delete_below(storage::index_root_of(config), relative);
}

}  // namespace

Result<> delete_user_mail(const Context& context, const std::string& email) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    const Result<auth::MailAddress> address = auth::parse_user_address(email, auth::LocalPart::keep_case);
    if (!address) return fail(address.error());
    return delete_mail_and_index(**config, std::filesystem::path(address->domain) / address->local);
}

std::string mail_left_behind(const Context& context, const std::string& email) {
    const Result<config::Snapshot> config = context.config();
    const Result<auth::MailAddress> address = auth::parse_user_address(email, auth::LocalPart::keep_case);
    if (!config || !address) return {};
    const std::filesystem::path folder =
        std::filesystem::path((*config)->general.mail_root) / address->domain / address->local;
    std::error_code error;
    return std::filesystem::exists(folder, error) ? folder.string() : std::string();
}

Result<> delete_domain_mail(const Context& context, const std::string& domain) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    return delete_mail_and_index(**config, domain);
}

}  // namespace posthouse::cli
