// The commands, one after the other, under the recorder.
#include "tests/crash/power_workload.h"

#include <functional>
#include <optional>

namespace posthouse::storage::crash {
namespace {

MailboxName name_of(const std::string& name) { return MailboxName::parse(name).value(); }

class User {
  public:
    User(const Settings& settings, unsigned seed) : settings_(settings), random_(seed), log_(settings.mail_root) {
        for (const char* name : {"anna@example.org", "berta@example.org"})
            recording_.accounts.push_back(AccountName::parse(name).value());
    }

    Recording work() {
        {
            const Tapped tapped(log_);
            store_.emplace(settings_);
            step("accounts", false, [&] {
                for (const AccountName& name : recording_.accounts) accounts_.push_back(store_->open(name).value());
            });
            commands();
        }
        recording_.changes = log_.changes();
        return std::move(recording_);
    }

  private:
    std::string token(const std::string& kind = "plain") { return kind + std::to_string(++counter_); }
    std::shared_ptr<Mailbox> open(const std::string& name, std::size_t account = 0) {
        return accounts_.at(account)->open(name_of(name)).value();
    }

    void step(const std::string& name, bool answer_has_uids, const std::function<void()>& run) {
        Step step{.name = name, .begun = log_.changes().size(), .answer_has_uids = answer_has_uids};
        run();
        step.answered = log_.changes().size();
        step.after = look(*store_, recording_.accounts);
        step.told = log_.changes().size();
        recording_.steps.push_back(std::move(step));
    }

