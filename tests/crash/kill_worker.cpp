// Random commands of one process of the kill test.
#include "tests/crash/kill_worker.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <sstream>

#include "lib/base/ascii.h"
#include "storage/quota_keeper.h"

namespace posthouse::storage::crash {
namespace {

constexpr std::size_t keep_at_most = 30;

class Worker {
  public:
    Worker(const Round& round, std::size_t number, unsigned seed, int log)
        : round_(round), number_(std::to_string(number)), random_(seed), log_(log), store_(round.settings) {
        for (const AccountName& name : round.accounts) accounts_.push_back(store_.open(name).value());
        for (const auto& [guid, mailbox] : round.before.mailboxes) {
            names_[{mailbox.account, mailbox.name}] = guid;
            for (const auto& [uid, message] : mailbox.messages)
                if (is_own(mailbox.name) && message.token.starts_with(number_ + "-"))
                    mine_.push_back({guid, uid, message.token, message.flags});
        }
        session_.emplace(View::open(open_at(0, "INBOX"), Access::read_write).value());
    }

    void step() {
        switch (roll(18)) {
            case 0:
            case 1:
            case 2: return deliver();
            case 3:
            case 4: return append();
            case 5:
            case 6:
            case 7: return flag();
            case 8: return copy_or_move(false);
            case 9:
            case 10: return copy_or_move(true);
            case 11: return expunge();
            case 12: return rename();
            case 13: return create_or_delete();
            case 14: return subscribe();
            case 15: return annotate();
            case 16: return grant();
            default: return refresh();
        }
    }

  private:
    struct Mine {
        std::string guid;
        std::uint32_t uid;
        std::string token;
        std::string flags;
    };
    using Words = std::vector<std::string>;

    std::uint32_t roll(std::size_t sides) { return static_cast<std::uint32_t>(random_() % sides); }
    std::string token() { return number_ + "-" + std::to_string(round_.number) + "-" + std::to_string(++counter_); }

