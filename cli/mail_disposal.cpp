// Keeping, archiving or deleting mail.
#include "cli/mail_disposal.h"

#include <unistd.h>

#include <CLI/Option.hpp>
#include <cerrno>
#include <filesystem>
#include <sstream>

#include "cli/export.h"
#include "cli/mail_archive.h"
#include "cli/mail_folder.h"

namespace posthouse::cli {

std::string MailDisposal::details() const {
    if (!archive.empty()) return "its mail archived in " + archive;
    return remove ? "with its mail" : "";
}

void add_mail_options(CLI::App& command, MailDisposal& disposal) {
    CLI::Option* keep = command.add_flag("--keep-mail", disposal.keep, "Leave the mail on disk, as without any option");
    CLI::Option* archive =
        command.add_option("--archive", disposal.archive,
                           "Put the mail and directory.json into a tar file, then delete it; the name "
                           "tells the compression (.tar.zst, .tar.gz, .tar)");
    archive->type_name("FILE")->excludes(keep);
    command.add_flag("--delete-mail", disposal.remove, "Delete the mail")->excludes(keep)->excludes(archive);
}

Result<> check_disposal(const MailDisposal& disposal) {
    if (disposal.archive.empty()) return {};
    const std::filesystem::path path(disposal.archive);
    const std::string folder = path.parent_path().empty() ? "." : path.parent_path().string();
    if (::access(disposal.archive.c_str(), F_OK) == 0)
        return fail(ErrorCode::exists, "There is a file " + disposal.archive + " already");
    if (::access(folder.c_str(), W_OK | X_OK) != 0) return fail_errno("write to " + folder, errno);
    return check_archive_name(disposal.archive);
}

Result<std::string> document_of(auth::Directory& directory, const MailDisposal& disposal, const std::string& name) {
    if (disposal.archive.empty()) return std::string();
    const std::size_t at = name.rfind('@');
    ExportSelection selection{name.substr(at + 1), true};  // npos + 1 is 0
    if (at != std::string::npos) selection.user = name;
    std::ostringstream text;
    if (const Result<> written = write_document(text, directory, selection); !written) return fail(written.error());
    return std::move(text).str();
}

Result<> dispose_of_mail(Context& context, const MailDisposal& disposal, const std::string& name,
                         const std::string& document) {
    if (!disposal.takes_mail()) return {};
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    const std::size_t at = name.rfind('@');
    if (!disposal.archive.empty()) {
        const std::string folder = at == std::string::npos ? name : name.substr(at + 1) + "/" + name.substr(0, at);
        const Result<> written =
            write_archive(context, {disposal.archive, (*config)->general.mail_root, folder, document});
        if (!written)
            return fail(written.error().code, name + " was removed, its mail was kept: " + written.error().text,
                        written.error().detail);
    }
    return at == std::string::npos ? delete_domain_mail(context, name) : delete_user_mail(context, name);
}

}  // namespace posthouse::cli