    void deliver(const std::vector<DeliveryTarget>& targets) {
        const std::string name = token();
        step("deliver " + name, false, [&] {
            Delivery delivery =
                Delivery::begin(*store_,
                                {name, random_() % 2 == 0 ? always : std::chrono::system_clock::time_point(), targets})
                    .value();
            ASSERT_TRUE(delivery.write(text_of(name)));
            for (const Result<Delivered>& delivered : delivery.commit()) ASSERT_TRUE(delivered);
        });
    }
    void append(const std::string& mailbox, std::size_t count, const Flags& with) {
        step("append to " + mailbox, true, [&] {
            const auto to = open(mailbox);
            std::vector<NewMessage> messages;
            for (std::size_t i = 0; i < count; ++i) {
                messages.push_back({to->start_message().value(), with, Time(std::chrono::seconds{1'234'567'890})});
                ASSERT_TRUE(messages.back().content.write(text_of(token("dated"))));
            }
            ASSERT_TRUE(to->append(std::move(messages)));
        });
    }
    UidSet some(Mailbox& mailbox) {
        UidSet set;
        for (const MessageRow& row : mailbox.rows(UidSet::all()).value())
            if (random_() % 3 == 0) set.add(row.uid);
        return set;
    }
    void store(const std::string& mailbox, FlagAction action, const Flags& with) {
        step("store in " + mailbox, false, [&] {
            const auto in = open(mailbox);
            ASSERT_TRUE(in->store_flags(some(*in), {action, with}));
        });
    }
    void copy(const std::string& from, const std::string& to, bool moves) {
        step((moves ? "move " : "copy ") + from + " to " + to, true, [&] {
            const auto source = open(from);
            const auto target = open(to);
            const UidSet set = some(*source);
            ASSERT_TRUE(moves ? source->move(set, *target) : source->copy(set, *target));
        });
    }
    void expunge(const std::string& mailbox, bool everything) {
        step("expunge " + mailbox, false, [&] {
            const auto in = open(mailbox);
            ASSERT_TRUE(in->expunge(everything ? UidSet::all() : some(*in), ExpungeRule::all_given));
        });
    }
    /// Annotations of messages.
    void note(const std::string& mailbox, const std::string& entry, const std::optional<std::string>& value) {
        step("note in " + mailbox, false, [&] {
            const auto in = open(mailbox);
            const auto scope = random_() % 2 == 0 ? imap::AnnotationScope::shared : imap::AnnotationScope::priv;
            ASSERT_TRUE(in->store_annotations(some(*in), {{entry, scope, value}}, {}, {}));
        });
    }
    void select(const std::string& mailbox) {
        step("select " + mailbox, false, [&] { ASSERT_TRUE(View::open(open(mailbox), Access::read_write)); });
    }
    void change(const std::string& name, const std::function<Result<>(Account&)>& run) {
        step(name, false, [&] {
            const Result<> done = run(*accounts_.at(0));
            ASSERT_TRUE(done) << done.error().message();
        });
    }
    void commands();

    Settings settings_;
    std::mt19937 random_;
    DiskLog log_;
    Recording recording_;
    std::optional<Store> store_;
    std::vector<std::shared_ptr<Account>> accounts_;
    unsigned counter_ = 0;
};

void User::commands() {
    const AccountName& anna = recording_.accounts[0];
    const AccountName& berta = recording_.accounts[1];
    const std::vector<DeliveryTarget> to_anna = {{anna, {}, ""}};
    const std::vector<DeliveryTarget> to_both = {
        {anna, {}, ""}, {berta, {}, ""}, {anna, name_of("Archive"), "X-A: b\r\n"}};
    const auto create = [&](const std::string& name) {
        change("create " + name, [&](Account& account) { return account.create(name_of(name)); });
    };
    const auto remove = [&](const std::string& name) {
        change("delete " + name, [&](Account& account) { return account.remove(name_of(name)); });
    };
    const auto rename = [&](const std::string& from, const std::string& to) {
        change("rename " + from, [&](Account& account) { return account.rename(name_of(from), name_of(to)); });
    };
    const auto give = [&](const std::string& name, const std::string& who, const std::string& letters) {
        change("acl of " + name, [&](Account& account) {
            return account.set_acl(name_of(name), Identifier::parse(who).value(), false,
                                   {AccessChange::Action::add, Rights::parse(letters).value()});
        });
    };
    const auto annotate = [&](const std::optional<MailboxName>& name, std::optional<std::string> value) {
        change("annotate", [&](Account& account) {
            return account.set_annotation(name, EntryName::parse("/shared/comment").value(), {}, value);
        });
    };
    deliver(to_anna);
    deliver(to_both);
    append("INBOX", 3, flags({Flag::seen}));
    store("INBOX", FlagAction::add, flags({Flag::flagged}, {"First"}));
    select("INBOX");
    append("INBOX", 1, flags({}, names_for_letters({"First", "Second", "Third"})));
    store("INBOX", FlagAction::add, flags({}, {far_keyword(1), far_keyword(2)}));
    note("INBOX", "/comment", "first");
    note("INBOX", "/altsubject", "two\nlines");
    create("Work");
    give("Work", "user=berta@example.org", "lr");
    give("INBOX", "anyone", "l");
    create("Work/Open");
    give("Work/Open", "user=berta@example.org", "w");
    annotate(name_of("Work/Open"), "first");
    annotate(MailboxName(), "of INBOX");
    annotate(std::nullopt, "of all");
    change("special use", [](Account& account) { return account.set_special_use(name_of("Work/Open"), "\\Archive"); });
    append("Work/Open", 2, flags({}, {"Open"}));
    copy("INBOX", "Work/Open", false);
    note("Work/Open", "/comment", "copied");
    note("INBOX", "/comment", "second");
    deliver(to_both);
    copy("INBOX", "Archive", true);
    store("INBOX", FlagAction::replace, flags({Flag::answered}, {"Second", far_keyword(2)}));
    store("INBOX", FlagAction::add, flags({}, {far_keyword(3)}));
    append("INBOX", 2, flags({Flag::seen}, {far_keyword(3), far_keyword(4)}));
    store("INBOX", FlagAction::remove, flags({Flag::answered}, {far_keyword(2)}));
    note("INBOX", "/comment", std::nullopt);
    rename("Work", "Play");
    rename("Sent", "Gesendet");
    annotate(name_of("Play/Open"), "second");
    deliver(to_anna);
    expunge("INBOX", false);
    select("INBOX");
    change("subscribe", [](Account& account) { return account.subscribe(name_of("Play/Open")); });
    store("Play/Open", FlagAction::remove, flags({Flag::seen}, {"Open"}));
    remove("Play");
    create("Play");
    append("Play", 2, {});
    deliver({{anna, name_of("Play"), ""}});
    copy("Archive", "INBOX", true);
    change("unsubscribe", [](Account& account) { return account.unsubscribe(name_of("Archive")); });
    // So many lines of messages that are gone that dovecot-uidlist is written anew.
    append("Junk", 110, flags({Flag::seen}));
    expunge("Junk", true);
    append("Junk", 2, {});
    rename("INBOX", "Old");
    deliver(to_both);
    select("INBOX");
    expunge("Archive", false);
    store("INBOX", FlagAction::add, flags({Flag::seen}, {"Third"}));
    annotate(MailboxName(), std::nullopt);
    // So many records that are superseded that posthouse-keywords is written anew.
    append("INBOX", 3, flags({}, {far_keyword(5)}));
    const auto store_in_all = [&](FlagAction action) {
        ASSERT_TRUE(open("INBOX")->store_flags(UidSet::all(), {action, flags({}, {far_keyword(5)})}));
    };
    step("store in all", false, [&] { store_in_all(FlagAction::remove); });
    step("store in all again", false, [&] { store_in_all(FlagAction::add); });
    step("store often", false, [&] {
        for (int i = 0; i < 20; ++i)
            for (const FlagAction action : {FlagAction::remove, FlagAction::add}) store_in_all(action);
    });
    store("INBOX", FlagAction::add, flags({}, {far_keyword(6)}));
    // So many records that are superseded that posthouse-annotations is written anew.
    step("note often", false, [&] {
        const auto in = open("INBOX");
        for (int i = 0; i < 9; ++i) {
            std::vector<imap::AnnotationValue> values;
            for (int entry = 0; entry < 20; ++entry)
                values.push_back({"/n" + std::to_string(entry), imap::AnnotationScope::shared,
                                  i % 2 == 0 ? std::optional<std::string>("x") : std::nullopt});
            ASSERT_TRUE(in->store_annotations(UidSet::all(), values, {}, {}));
        }
    });
    note("INBOX", "/comment", "after");
    remove("Play/Open");
    change("create with use", [](Account& account) { return account.create(name_of("Play/Open"), {"\\Archive"}); });
    append("Play/Open", 1, flags({Flag::draft}));
}

}  // namespace

Recording record_work(const Settings& settings, unsigned seed) { return User(settings, seed).work(); }

}  // namespace posthouse::storage::crash