    void write_line(char state, const Words& words) const {
        std::string line(1, state);
        for (const std::string& word : words) line += " " + word;
        line += "\n";
        if (::write(log_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
    }
    void begin(const Words& words) const { write_line('B', words); }
    void answer(const Words& words) const { write_line('A', words); }
    void failed(const Error& error) const {
        write_line('F', {std::string(to_string(error.code)), error.detail.empty() ? error.text : error.detail});
    }

    std::shared_ptr<Mailbox> open_at(std::size_t account, const std::string& name) {
        return accounts_.at(account)->open(MailboxName::parse(name).value()).value();
    }
    /// A mailbox by GUID: INBOX, Archive, or one of this worker's own, which nobody else renames.
    std::shared_ptr<Mailbox> open_guid(const std::string& guid) {
        for (const auto& [place, known] : names_)
            if (known == guid) return open_at(place.first, place.second);
        return nullptr;
    }
    bool is_own(const std::string& name) const {
        return name == "INBOX" || name == "Archive" || name.starts_with("Own" + number_) ||
               name.starts_with("Box" + number_);
    }
    using Place = std::pair<std::size_t, std::string>;
    /// Any mailbox this worker may work with: account and name, and GUID.
    std::pair<Place, std::string> some_place() {
        std::vector<std::pair<Place, std::string>> places;
        for (const auto& [place, guid] : names_)
            if (is_own(place.second)) places.emplace_back(place, guid);
        return places.at(roll(places.size()));
    }
    std::pair<std::string, std::shared_ptr<Mailbox>> some_mailbox() {
        const auto [place, guid] = some_place();
        return {guid, open_at(place.first, place.second)};
    }
    Flags some_flags() {
        std::vector<std::string> names;
        for (const char* name : {"Work", "$Label1", "Kept", "NonJunk"})
            if (roll(4) == 0) names.emplace_back(name);
        for (std::uint32_t n = roll(4); n > 1; --n) names.push_back(far_keyword(roll(40)));
        return flags(SystemFlags::from_bits(static_cast<std::uint8_t>(roll(32))), names);
    }
    /// Some of one mailbox's messages of mine, taken out of `mine_`.
    std::vector<Mine> take_some() {
        if (mine_.empty()) return {};
        const std::string guid = mine_.at(roll(mine_.size())).guid;
        std::vector<Mine> taken;
        const std::size_t count = 1 + roll(3);
        for (auto message = mine_.begin(); message != mine_.end() && taken.size() < count;) {
            if (message->guid != guid || roll(2) == 0) {
                ++message;
                continue;
            }
            taken.push_back(std::move(*message));
            message = mine_.erase(message);
        }
        return taken;
    }
    static UidSet set_of(const std::vector<Mine>& messages) {
        std::vector<Uid> uids;
        uids.reserve(messages.size());
        for (const Mine& message : messages) uids.emplace_back(message.uid);
        std::ranges::sort(uids);
        return UidSet(uids);
    }

    void deliver() {
        DeliveryOrder order{token(), roll(2) == 0 ? always : std::chrono::system_clock::time_point(), {}, &keeper_};
        Words words{"deliver", order.id};
        for (std::size_t account = 0; account < accounts_.size(); ++account) {
            if (!order.targets.empty() && roll(3) != 0) continue;
            order.targets.push_back(
                {round_.accounts.at(account), MailboxName(), roll(3) == 0 ? "X-To: one\r\n" : "", limits_});
            words.push_back(names_.at({account, "INBOX"}));
        }
        const std::string text = text_of(order.id);
        begin(words);
        Result<Delivery> delivery = Delivery::begin(store_, std::move(order));
        if (!delivery) return failed(delivery.error());
        if (const Result<> written = delivery->write(text); !written) return failed(written.error());
        for (const Result<Delivered>& delivered : delivery->commit())
            if (!delivered) return failed(delivered.error());
        answer({});
    }

    void append() {
        const auto [guid, mailbox] = some_mailbox();
        const std::string with = word_of(some_flags());
        Words words{"append", guid, with};
        std::vector<NewMessage> messages;
        for (std::uint32_t n = 1 + roll(3); n > 0; --n) {
            words.push_back(token());
            Result<MessageWriter> writer = mailbox->start_message();
            if (!writer || !writer->write(text_of(words.back()))) ::_exit(4);
            messages.push_back({std::move(*writer), flags_of_word(with), {}});
        }
        begin(words);
        const Result<Appended> appended = mailbox->append(std::move(messages));
        if (!appended) return failed(appended.error());
        Words uids;
        for (const Uid uid : appended->uids) {
            mine_.push_back({guid, uid.value(), words.at(3 + uids.size()), with});
            uids.push_back(std::to_string(uid.value()));
        }
        answer(uids);
    }

    void flag() {
        std::vector<Mine> taken = take_some();
        if (taken.empty()) return;
        const FlagChange change{static_cast<FlagAction>(roll(3)), some_flags()};
        Words words{"flags", taken[0].guid};
        for (Mine& message : taken) {
            message.flags = word_of(changed(flags_of_word(message.flags), change));
            words.push_back(std::to_string(message.uid) + "=" + message.flags);
        }
        begin(words);
        const Result<std::vector<MessageFlags>> stored = open_guid(taken[0].guid)->store_flags(set_of(taken), change);
        if (!stored) return failed(stored.error());
        if (stored->size() != taken.size()) ::_exit(5);
        answer({});
        mine_.insert(mine_.end(), taken.begin(), taken.end());
    }
    static Flags changed(const Flags& old, const FlagChange& change) {
        if (change.action == FlagAction::replace) return change.flags;
        const bool adds = change.action == FlagAction::add;
        const unsigned given = change.flags.system.bits();
        const unsigned bits = adds ? old.system.bits() | given : old.system.bits() & ~given;
        std::vector<std::string> names = old.keywords.names();
        if (adds)
            names.insert(names.end(), change.flags.keywords.names().begin(), change.flags.keywords.names().end());
        else
            std::erase_if(names, [&](const std::string& name) { return change.flags.keywords.contains(name); });
        return flags(SystemFlags::from_bits(static_cast<std::uint8_t>(bits)), names);
    }

    void copy_or_move(bool moves) {
        std::vector<Mine> taken = take_some();
        if (taken.empty()) return;
        const auto [target, into] = some_mailbox();
        Words words{moves ? "move" : "copy", taken[0].guid, target};
        for (const Mine& message : taken) words.push_back(std::to_string(message.uid));
        const std::shared_ptr<Mailbox> from = open_guid(taken[0].guid);
        begin(words);
        const Result<Copied> copied = moves ? from->move(set_of(taken), *into) : from->copy(set_of(taken), *into);
        if (!copied) return failed(copied.error());
        if (copied->from.size() != taken.size()) ::_exit(6);
        Words pairs;
        for (std::size_t i = 0; i < copied->from.size(); ++i) {
            pairs.push_back(std::to_string(copied->from[i].value()) + "=" + std::to_string(copied->to[i].value()));
            Mine copy = *std::ranges::find(taken, copied->from[i].value(), &Mine::uid);
            copy.guid = target;
            copy.uid = copied->to[i].value();
            mine_.push_back(std::move(copy));
        }
        answer(pairs);
        if (!moves) mine_.insert(mine_.end(), taken.begin(), taken.end());
    }

    void expunge() {
        do {
            const std::vector<Mine> taken = take_some();
            if (taken.empty()) return;
            Words words{"expunge", taken[0].guid};
            for (const Mine& message : taken) words.push_back(std::to_string(message.uid));
            const std::shared_ptr<Mailbox> mailbox = open_guid(taken[0].guid);
            begin(words);
            const auto removed = mailbox->expunge(set_of(taken), ExpungeRule::all_given);
            if (!removed) return failed(removed.error());
            if (removed->size() != taken.size()) ::_exit(7);
            answer({});
        } while (mine_.size() > keep_at_most);
    }

    void rename() {
        const std::size_t account = roll(accounts_.size());
        const bool back = names_.contains({account, "Box" + number_});
        const std::string from = (back ? "Box" : "Own") + number_;
        const std::string to = (back ? "Own" : "Box") + number_;
        begin({"rename", std::to_string(account), from, to});
        const Result<> renamed =
            accounts_.at(account)->rename(MailboxName::parse(from).value(), MailboxName::parse(to).value());
        if (!renamed) return failed(renamed.error());
        answer({});
        for (const std::string below : {"", "/Sub"}) {
            auto entry = names_.extract({account, from + below});
            entry.key().second = to + below;
            names_.insert(std::move(entry));
        }
    }

    void create_or_delete() {
        const std::size_t account = roll(accounts_.size());
        // One of them has a mailbox below it, which stays.
        const std::string name = (roll(2) == 0 ? "Temp" : "TempOver") + number_;
        const MailboxName mailbox = MailboxName::parse(name).value();
        const auto known = names_.find({account, name});
        if (known == names_.end()) {
            begin({"create", std::to_string(account), name});
            if (const Result<> created = accounts_.at(account)->create(mailbox); !created)
                return failed(created.error());
            const std::string guid = accounts_.at(account)->open(mailbox).value()->guid();
            answer({guid});
            names_[{account, name}] = guid;
            put_something_into(*open_guid(guid));
            return;
        }
        begin({"delete", std::to_string(account), name, known->second});
        if (const Result<> removed = accounts_.at(account)->remove(mailbox); !removed) return failed(removed.error());
        answer({});
        names_.erase(known);
    }

    /// So that there is something to delete; nobody is told of it.
    void put_something_into(Mailbox& mailbox) {
        std::vector<NewMessage> messages;
        for (int n = 0; n < 3; ++n) {
            messages.push_back({mailbox.start_message().value(), {}, {}});
            if (!messages.back().content.write(text_of(token()))) ::_exit(9);
        }
        if (!mailbox.append(std::move(messages))) ::_exit(9);
    }

    void subscribe() {
        const std::size_t account = roll(accounts_.size());
        const std::string name = "Topic" + number_;
        const bool wanted = roll(2) == 0;
        begin({wanted ? "subscribe" : "unsubscribe", std::to_string(account), name});
        const MailboxName mailbox = MailboxName::parse(name).value();
        Account& of = *accounts_.at(account);
        if (const Result<> done = wanted ? of.subscribe(mailbox) : of.unsubscribe(mailbox); !done)
            return failed(done.error());
        answer({});
    }

    /// Each worker has an entry and an identifier of its own, in files that all change.
    void annotate() {
        const auto [place, guid] = some_place();
        const std::string entry = "/shared/vendor/worker" + number_;
        const std::string value = token();
        begin({"annotate", guid, entry, value});
        const Result<> done = accounts_.at(place.first)
                                  ->set_annotation(MailboxName::parse(place.second).value(),
                                                   EntryName::parse(entry).value(), std::nullopt, value);
        if (!done) return failed(done.error());
        answer({});
    }

    void grant() {
        const auto [place, guid] = some_place();
        const std::string who = "user=worker" + number_ + "@example.org";
        std::string letters = "l";
        for (const char* more : {"r", "s", "w", "i"})
            if (roll(2) == 0) letters += more;
        const Rights rights = Rights::parse(letters).value();
        begin({"grant", guid, who, rights.letters()});
        const Result<> done = accounts_.at(place.first)
                                  ->set_acl(MailboxName::parse(place.second).value(), Identifier::parse(who).value(),
                                            false, {AccessChange::Action::replace, rights});
        if (!done) return failed(done.error());
        answer({});
    }

    void refresh() {
        usage_.flush(UsageSource::Flush::now_and_then);
        begin({"look", names_.at({0, "INBOX"})});
        const Uid before = session_->uid_next();
        const Result<Changes> changes = session_->refresh(Expunges::reveal);
        if (!changes) return failed(changes.error());
        for (const Uid uid : changes->added)
            if (uid < before) ::_exit(8);
        answer({std::to_string(session_->uid_next().value())});
    }

    const Round& round_;
    std::string number_;
    std::mt19937 random_;
    int log_;
    unsigned counter_ = 0;
    Store store_;
    UsageSource usage_{store_, std::chrono::milliseconds(0)};
    QuotaKeeper keeper_{store_, usage_};
    /// Never reached, but near: each delivery stands in line and looks.
    SharedLimits limits_ = std::make_shared<QuotaLimits>(QuotaLimits::parse({{"*:storage=100M"}, {}, ""}).value());
    std::vector<std::shared_ptr<Account>> accounts_;
    std::map<std::pair<std::size_t, std::string>, std::string> names_;  ///< account and name: GUID
    std::vector<Mine> mine_;
    std::optional<View> session_;
};

}  // namespace

std::vector<LogLine> parse_log(const std::string& text) {
    std::vector<LogLine> lines;
    std::istringstream stream(text.substr(0, text.rfind('\n') + 1));
    for (std::string line; std::getline(stream, line);) {
        LogLine parsed{line.at(0), {}};
        std::istringstream words(line.substr(1));
        for (std::string word; words >> word;) parsed.words.push_back(word);
        lines.push_back(std::move(parsed));
    }
    return lines;
}

void work(const Round& round, std::size_t number, unsigned seed, int steps, int log) {
    {
        Worker worker(round, number, seed, log);
        for (int step = 0; step < steps && *round.stop == 0; ++step) worker.step();
    }
    ::_exit(0);
}

}  // namespace posthouse::storage::crash
