// Change: one transaction, its line in the audit log, and authd told.
#include "cli/change.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "auth/client/userdb_client.h"
#include "cli/listening.h"
#include "cli/open_directory.h"

namespace posthouse::cli {
namespace {

constexpr auto patience = std::chrono::seconds(2);  // for authd to answer

std::string login_name() {
    const passwd* user = ::getpwuid(::getuid());
    return user != nullptr ? std::string(user->pw_name) : "uid " + std::to_string(::getuid());
}

/// Who runs this: "root", or "joe (root)" with sudo.
std::string actor() {
    std::string name = login_name();
    const char* behind = ::getuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
    if (behind != nullptr && *behind != '\0' && name != behind) name = std::string(behind) + " (" + name + ')';
    return name.substr(0, 255);
}

}  // namespace

Result<Change> Change::begin(Context& context) {
    Result<std::unique_ptr<auth::Directory>> directory = create_directory(context);
    if (!directory) return fail(directory.error());
    return begin(context, std::move(*directory));
}

Result<Change> Change::begin_existing(Context& context) {
    Result<std::unique_ptr<auth::Directory>> directory = open_directory(context);
    if (!directory) return fail(directory.error());
    return begin(context, std::move(*directory));
}

Result<Change> Change::begin(Context& context, std::unique_ptr<auth::Directory> directory) {
    Result<auth::Transaction> transaction = auth::Transaction::writing(*directory);
    if (!transaction) return fail(transaction.error());
    return Change(context, std::move(directory), std::move(*transaction));
}

Result<> Change::commit(const std::string& action, const std::string& subject, const std::string& details) {
    const Result<> noted = directory_->add_audit({0, actor(), action, subject, details});
    if (!noted) return noted;
    Result<> committed = transaction_.commit();
    if (committed) tell_authd(*context_, subject.empty() ? std::vector<std::string>{} : std::vector{subject});
    return committed;
}

void tell_authd(Context& context, std::vector<std::string> names) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return;
    const std::string& socket = (*config)->listen.userdb;
    if (socket.empty() || ::access(socket.c_str(), F_OK) != 0) return;
    net::Loop loop;
    auth::UserdbClient client(loop, socket);
    const Result<> told =
        loop.run_until_complete([](auth::UserdbClient& authd, std::vector<std::string> of) -> net::Async<Result<>> {
            Result<> answered = co_await authd.flush_cache(std::move(of), net::Deadline::in(patience));
            co_await authd.close();
            co_return answered;
        }(client, std::move(names)));
    if (told || nobody_listens(socket)) return;
    context.err << "Note: authd was not told (" << told.error().message()
                << "); with MariaDB the change counts within directory.cache_time.\n";
}

}  // namespace posthouse::cli
