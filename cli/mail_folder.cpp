// Folders of mail that a command deletes, or finds.
#include "cli/mail_folder.h"

#include <filesystem>
#include <ostream>

#include "auth/directory/address.h"
#include "storage/configure.h"
#include "storage/moved.h"

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

void forget_moves(Context& context, std::span<const std::string> names) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return;
    const std::string& mail_root = (*config)->general.mail_root;
    std::string domain;
    bool has_mail = false;
    for (const std::string& name : names) {
        const std::size_t at = name.rfind('@');
        Result<> forgotten;
        if (const std::string of = name.substr(at + 1); of != domain) {
            domain = of;
            forgotten = storage::forget_move(mail_root + "/" + domain);
            std::error_code error;
            has_mail = std::filesystem::exists(mail_root + "/" + domain, error);
        }
        if (forgotten && has_mail && at != std::string::npos)
            forgotten = storage::forget_move(mail_root + "/" + domain + "/" + name.substr(0, at));
        if (!forgotten)
            context.err << "Note: mail for " << name << " waits until this is mended: " << forgotten.error().message()
                        << "\n";
    }
}

Result<> delete_domain_mail(const Context& context, const std::string& domain) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    return delete_mail_and_index(**config, domain);
}

}  // namespace posthouse::cli
