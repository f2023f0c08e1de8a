// Which failures are told, how loudly, and how often.
#include "imapd/failure_log.h"

#include <optional>

#include "imapd/session.h"

namespace posthouse::imapd {
namespace {

/// Nothing: not worth a line.
std::optional<log::Level> level_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::over_quota: return log::Level::info;
        case ErrorCode::not_found:
        case ErrorCode::denied:
        case ErrorCode::busy:
        case ErrorCode::timeout:
        case ErrorCode::unavailable:
        case ErrorCode::no_space:
        case ErrorCode::io:
        case ErrorCode::internal: return log::Level::warning;
        default: return std::nullopt;
    }
}

/// The folder is there. Blocks.
bool has_folder(const storage::Account& account, const storage::MailboxName& name) {
    return account.exists(name).value_or(false);
}

}  // namespace

bool FailureBudget::take(Clock::time_point now) {
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        lines_ = 0;
    }
    if (lines_ == lines_per_second) {
        ++suppressed_;
        return false;
    }
    ++lines_;
    return true;
}

net::Async<> log_failure(Session& session, std::string_view verb, const Error& error) {
    const std::optional<log::Level> level = level_of(error.code);
    if (!level || session.state() == kNotAuthenticated) co_return;
    std::optional<storage::MailboxName> mailbox = session.named();
    if (error.code == ErrorCode::not_found) {
        if (!mailbox) co_return;
        const storage::Account& account = session.account();
        const bool is_there = co_await session.disk([&] { return has_folder(account, *mailbox); });
        if (!is_there) co_return;
    }
    if (!session.failures().take(FailureBudget::Clock::now())) co_return;
    if (!mailbox && session.state() == kSelected) mailbox = session.selected().name;
    log::write(*level, session.log().id(), "command failed",
               {{"user", session.user()},
                {"command", verb},
                {"mailbox", mailbox ? mailbox->text() : std::string()},
                {"code", to_string(error.code)},
                {"error", error.message()},
                {"suppressed", session.failures().suppressed()}});
}

}  // namespace posthouse::imapd
