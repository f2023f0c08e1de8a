// Commands carried out in a process of its own, one at a time.
#include "tests/crash/model_process.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "tests/crash/tree.h"

namespace posthouse::storage::crash {
namespace {

constexpr std::size_t max_message = 1u << 17;

std::uint32_t number(std::string_view text) {
    std::uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += word + " ";
    return text;
}

Words split(const std::string& text) {
    std::istringstream stream(text);
    Words words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

Words told(const Error& error) { return {"error", std::string(to_string(error.code)), error.text}; }
std::string word(Uid uid, const Flags& flags) { return std::to_string(uid.value()) + "=" + word_of(flags); }

class Server {
  public:
    Server(Settings settings, AccountName name) : settings_(std::move(settings)), name_(std::move(name)) { reopen(); }

    Words handle(const Words& command) {
        const std::string& verb = command.at(0);
        if (verb == "reopen") return reopen();
        if (verb == "list") return list();
        if (verb == "open") return open_view(command);
        if (verb == "refresh") return refresh(command);
        if (verb == "close") return close_view(command);
        if (verb == "deliver") return deliver_to(command);
        if (verb == "create" || verb == "delete" || verb == "rename" || verb.ends_with("subscribe"))
            return change_tree(command);
        if (verb == "log") return log_since(command);
        const Result<std::shared_ptr<Mailbox>> mailbox = open(command.at(1));
        if (!mailbox) return told(mailbox.error());
        if (verb == "append") return append_to(**mailbox, command);
        if (verb == "store") return store(**mailbox, command);
        if (verb == "expunge") return expunge(**mailbox, command);
        if (verb == "copy" || verb == "move") return copy(**mailbox, command);
        return verb == "status" ? status(**mailbox) : look_at(**mailbox);
    }

  private:
    Result<std::shared_ptr<Mailbox>> open(const std::string& name) const {
        return account_->open(MailboxName::parse(name).value());
    }
    Words reopen() {
        views_.clear();
        account_.reset();
        store_.emplace(settings_);
        account_ = store_->open(name_).value();
        return {};
    }
    Words list() const {
        const auto listed = account_->list();
        if (!listed) return told(listed.error());
        Words names;
        for (const ListedMailbox& entry : *listed)
            if (entry.exists) names.push_back(entry.name.text());
        return names;
    }
    Words change_tree(const Words& command) const {
        const MailboxName name = MailboxName::parse(command.at(1)).value();
        Result<> done;
        if (command[0] == "create") done = account_->create(name);
        if (command[0] == "delete") done = account_->remove(name);
        if (command[0] == "subscribe") done = account_->subscribe(name);
        if (command[0] == "unsubscribe") done = account_->unsubscribe(name);
        if (command[0] == "rename") done = account_->rename(name, MailboxName::parse(command.at(2)).value());
        return done ? Words() : told(done.error());
    }
    Words deliver_to(const Words& command) {
        const MailboxName mailbox = MailboxName::parse(command.at(1)).value();
        Result<Delivery> delivery = Delivery::begin(*store_, {command.at(2), always, {{name_, mailbox, ""}}});
        if (!delivery) return told(delivery.error());
        if (const Result<> written = delivery->write(text_of(command.at(2))); !written) return told(written.error());
        const Result<Delivered> delivered = delivery->commit().at(0);
        return delivered ? Words() : told(delivered.error());
    }
    static Words append_to(Mailbox& mailbox, const Words& command) {
        std::vector<NewMessage> messages;
        messages.push_back({mailbox.start_message().value(), flags_of_word(command.at(2)), {}});
        if (const Result<> written = messages[0].content.write(text_of(command.at(3))); !written)
            return told(written.error());
        const Result<Appended> appended = mailbox.append(std::move(messages));
        return appended ? Words{std::to_string(appended->uids.at(0).value())} : told(appended.error());
    }
    static Words store(Mailbox& mailbox, const Words& command) {
        const FlagChange change{static_cast<FlagAction>(number(command.at(2))), flags_of_word(command.at(3))};
        const auto stored = mailbox.store_flags(set_of_text(command.at(4)), change);
        if (!stored) return told(stored.error());
        Words words;
        for (const MessageFlags& message : *stored) words.push_back(word(message.uid, message.flags));
        return words;
    }
    static Words expunge(Mailbox& mailbox, const Words& command) {
        const ExpungeRule rule = command.at(2) == "all" ? ExpungeRule::all_given : ExpungeRule::deleted_only;
        const auto removed = mailbox.expunge(set_of_text(command.at(3)), rule);
        if (!removed) return told(removed.error());
        Words words;
        for (const Uid uid : *removed) words.push_back(std::to_string(uid.value()));
        return words;
    }
    Words copy(Mailbox& mailbox, const Words& command) const {
        const Result<std::shared_ptr<Mailbox>> target = open(command.at(2));
        if (!target) return told(target.error());
        const UidSet set = set_of_text(command.at(3));
        const Result<Copied> copied = command[0] == "move" ? mailbox.move(set, **target) : mailbox.copy(set, **target);
        if (!copied) return told(copied.error());
        Words words;
        for (std::size_t i = 0; i < copied->from.size(); ++i)
            words.push_back(std::to_string(copied->from[i].value()) + "=" + std::to_string(copied->to.at(i).value()));
        return words;
    }
    Words log_since(const Words& command) const {
        const auto changes = account_->changes_since(ModSeq(std::stoull(command.at(1))));
        if (!changes) return told(changes.error());
        Words words{std::to_string(changes->now.value())};
        if (changes->whole) words.push_back("whole");
        static const Words events{"", "created", "renamed", "deleted", "subscribed", "unsubscribed", "messages"};
        for (const AccountChange& change : changes->changes)
            words.push_back(events.at(static_cast<std::size_t>(change.event)) + "=" + change.name.text() +
                            (change.event == AccountEvent::renamed ? "=" + change.old_name.text() : ""));
        return words;
    }
    static Words status(Mailbox& mailbox) {
        const Result<Status> status = mailbox.status();
        if (!status) return told(status.error());
        return {std::to_string(status->messages), std::to_string(status->unseen), std::to_string(status->deleted),
                std::to_string(status->uid_next.value())};
    }
    static Words look_at(Mailbox& mailbox) {
        if (const Result<Status> status = mailbox.status(); !status) return told(status.error());
        const auto rows = mailbox.rows(UidSet::all());
        if (!rows) return told(rows.error());
        Words words;
        for (const MessageRow& row : *rows) {
            Result<MessageContent> content = mailbox.open_message(row.uid);
            if (!content) return told(content.error());
            const Result<std::string> text = content->read_string();
            if (!text) return told(text.error());
            words.push_back(std::to_string(row.uid.value()) + "=" + token_of(*text) + "=" + word_of(row.flags));
        }
        return words;
    }
    /// What a client would FETCH of these.
    static std::string fetched(Mailbox& mailbox, Uid uid) {
        const auto rows = mailbox.rows(uids({uid.value()}));
        return word(uid, rows && !rows->empty() ? rows->at(0).flags : Flags());
    }
    Words open_view(const Words& command) {
        const Result<std::shared_ptr<Mailbox>> mailbox = open(command.at(2));
        if (!mailbox) return told(mailbox.error());
        Result<View> view =
            View::open(*mailbox, number(command.at(1)) % 2 == 0 ? Access::read_write : Access::read_only);
        if (!view) return told(view.error());
        Words words;
        for (std::uint32_t n = 1; n <= view->count(); ++n)
            words.push_back(fetched(**mailbox, view->uid(SequenceNumber(n)).value()));
        views_.insert_or_assign(command.at(1), std::move(*view));
        return words;
    }
    Words close_view(const Words& command) {
        views_.erase(command.at(1));
        return {};
    }
    Words refresh(const Words& command) {
        View& view = views_.at(command.at(1));
        const auto changes = view.refresh(command.at(2) == "reveal" ? Expunges::reveal : Expunges::hold);
        if (!changes) return told(changes.error());
        Words words = {std::to_string(changes->count)};
        for (const Expunged& gone : changes->expunged)
            words.push_back("-" + std::to_string(gone.number.value()) + "=" + std::to_string(gone.uid.value()));
        for (const Uid uid : changes->added) words.push_back("+" + fetched(view.mailbox(), uid));
        for (const MessageFlags& message : changes->flags) words.push_back("~" + word(message.uid, message.flags));
        return words;
    }

    Settings settings_;
    AccountName name_;
    std::optional<Store> store_;
    std::shared_ptr<Account> account_;
    std::map<std::string, View> views_;
};

[[noreturn]] void serve(const Settings& settings, const AccountName& name, int socket) {
    {
        Server server(settings, name);
        std::string buffer(max_message, '\0');
        for (;;) {
            const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
            if (size <= 0) break;
            const std::string reply =
                joined(server.handle(split(buffer.substr(0, static_cast<std::size_t>(size))))) + ".";
            if (::send(socket, reply.data(), reply.size(), 0) != static_cast<ssize_t>(reply.size())) std::abort();
        }
    }
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
}

}  // namespace

std::string text_of_set(const UidSet& set) {
    std::string text;
    for (const UidRange& range : set.ranges())
        text +=
            (text.empty() ? "" : ",") + std::to_string(range.first.value()) + ":" + std::to_string(range.last.value());
    return text.empty() ? "0" : text;
}

UidSet set_of_text(const std::string& text) {
    UidSet set;
    std::istringstream stream(text);
    for (std::string range; std::getline(stream, range, ',');)
        if (const auto colon = range.find(':'); colon != std::string::npos)
            set.add(Uid(number(range)), Uid(number(std::string_view(range).substr(colon + 1))));
    return set;
}

ModelProcess::ModelProcess(const Settings& settings, const AccountName& account) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    const int room = max_message;
    for (const int end : ends) static_cast<void>(::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room));
    child_ = ::fork();
    if (child_ < 0) std::abort();
    if (child_ == 0) {
        ::close(ends[0]);
        serve(settings, account, ends[1]);
    }
    ::close(ends[1]);
    socket_ = ends[0];
}

ModelProcess::~ModelProcess() {
    if (child_ == 0) return;
    // By shutdown: processes started later hold this end as well.
    ::shutdown(socket_, SHUT_RDWR);
    ::close(socket_);
    int status = 0;
    EXPECT_EQ(::waitpid(child_, &status, 0), child_);
    EXPECT_EQ(status, 0) << "a process ended badly";
}

Words ModelProcess::ask(const Words& command) const {
    const std::string text = joined(command);
    std::string reply(max_message, '\0');
    const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    const ssize_t size = sent < 0 ? -1 : ::recv(socket_, reply.data(), reply.size(), 0);
    if (size <= 0) return {"error", "died", text};
    Words words = split(reply.substr(0, static_cast<std::size_t>(size)));
    words.pop_back();  // the full stop
    return words;
}

}  // namespace posthouse::storage::crash
