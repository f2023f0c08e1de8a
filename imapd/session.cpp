// The loop of an IMAP session: wait, read a command, perform it, reply; and how a session ends.
#include "imapd/session.h"
#include "lib/net/own_frame.h"

#include <algorithm>
#include <utility>

#include "imapd/capabilities.h"
#include "imapd/changes.h"
#include "imapd/fetch/send_fetched.h"
#include "imapd/limits.h"
#include "imapd/notifications.h"
#include "imapd/perform.h"
#include "imapd/progress.h"
#include "imapd/search/context_updates.h"
#include "imapd/waiting.h"
#include "lib/daemon/origin.h"
#include "lib/net/own_frame.h"

namespace posthouse::imapd {
namespace {

/// How long a client may refuse to take what it asked for.
constexpr std::chrono::minutes kSendTimeout{5};

std::string_view end_reason(const Error& error) {
    switch (error.code) {
        case ErrorCode::closed: return "client closed the connection";
        case ErrorCode::timeout: return "timeout";
        case ErrorCode::cancelled: return "server is stopping";
        default: return "connection failed";
    }
}

/// Reads a large mailbox's folder once more; the sessions hear of it as of any other change.
net::Async<> verify(net::Pool* disk, std::string user, std::shared_ptr<storage::Mailbox> mailbox) {
    const Result<> verified = co_await disk->run_for(user, [&] { return mailbox->verify(); });
    if (!verified) log::warning("cannot verify a mailbox", {{"reason", verified.error().message()}});
}

}  // namespace

Session::Session(const Services& services, daemon::Connection& connection, config::Snapshot config,
                 std::shared_ptr<const net::TlsContext> tls)
    : services_(services),
      connection_(connection),
      config_(std::move(config)),
      tls_(std::move(tls)),
      may_tell_origin_(daemon::may_tell_origin(*config_, connection.peer)),
      login_deadline_(net::Deadline::in(config_->imapd.login_timeout)),
      input_(connection.stream) {}

Session::~Session() = default;

net::Async<> Session::run() {
    const std::string greeting =
        "* OK [CAPABILITY " + capabilities(*this) + "] " + config().general.hostname + " Posthouse IMAP ready\r\n";
    co_await send(greeting);
    co_await serve_commands();
    place_.reset();
    log_end();
}

net::Async<> Session::serve_commands() {
    while (!ended()) {
        const bool has_come = co_await wait_for_client(*this, false);
        if (has_come) co_await serve_command();
        tag_.clear();
    }
}

net::Async<> Session::say_farewell() {
    co_await bye(connection_.kicked ? "ended by the administrator" : "server is stopping", connection_.farewell());
}

// A session waits in IDLE for hours, and whatever coroutines wait with it cost memory: what is done before and after a
// command is theirs, not this one's, which the compiler must not put into this one's frame (POSTHOUSE_OWN_FRAME).
net::Async<> Session::serve_command() {
    std::optional<Reply> refusal = co_await receive_command();
    if (ended()) co_return;
    Reply reply = refusal ? *std::move(refusal) : co_await perform(*this, input_.command());
    if (ended()) co_return;
    co_await conclude(std::move(reply));
}

/// Reads the next command, whose tag is known then; gives the reply to one that is over a bound.
POSTHOUSE_OWN_FRAME net::Async<std::optional<Reply>> Session::receive_command() {
    const imap::CommandBounds bounds = account_ ? bounds_of(config()) : imap::kBoundsBeforeLogin;
    Result<CommandInput::Received> received = co_await input_.read(bounds, deadline());
    if (!received) {
        co_await give_up(received.error());
        co_return std::nullopt;
    }
    ++commands_;
    tag_ = received->tag;
    if (!received->refused) co_return std::nullopt;
    co_return refused(*received->refused);
}

/// Sends the reply to a command, and does what it has behind it.
POSTHOUSE_OWN_FRAME net::Async<> Session::conclude(Reply reply) {
    // A client is given the reply before it is told that more of its bytes are unwanted.
    co_await send(print(tag_, reply));
    errors_in_a_row_ = reply.kind == Reply::Kind::bad ? errors_in_a_row_ + 1 : 0;
    if (ended()) co_return;
    const Result<> finished = co_await input_.finish(deadline());
    if (!finished) {
        failed(finished.error());
        co_return;
    }
    if (errors_in_a_row_ >= config().imapd.error_limit) {
        co_await bye("too many errors", "Too many invalid commands");
        co_return;
    }
    co_await follow(reply);
}

/// The client sent nothing in time, or cannot be read from any more.
net::Async<> Session::give_up(const Error& error) {
    if (error.code == ErrorCode::timeout) {
        co_await bye("timeout", account_ ? "Autologout; idle for too long" : "Log-in took too long");
    } else {
        failed(error);
    }
}

/// What a reply has behind it.
net::Async<> Session::follow(const Reply& reply) {
    if (reply.then == Reply::Then::log_out) {
        end("logged out");
    } else if (reply.then == Reply::Then::start_tls) {
        const Result<> done = co_await stream().start_tls(tls_, deadline());
        if (!done) failed(done.error());
    } else if (reply.then == Reply::Then::start_compression) {
        const Result<> done = co_await stream().start_compression(services_.disk, user_, deadline());
        if (!done) failed(done.error());
    } else if (reply.then == Reply::Then::stop_compression) {
        const Result<> done = co_await stream().stop_compression(deadline());
        if (!done) failed(done.error());
    }
}

net::Async<> Session::bye(std::string_view reason, std::string_view text) {
    end(reason);
    std::string line = "* BYE ";
    line += text;
    line += "\r\n";
    co_await send(line);
}

net::Async<> Session::send(std::string_view bytes) {
    const Result<> sent = co_await stream().write(bytes, net::Deadline::in(kSendTimeout));
    if (!sent) failed(sent.error());
}

net::Async<> Session::flush() {
    const Result<> sent = co_await stream().flush(net::Deadline::in(kSendTimeout));
    if (!sent) failed(sent.error());
}

net::Async<> Session::enable_condstore() {
    if (std::exchange(enabled_.condstore, true) || !selected_) co_return;
    const std::string line = highest_modseq_of(*selected_);
    co_await send(line);
}

net::Async<> Session::enable_qresync() {
    enabled_.qresync = true;
    co_await enable_condstore();
}

net::Async<> Session::send_changes(storage::Expunges expunges) {
    Selected& mailbox = selected();
    const Result<Refreshed> found = co_await disk([&] { return refresh(mailbox, expunges, enabled_); });
    if (mailbox.view.mailbox().take_verification())
        services_.background.spawn(&verify, &services_.disk, user_, mailbox.view.shared_mailbox());
    if (found) {
        if (!found->responses.empty()) co_await send(found->responses);
        co_await send_new_messages(found->added);
        if (!mailbox.contexts.empty()) co_await send_context_updates(*this, found->touched, found->something);
        co_return;
    }
    if (found.error().code == ErrorCode::not_found) {
        // RFC 3501 has no way back from a selected mailbox that is gone.
        co_await bye("selected mailbox was deleted", "The selected mailbox was deleted");
        co_return;
    }
    log().warning("cannot look at the mailbox", {{"reason", found.error().message()}});
}

/// RFC 5465 §5.2
net::Async<> Session::send_new_messages(const std::vector<storage::Uid>& added) {
    const Notifications::OfSelected* of_selected = notifications_ ? notifications_->of_selected() : nullptr;
    if (of_selected == nullptr || of_selected->items.empty() || added.empty() || ended()) co_return;
    FetchRun run(selected(), of_selected->items, numbers_of(selected().view, storage::UidSet(added)), enabled_);
    Progress progress(*this, added.size());
    co_await send_fetched(*this, run, progress);
}

void Session::set_notifications(std::unique_ptr<Notifications> notifications) {
    notifications_ = std::move(notifications);
    const Notifications::OfSelected* of_selected = notifications_->of_selected();
    enabled_.flag_changes = of_selected == nullptr || (of_selected->events & imap::kFlagChange) != 0;
    enabled_.annotation_changes.reset();
    if (of_selected != nullptr) enabled_.annotation_changes = (of_selected->events & imap::kAnnotationChange) != 0;
}

net::Async<> Session::give_up_notifications() {
    set_notifications(std::make_unique<Notifications>(Notifications::none()));
    co_await send("* OK [NOTIFICATIONOVERFLOW] Too much to tell, nothing is told from now on\r\n");
}

net::Async<> Session::send_notifications() {
    if (!notifications_) co_return;
    const bool told = co_await notifications_->tell(*this);
    if (!told) co_await give_up_notifications();
}

net::Async<> Session::look_at_rights() {
    if (!selected_ || !selected_->place.is_foreign) co_return;
    storage::View& view = selected_->view;
    const Result<storage::AccessList> list = co_await disk([&] { return view.mailbox().acl(); });
    // That the mailbox is gone is told by the command itself.
    if (!list && list.error().code == ErrorCode::not_found) co_return;
    if (!list) log().warning("cannot read the rights on a mailbox", {{"reason", list.error().message()}});
    // Whoever could read goes on reading; nothing else is done by rights that may have been taken away.
    constexpr storage::Rights reading{storage::Right::lookup, storage::Right::read};
    const storage::Rights rights =
        list ? list->effective({user_}, false) : view.rights() - (storage::Rights::all() - reading);
    if (!rights.has(storage::Right::lookup) || !rights.has(storage::Right::read)) {
        co_await bye("rights were taken away", "No right to read the selected mailbox any more");
        co_return;
    }
    const bool was_read_only = view.read_only();
    const storage::FlagScope permanent = permanent_flags_of(view);
    view.set_rights(rights);
    selected_->place.rights = rights;
    std::string lines;
    // RFC 9051 §7.1
    if (view.read_only() != was_read_only)
        lines = was_read_only ? "* OK [READ-WRITE] Mailbox may be changed\r\n"
                              : "* OK [READ-ONLY] Mailbox is read-only\r\n";
    if (permanent_flags_of(view) != permanent) lines += flags_of_mailbox(*selected_);
    if (!lines.empty()) co_await send(lines);
}

net::Async<std::optional<Result<std::string>>> Session::read_line(std::size_t max_length) {
    Result<std::string> line = co_await stream().read_line(max_length, deadline());
    if (line || line.error().code == ErrorCode::limit) co_return line;
    failed(line.error());
    co_return std::nullopt;
}

bool Session::may_send_password() const { return stream().tls() || config().tls.allow_plain_login; }

bool Session::may_use_login() const {
    const std::vector<std::string> offered = mechanisms();
    return std::ranges::find(offered, "PLAIN") != offered.end();
}

std::vector<std::string> Session::mechanisms() const {
    return sasl::offered_mechanisms(config().auth.mechanisms,
                                    auth::circumstances_of(stream(), config().tls.allow_plain_login));
}

void Session::logged_in(UserConnections::Place place, std::string user, std::shared_ptr<storage::Account> account,
                        storage::AccountQuota quota) {
    place_ = std::move(place);
    user_ = std::move(user);
    connection_.user = user_;
    account_ = std::move(account);
    quota_ = std::move(quota);
}

void Session::forget_user() {
    log().info("logged out", {{"user", user_}, {"commands", std::exchange(commands_, 0)}});
    notifications_.reset();
    selected_.reset();
    account_.reset();
    quota_ = {};
    place_.reset();
    user_.clear();
    connection_.user.clear();
    named_.reset();
    enabled_ = {};
    metadata_ = {};
    login_deadline_ = net::Deadline::in(config_->imapd.login_timeout);
}

net::Async<> Session::send_warning(std::optional<config::QuotaWarning> warning) {
    if (!warning) co_return;
    const bool of_storage = warning->of == config::QuotaWarning::Of::storage;
    const std::string percent = std::to_string(warning->percent);
    log().warning("quota warning",
                  {{"user", user_}, {"of", of_storage ? "storage" : "messages"}, {"percent", percent}});
    const std::string line = "* NO [ALERT] Your mail takes more than " + percent + "% of what it may" +
                             (of_storage ? "" : " in messages") + "\r\n";
    co_await send(line);
}

void Session::end(std::string_view reason) {
    if (end_reason_.empty()) end_reason_ = reason;
}

void Session::failed(const Error& error) { end(end_reason(error)); }

auth::LoginContext Session::login_context() const {
    return {.service = "imap",
            .remote = connection_.peer,
            .local = connection_.local,
            .secured = stream().tls(),
            .session = log().id(),
            .binding = stream().tls_binding(),
            .certificate_user = stream().tls_client_name()};
}

net::Deadline Session::deadline() const {
    return account_ ? net::Deadline::in(config().imapd.idle_timeout) : login_deadline_;
}

void Session::log_end() const {
    if (!account_) {
        log().info("closed without log-in", {{"reason", end_reason_}, {"peer", connection_.peer.to_string()}});
        return;
    }
    log().info("closed", {{"user", user_}, {"reason", end_reason_}, {"commands", commands_}});
}

}  // namespace posthouse::imapd
