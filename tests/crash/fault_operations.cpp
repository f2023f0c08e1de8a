// The operations, each small enough that every one of its system calls can fail in turn.
#include "tests/crash/fault_operations.h"

#include <algorithm>
#include <fstream>

namespace posthouse::storage::crash {
namespace {

MailboxName name_of(const std::string& name) { return MailboxName::parse(name).value(); }

/// The UIDs of the messages with these tokens, as the session knows them.
Result<UidSet> find(Mailbox& mailbox, const std::set<std::string>& tokens) {
    const Result<std::vector<MessageRow>> rows = mailbox.rows(UidSet::all());
    if (!rows) return fail(rows.error());
    UidSet found;
    for (const MessageRow& row : *rows) {
        Result<MessageContent> content = mailbox.open_message(row.uid);
        if (!content) return fail(content.error());
        const Result<std::string> text = content->read_string();
        if (!text) return fail(text.error());
        if (tokens.contains(token_of(*text))) found.add(row.uid);
    }
    return found;
}

Result<> append_to(Mailbox& mailbox, const std::vector<std::string>& tokens, const Flags& with,
                   std::optional<Time> date = {}) {
    std::vector<NewMessage> messages;
    for (const std::string& token : tokens) {
        Result<MessageWriter> writer = mailbox.start_message();
        if (!writer) return fail(writer.error());
        if (Result<> written = writer->write(text_of(token)); !written) return written;
        messages.push_back({std::move(*writer), with, date});
    }
    const Result<Appended> appended = mailbox.append(std::move(messages));
    return appended ? Result<>{} : fail(appended.error());
}

Result<> deliver_to(Store& store, const std::vector<DeliveryTarget>& targets, const std::string& token,
                    bool first_attempt) {
    Result<Delivery> delivery =
        Delivery::begin(store, {token, first_attempt ? always : std::chrono::system_clock::time_point(), targets});
    if (!delivery) return fail(delivery.error());
    if (Result<> written = delivery->write(text_of(token)); !written) return written;
    for (const Result<Delivered>& delivered : delivery->commit())
        if (!delivered) return fail(delivered.error());
    return {};
}

template <typename Value>
Result<> ended(const Result<Value>& result) {
    return result ? Result<>{} : fail(result.error());
}

Result<> count_in(Mailbox& mailbox, const std::string& name, Counts& counts) {
    if (Result<Status> status = mailbox.status(); !status) return fail(status.error());
    const Result<std::vector<MessageRow>> rows = mailbox.rows(UidSet::all());
    if (!rows) return fail(rows.error());
    for (const MessageRow& row : *rows) {
        Result<MessageContent> content = mailbox.open_message(row.uid);
        if (!content) return fail(content.error());
        const Result<std::string> text = content->read_string();
        if (!text) return fail(text.error());
        ++counts[{name, token_of(*text)}];
    }
    return {};
}

Result<> give(Account& account, const std::string& name, std::string_view letters) {
    return account.set_acl(name_of(name), Identifier::parse("user=anna@example.org").value(), false,
                           {AccessChange::Action::add, Rights::parse(letters).value()});
}

const SeenMailbox* mailbox_in(const SeenTree& tree, const std::string& name) {
    for (const auto& [guid, mailbox] : tree.mailboxes)
        if (mailbox.name == name) return &mailbox;
    return nullptr;
}

/// So many records more that the next writer drops them; they say what the last one says.
void supersede(const std::string& file) {
    std::ifstream stream(file);
    std::string last;
    for (std::string line; std::getline(stream, line);) last = line + "\n";
    std::ofstream more(file, std::ios::app);
    for (int n = 0; n < 300; ++n) more << last;
}

bool has(const SeenTree& tree, const std::string& mailbox, const std::string& token, const std::string& flags) {
    const SeenMailbox* found = mailbox_in(tree, mailbox);
    return found != nullptr && std::ranges::any_of(found->messages, [&](const auto& message) {
               return message.second.token == token && message.second.flags == flags;
           });
}

/// The message in Archive has these comments.
bool has_noted(const SeenTree& tree, const std::string& token, const std::string& shared, const std::string& own) {
    const SeenMailbox* found = mailbox_in(tree, "Archive");
    return found != nullptr && std::ranges::any_of(found->messages, [&](const auto& message) {
               return message.second.token == token &&
                      message.second.annotations == "shared/comment=" + shared + " own/comment=" + own + " ";
           });
}

}  // namespace

Bench::Bench(const Settings& wanted) : settings(wanted) {
    // Opened before anything fails; the operation "open" closes it first.
    if (const Result<> opened = open(); !opened) ADD_FAILURE() << opened.error().message();
}

Result<> Bench::open() {
    close();
    store.emplace(settings);
    Result<std::shared_ptr<Account>> tree = store->open(bob, IfMissing::fail);
    if (!tree) return fail(tree.error());
    account = std::move(*tree);
    Result<std::shared_ptr<Mailbox>> opened = account->open(MailboxName());
    if (!opened) return fail(opened.error());
    inbox = std::move(*opened);
    opened = account->open(name_of("Archive"));
    if (!opened) return fail(opened.error());
    archive = std::move(*opened);
    Result<View> view = View::open(inbox, Access::read_write);
    if (!view) return fail(view.error());
    session.emplace(std::move(*view));
    return {};
}

void Bench::close() {
    session.reset();
    archive.reset();
    inbox.reset();
    account.reset();
    store.reset();
}

Result<Counts> Bench::see() {
    Counts counts;
    if (Result<> counted = count_in(*inbox, "INBOX", counts); !counted) return fail(counted.error());
    if (Result<> counted = count_in(*archive, "Archive", counts); !counted) return fail(counted.error());
    return counts;
}

void Bench::make(const Settings& settings) {
    Store store(settings);
    const auto account = store.open(AccountName::parse("bob@example.org").value()).value();
    ASSERT_TRUE(account->create(name_of("Work")));
    ASSERT_TRUE(give(*account, "Work", "lr"));
    ASSERT_TRUE(account->create(name_of("Work/Sub")));
    ASSERT_TRUE(account->create(name_of("Only/Sub")));
    const auto inbox = account->open(MailboxName()).value();
    ASSERT_TRUE(append_to(*inbox, {"plain", "other"}, {}));
    ASSERT_TRUE(append_to(*inbox, {"seen"}, flags({Flag::seen}, {"Kept"})));
    ASSERT_TRUE(append_to(*inbox, {"deleted"}, flags({Flag::deleted})));
    ASSERT_TRUE(append_to(*account->open(name_of("Work")).value(), {"inside"}, flags({Flag::seen})));
    const auto archive = account->open(name_of("Archive")).value();
    ASSERT_TRUE(append_to(*archive, {"old"}, flags({Flag::seen}, {"Kept"})));
    for (const auto& mailbox : {inbox, archive})
        ASSERT_TRUE(mailbox->store_annotations(
            uids({1}),
            {{"/comment", imap::AnnotationScope::shared, "noted"}, {"/comment", imap::AnnotationScope::priv, "mine"}},
            {}, {}));
    use_up_letters(*archive);
    ASSERT_TRUE(archive->store_flags(UidSet::all(), {FlagAction::add, flags({}, {far_keyword(0)})}));
    supersede(account->root() + "/" + in_layout(".Archive/posthouse-keywords", layout_of_tests()));
    ASSERT_TRUE(deliver_to(store, {{account->name(), MailboxName(), ""}}, "pending", true));
}

std::vector<Operation> operations() {
    const std::string in = "INBOX";
    const std::string archive = "Archive";
    std::vector<Operation> all;
    all.push_back({.name = "Deliver",
                   .run =
                       [](Bench& b) {
                           return deliver_to(*b.store,
                                             {{b.bob, MailboxName(), ""},
                                              {b.bob, name_of("Archive"), ""},
                                              {b.bob, name_of("Work"), "X-To: work\r\n"}},
                                             "new", false);
                       },
                   .change = {{{in, "new"}, 1}, {{archive, "new"}, 1}},
                   .holds = [](const SeenTree& tree) { return has(tree, "Work", "new", "0:"); }});
    all.push_back({.name = "Append",
                   .run =
                       [](Bench& b) {
                           return append_to(*b.inbox, {"new", "newer"}, flags({Flag::flagged}, {"Kept", "First"}),
                                            Time(std::chrono::seconds{1'000'000'000}));
                       },
                   .change = {{{in, "new"}, 1}, {{in, "newer"}, 1}},
                   .holds =
                       [](const SeenTree& tree) {
                           return has(tree, "INBOX", "new", word_of(flags({Flag::flagged}, {"First", "Kept"})));
                       }});
    const auto copy = [](Bench& b, bool moves) -> Result<> {
        const Result<UidSet> uids = find(*b.inbox, {"plain", "seen"});
        if (!uids) return fail(uids.error());
        return ended(moves ? b.inbox->move(*uids, *b.archive) : b.inbox->copy(*uids, *b.archive));
    };
    all.push_back({.name = "Copy",
                   .run = [copy](Bench& b) { return copy(b, false); },
                   .change = {{{archive, "plain"}, 1}, {{archive, "seen"}, 1}}});
    all.push_back({.name = "Move",
                   .run = [copy](Bench& b) { return copy(b, true); },
                   .change = {{{archive, "plain"}, 1}, {{archive, "seen"}, 1}, {{in, "plain"}, -1}, {{in, "seen"}, -1}},
                   .may_leave_both = true,
                   .holds =
                       [](const SeenTree& tree) {
                           return has(tree, "Archive", "seen", word_of(flags({Flag::seen}, {"Kept"})));
                       }});
    all.push_back({.name = "Expunge",
                   .run = [](Bench& b) { return ended(b.inbox->expunge(UidSet::all(), ExpungeRule::deleted_only)); },
                   .change = {{{in, "deleted"}, -1}}});
    all.push_back(
        {.name = "Store",
         .run = [](Bench& b) -> Result<> {
             const Result<UidSet> uids = find(*b.inbox, {"plain", "seen"});
             if (!uids) return fail(uids.error());
             return ended(b.inbox->store_flags(*uids, {FlagAction::add, flags({Flag::answered}, {"Second"})}));
         },
         .holds =
             [](const SeenTree& tree) {
                 return has(tree, "INBOX", "plain", word_of(flags({Flag::answered}, {"Second"}))) &&
                        has(tree, "INBOX", "seen", word_of(flags({Flag::answered, Flag::seen}, {"Kept", "Second"})));
             }});
    all.push_back({.name = "AnnotateMessages",
                   .run =
                       [](Bench& b) {
                           const std::vector<imap::AnnotationValue> values{
                               {"/comment", imap::AnnotationScope::shared, "faulty"},
                               {"/comment", imap::AnnotationScope::priv, "mine"}};
                           return ended(b.archive->store_annotations(UidSet::all(), values, {}, {}));
                       },
                   .holds = [](const SeenTree& tree) { return has_noted(tree, "old", "faulty", "mine"); }});
    all.push_back({.name = "CopyAnnotated",
                   .run = [](Bench& b) { return ended(b.inbox->copy(uids({1}), *b.archive)); },
                   .change = {{{archive, "plain"}, 1}},
                   .holds = [](const SeenTree& tree) { return has_noted(tree, "plain", "noted", "mine"); }});
    all.push_back({.name = "AppendFurther",
                   .run =
                       [](Bench& b) {
                           return append_to(*b.archive, {"new", "newer"},
                                            flags({Flag::flagged}, {far_keyword(0), far_keyword(1)}));
                       },
                   .change = {{{archive, "new"}, 1}, {{archive, "newer"}, 1}},
                   .holds =
                       [](const SeenTree& tree) {
                           return has(tree, "Archive", "new",
                                      word_of(flags({Flag::flagged}, {far_keyword(0), far_keyword(1)})));
                       }});
    all.push_back({.name = "CopyFurther",
                   .run = [](Bench& b) { return ended(b.archive->copy(uids({1}), *b.archive)); },
                   .change = {{{archive, "old"}, 1}},
                   .holds =
                       [](const SeenTree& tree) {
                           return has(tree, "Archive", "old", word_of(flags({Flag::seen}, {far_keyword(0), "Kept"})));
                       }});
    all.push_back(
        {.name = "StoreFurther",
         .run =
             [](Bench& b) {
                 return ended(b.archive->store_flags(
                     UidSet::all(), {FlagAction::add, flags({Flag::answered}, {far_keyword(1), far_keyword(2)})}));
             },
         .holds =
             [](const SeenTree& tree) {
                 return has(tree, "Archive", "old",
                            word_of(flags({Flag::answered, Flag::seen},
                                          {far_keyword(0), far_keyword(1), far_keyword(2), "Kept"})));
             }});
    all.push_back({.name = "Create",
                   .run = [](Bench& b) { return b.account->create(name_of("Work/Made"), {"\\Sent"}); },
                   .done_already = ErrorCode::exists,
                   .holds =
                       [](const SeenTree& tree) {
                           const SeenMailbox* made = mailbox_in(tree, "Work/Made");
                           return made != nullptr && made->access == mailbox_in(tree, "Work")->access &&
                                  made->annotations ==
                                      "posthouse-metadata 1\n/private/specialuse\t\t\\x5cSent\nend 1\n";
                       }});
    all.push_back({.name = "CreateParent",
                   .run = [](Bench& b) { return b.account->create(name_of("Only")); },
                   .done_already = ErrorCode::exists,
                   .holds =
                       [](const SeenTree& tree) {
                           const SeenMailbox* made = mailbox_in(tree, "Only");
                           return made != nullptr && made->messages.empty() && mailbox_in(tree, "Only/Sub") != nullptr;
                       }});
    all.push_back({.name = "SetAcl",
                   .run = [](Bench& b) { return give(*b.account, "Work", "w"); },
                   .holds =
                       [](const SeenTree& tree) {
                           return mailbox_in(tree, "Work")->access == "user=anna@example.org lrw\n" &&
                                  mailbox_in(tree, "Work/Sub")->access == "user=anna@example.org lr\n";
                       }});
    all.push_back({.name = "Annotate",
                   .run =
                       [](Bench& b) {
                           return b.account->set_annotation(MailboxName(), EntryName::parse("/shared/comment").value(),
                                                            {}, "words");
                       },
                   .holds =
                       [](const SeenTree& tree) {
                           return mailbox_in(tree, "INBOX")->annotations ==
                                      "posthouse-metadata 1\n/shared/comment\t\twords\nend 1\n" &&
                                  mailbox_in(tree, "Work")->annotations == Annotations().text();
                       }});
    all.push_back({.name = "SpecialUse",
                   .run = [](Bench& b) { return b.account->set_special_use(name_of("Work"), "\\Archive"); },
                   .holds =
                       [](const SeenTree& tree) {
                           return mailbox_in(tree, "Work")->annotations ==
                                  "posthouse-metadata 1\n/private/specialuse\t\t\\x5cArchive\nend 1\n";
                       }});
    all.push_back({.name = "RenameUsual",
                   .run = [](Bench& b) { return b.account->rename(name_of("Sent"), name_of("Gesendet")); },
                   .done_already = ErrorCode::not_found,
                   .holds =
                       [](const SeenTree& tree) {
                           const SeenMailbox* moved = mailbox_in(tree, "Gesendet");
                           return moved != nullptr && mailbox_in(tree, "Sent") == nullptr &&
                                  moved->annotations ==
                                      "posthouse-metadata 1\n/private/specialuse\t\t\\x5cSent\nend 1\n";
                       }});
    all.push_back({.name = "Rename",
                   .run = [](Bench& b) { return b.account->rename(name_of("Work"), name_of("Play")); },
                   .done_already = ErrorCode::not_found,
                   .holds =
                       [](const SeenTree& tree) {
                           return mailbox_in(tree, "Work") == nullptr && mailbox_in(tree, "Work/Sub") == nullptr &&
                                  mailbox_in(tree, "Play/Sub") != nullptr &&
                                  has(tree, "Play", "inside", word_of(flags({Flag::seen})));
                       }});
    all.push_back({.name = "Delete",
                   .run = [](Bench& b) { return b.account->remove(name_of("Work")); },
                   .done_already = ErrorCode::not_found,
                   .holds =
                       [](const SeenTree& tree) {
                           return mailbox_in(tree, "Work") == nullptr && mailbox_in(tree, "Work/Sub") != nullptr;
                       }});
    all.push_back({.name = "Subscribe",
                   .run = [](Bench& b) { return b.account->subscribe(name_of("Work")); },
                   .holds = [](const SeenTree& tree) { return tree.subscriptions.contains({0, "Work"}); }});
    all.push_back({.name = "Unsubscribe",
                   .run = [](Bench& b) { return b.account->unsubscribe(name_of("Archive")); },
                   .holds = [](const SeenTree& tree) { return !tree.subscriptions.contains({0, "Archive"}); }});
    all.push_back({.name = "Open", .run = [](Bench& b) { return b.open(); }});
    all.push_back({.name = "Status", .run = [](Bench& b) -> Result<> {
                       for (const char* name : {"INBOX", "Work", "Sent"})
                           if (Result<Status> status = b.account->status(name_of(name)); !status)
                               return fail(status.error());
                       return {};
                   }});
    all.push_back({.name = "List", .run = [](Bench& b) -> Result<> {
                       const Result<std::vector<ListedMailbox>> listed = b.account->list();
                       if (!listed) return fail(listed.error());
                       // Part of a list is worse than none: a client would forget the rest.
                       EXPECT_EQ(listed->size(), 10u);
                       return {};
                   }});
    all.push_back({.name = "Refresh",
                   .run = [](Bench& b) -> Result<> {
                       if (Result<> sent = deliver_to(*b.store, {{b.bob, MailboxName(), ""}}, "late", false); !sent)
                           return sent;
                       return ended(b.session->refresh(Expunges::reveal));
                   },
                   .change = {{{in, "late"}, 1}}});
    return all;
}

}  // namespace posthouse::storage::crash
