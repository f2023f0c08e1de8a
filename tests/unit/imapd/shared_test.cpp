// Tests of other users' mailboxes: namespaces (RFC 2342), and each right enforced (RFC 4314 §4).
#include <sys/resource.h>

#include <string>
#include <utility>

#include "storage/namespaces.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view kMessage = "From: joe@example.org\r\nSubject: hello\r\n\r\nText\r\n";
/// Joe's mailbox Work, as others call it.
constexpr std::string_view kWork = "\"Other Users/joe@example.org/Work\"";

class SharedTest : public ImapTest {
  protected:
    SharedTest() {
        EXPECT_TRUE(has(joe.run("CREATE Work"), "t OK"));
        append(joe, kMessage, "Work");
    }
    /// Ann's rights on Work.
    void give(const std::string& rights) {
        EXPECT_TRUE(has(joe.run("SETACL Work ann@example.org \"" + rights + "\""), "t OK"));
    }
    static std::string on_work(std::string_view verb, std::string_view rest = {}) {
        return std::string(verb) + " " + std::string(kWork) + std::string(rest);
    }
    static std::string append_command(std::string_view flags = {}) {
        return on_work("APPEND", " " + std::string(flags) + "{" + std::to_string(kMessage.size()) + "+}\r\n" +
                                     std::string(kMessage));
    }

    TestClient joe = log_in();
    TestClient ann = log_in("ann");
};

TEST(Namespaces, NamesMeanMailboxesOfAccounts) {
    const auto meanings = [](std::string_view name) {
        std::string text;
        const std::vector<std::string> shared{"team@example.org", "ann@example.org", "all@example.org"};
        for (const auto& [account, mailbox] :
             storage::meanings_of(storage::MailboxName::parse(name).value(), "ann@example.org", shared))
            text += account.text() + ":" + mailbox.text() + " ";
        return text;
    };
    EXPECT_EQ(meanings("Other Users/joe@example.org/Work/Open"), "joe@example.org:Work/Open ");
    EXPECT_EQ(meanings("Other Users/joe@EXAMPLE.org/inbox"), "joe@example.org:INBOX ");
    EXPECT_EQ(meanings("Other Users/joe@example.org"), "");
    EXPECT_EQ(meanings("Other Users/joe/Work"), "");
    EXPECT_EQ(meanings("Other Users/ann@example.org/Work"), "") << "one's own";
    EXPECT_EQ(meanings("Shared/News"), "team@example.org:News all@example.org:News ");
    EXPECT_EQ(meanings("Shared"), "");
    const auto is_in = [](std::string_view name, bool shared) {
        return storage::is_in_namespace(storage::MailboxName::parse(name).value(),
                                        {.other_users = true, .shared = shared});
    };
    EXPECT_FALSE(is_in("Shared stuff/A", true));
    EXPECT_TRUE(is_in("Other Users", true));
    EXPECT_TRUE(is_in("Shared/A", true));
    EXPECT_FALSE(is_in("Shared/A", false)) << "a name like any other without shared accounts";
}

// RFC 2342 §5
TEST_F(SharedTest, NamespacesAreTold) {
    EXPECT_EQ(
        ann.run("NAMESPACE"),
        "* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) ((\"Shared/\" \"/\"))\r\nt OK NAMESPACE completed\r\n");
}

TEST_F(SharedTest, WithoutTheRightToLookUpThereIsNoMailbox) {
    give("rswipkxtea");
    const std::string missing = "\"Other Users/joe@example.org/Missing\"";
    const std::string nobody = "\"Other Users/nobody@example.org/Work\"";
    append(ann, kMessage);
    for (const std::string verb : {"SELECT", "EXAMINE", "DELETE", "SUBSCRIBE", "GETACL", "MYRIGHTS", "GETQUOTAROOT"}) {
        const std::string reply = ann.run(verb + " " + std::string(kWork));
        EXPECT_TRUE(has(reply, "t NO [NONEXISTENT] Mailbox doesn't exist\r\n")) << reply;
        EXPECT_EQ(reply, ann.run(verb + " " + missing));
        EXPECT_EQ(reply, ann.run(verb + " " + nobody));
    }
    for (const std::string rest : {" (MESSAGES)", " ann@example.org lr", " ann@example.org", " /shared/comment",
                                   " (/shared/comment \"x\")", " Mine"}) {
        const std::string verb = rest == " (MESSAGES)"           ? "STATUS"
                                 : rest == " ann@example.org lr" ? "SETACL"
                                 : rest == " ann@example.org"    ? "LISTRIGHTS"
                                 : rest == " /shared/comment"    ? "GETMETADATA"
                                 : rest == " Mine"               ? "RENAME"
                                                                 : "SETMETADATA";
        const std::string reply = ann.run(on_work(verb, rest));
        EXPECT_TRUE(has(reply, "t NO [NONEXISTENT]")) << verb << reply;
        EXPECT_EQ(reply, ann.run(verb + " " + missing + rest));
    }
    ann.run("SELECT INBOX");
    EXPECT_TRUE(has(ann.run("COPY 1 " + std::string(kWork)), "t NO [TRYCREATE]"));
    EXPECT_TRUE(has(ann.run(append_command()), "t NO [TRYCREATE]"));
    EXPECT_TRUE(has(ann.run("CREATE \"Other Users/joe@example.org/Work/New\""), "t NO [NOPERM]"));
    EXPECT_FALSE(has(ann.run("LIST \"\" *"), "Other Users"));
}

TEST_F(SharedTest, ListShowsWhatMayBeSeen) {
    EXPECT_FALSE(has(ann.run("LIST \"\" *"), "Other Users"));
    give("l");
    EXPECT_EQ(ann.run("LIST \"\" \"Other*\""),
              "* LIST (\\Noselect \\HasChildren) \"/\" \"Other Users\"\r\n"
              "* LIST (\\Noselect \\HasChildren) \"/\" \"Other Users/joe@example.org\"\r\n"
              "* LIST (\\HasNoChildren) \"/\" \"Other Users/joe@example.org/Work\"\r\nt OK LIST completed\r\n");
    EXPECT_TRUE(has(ann.run("LIST \"\" %"), "\"Other Users\"\r\n"));
    EXPECT_TRUE(has(ann.run("LIST \"Other Users/\" \"%/%\""), "joe@example.org/Work\"\r\n"));
    EXPECT_FALSE(has(ann.run("LIST \"\" INBOX"), "Other Users"));
    EXPECT_EQ(ann.run(on_work("LIST \"\"", " RETURN (MYRIGHTS STATUS (MESSAGES))")),
              "* LIST (\\HasNoChildren) \"/\" \"Other Users/joe@example.org/Work\"\r\n"
              "* MYRIGHTS \"Other Users/joe@example.org/Work\" l\r\nt OK LIST completed\r\n");
    EXPECT_FALSE(has(log_in("bob").run("LIST \"\" *"), "Other Users")) << "bob was given nothing";
    give("lr");
    EXPECT_TRUE(has(ann.run(on_work("LIST \"\"", " RETURN (STATUS (MESSAGES))")), "(MESSAGES 1)"));
    // As the administrator does it.
    const auto account = server.store().open(storage::AccountName::parse("joe@example.org").value()).value();
    ASSERT_TRUE(account->set_acl(storage::MailboxName(), {storage::Identifier::Kind::anyone, {}}, false,
                                 {.rights = {storage::Right::lookup, storage::Right::read}}));
    EXPECT_TRUE(has(log_in("bob").run("LIST \"\" *"), "\"Other Users/joe@example.org/INBOX\""));
    joe.run("DELETEACL INBOX anyone");
    joe.run("DELETEACL Work ann@example.org");
    EXPECT_FALSE(has(ann.run("LIST \"\" *"), "Other Users"));
}

TEST_F(SharedTest, SharedAccountsHaveANamespaceOfTheirOwn) {
    TestClient team = log_in("team");
    team.run("CREATE News");
    append(team, kMessage, "News");
    EXPECT_FALSE(has(ann.run("LIST \"\" *"), "Shared"));
    team.run("SETACL News authenticated lrs");
    EXPECT_TRUE(has(ann.run("LIST \"\" *"), "\"/\" Shared/News\r\n"));
    EXPECT_FALSE(has(ann.run("LIST \"\" *"), "team@")) << "not twice";
    EXPECT_FALSE(has(team.run("LIST \"\" *"), "Shared"));
    EXPECT_TRUE(has(ann.run("SELECT Shared/News"), "* 1 EXISTS"));
    EXPECT_TRUE(has(ann.run("FETCH 1 BODY[TEXT]"), "Text"));
}

TEST_F(SharedTest, OnlySharedAccountsGiveRightsToEverybody) {
    for (const std::string who : {"anyone", "anonymous", "authenticated"}) {
        EXPECT_TRUE(has(joe.run("SETACL Work " + who + " lr"),
                        "t NO [NOPERM] Only the administrator gives everybody rights on this mailbox"))
            << who;
        EXPECT_TRUE(has(joe.run("SETACL Work " + who + " +l"), "t NO [NOPERM]")) << who;
        EXPECT_TRUE(has(joe.run("SETACL Work -" + who + " t"), "t OK")) << "it takes";
        EXPECT_TRUE(has(joe.run("SETACL Work " + who + " -l"), "t OK"));
        EXPECT_TRUE(has(joe.run("SETACL Work " + who + " \"\""), "t OK"));
        EXPECT_TRUE(has(joe.run("DELETEACL Work " + who), "t OK"));
    }
    EXPECT_TRUE(has(joe.run("LISTRIGHTS Work anyone"), "* LISTRIGHTS Work anyone \"\"\r\n"));
    EXPECT_FALSE(has(ann.run("LIST \"\" *"), "Other Users"));
    TestClient team = log_in("team");
    team.run("CREATE News");
    EXPECT_TRUE(has(team.run("LISTRIGHTS News anyone"), " anyone \"\" l r w s t i p e k x a n\r\n"));
    EXPECT_TRUE(has(team.run("SETACL News anyone lr"), "t OK"));
    EXPECT_TRUE(has(ann.run("LIST \"\" *"), "Shared/News"));
}

TEST_F(SharedTest, AMailboxOfOnesOwnIsNotHiddenByANamespace) {
    ASSERT_TRUE(server.store()
                    .open(storage::AccountName::parse("ann@example.org").value())
                    .value()
                    ->create(storage::MailboxName::parse("Shared").value()));
    append(ann, kMessage, "Shared");
    EXPECT_TRUE(has(ann.run("SELECT Shared"), "* 1 EXISTS"));
    EXPECT_TRUE(has(ann.run("LIST \"\" Shared"), "* LIST (\\HasNoChildren) \"/\" Shared"));
    EXPECT_TRUE(has(ann.run("CREATE Shared/New"), "t OK")) << "nor what is below it";
    EXPECT_TRUE(has(ann.run("RENAME Shared Kept"), "t OK"));
    EXPECT_TRUE(has(ann.run("CREATE Shared"), "t NO [NOPERM]"));
    EXPECT_TRUE(has(ann.run("CREATE \"Other Users\""), "t NO [NOPERM]"));
}

// RFC 4314 §5.2
TEST_F(SharedTest, WhoMayOnlyReadSelectsReadOnly) {
    give("lr");
    const std::string selected = ann.run(on_work("SELECT"));
    EXPECT_TRUE(has(selected, "* OK [PERMANENTFLAGS ()] Read-only mailbox")) << selected;
    EXPECT_TRUE(has(selected, "t OK [READ-ONLY] SELECT completed"));
    EXPECT_TRUE(has(ann.run("FETCH 1 BODY[TEXT]"), "Text"));
    EXPECT_FALSE(has(ann.run("FETCH 1 FLAGS"), "\\Seen"));
    EXPECT_TRUE(has(ann.run("STORE 1 +FLAGS (\\Seen)"), "t NO"));
    EXPECT_TRUE(has(ann.run("EXPUNGE"), "t NO"));
    EXPECT_TRUE(has(ann.run("COPY 1 INBOX"), "t OK [COPYUID"));
    EXPECT_TRUE(has(ann.run("MOVE 1 INBOX"), "t NO"));
    EXPECT_TRUE(has(ann.run("SEARCH ALL"), "* SEARCH 1"));
}

TEST_F(SharedTest, FlagsAreChangedByTheirRights) {
    give("lrw");
    EXPECT_TRUE(has(ann.run(on_work("SELECT")), "PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\*)]"));
    const std::string stored = ann.run("STORE 1 FLAGS (\\Seen \\Flagged \\Deleted word)");
    EXPECT_TRUE(has(stored, "* 1 FETCH (FLAGS (\\Flagged word \\Recent))")) << stored;
    EXPECT_TRUE(has(ann.run("STORE 1 +FLAGS (\\Seen)"), "t NO [NOPERM]"));
    EXPECT_FALSE(has(ann.run("FETCH 1 (BODY[] FLAGS)"), "\\Seen"));
    give("lrt");
    EXPECT_TRUE(has(ann.run("NOOP"), "PERMANENTFLAGS (\\Deleted)]")) << "the session that is open is told";
    const std::string kept = ann.run("STORE 1 FLAGS (\\Deleted)");
    EXPECT_TRUE(has(kept, "\\Flagged") && has(kept, "word") && has(kept, "\\Deleted")) << kept;
    EXPECT_TRUE(has(ann.run("STORE 1 -FLAGS (\\Flagged)"), "t NO [NOPERM]"));
    EXPECT_TRUE(has(ann.run("EXPUNGE"), "t NO [NOPERM]"));
    EXPECT_EQ(ann.run("CLOSE"), "t OK CLOSE completed\r\n");
    EXPECT_TRUE(has(joe.run("STATUS Work (MESSAGES)"), "MESSAGES 1")) << "nothing was expunged";
    give("lrse");
    EXPECT_TRUE(has(ann.run(on_work("SELECT")), "PERMANENTFLAGS (\\Seen)]"));
    EXPECT_TRUE(has(ann.run("FETCH 1 BODY[]"), "\\Seen"));
    EXPECT_TRUE(has(ann.run("MOVE 1 INBOX"), "t NO [NOPERM]"));
    EXPECT_TRUE(has(ann.run("EXPUNGE"), "* 1 EXPUNGE"));
}

TEST_F(SharedTest, AppendAndCopyCarryOnlyPermittedFlags) {
    give("lrw");
    EXPECT_TRUE(has(ann.run(append_command()), "t NO [NOPERM]"));
    give("lriw");
    EXPECT_TRUE(has(ann.run(append_command("(\\Seen \\Flagged) ")), "t OK [APPENDUID"));
    append(ann, kMessage);
    ann.run("SELECT INBOX");
    ann.run("STORE 1 FLAGS (\\Seen \\Answered)");
    EXPECT_TRUE(has(ann.run("COPY 1 " + std::string(kWork)), "t OK [COPYUID"));
    EXPECT_TRUE(has(ann.run("MOVE 1 " + std::string(kWork)), "* 1 EXPUNGE"));
    joe.run("SELECT Work");
    EXPECT_TRUE(has(joe.run("FETCH 2 FLAGS"), "FLAGS (\\Flagged"));
    EXPECT_FALSE(has(joe.run("FETCH 2:4 FLAGS"), "\\Seen"));
    EXPECT_TRUE(has(joe.run("FETCH 4 FLAGS"), "\\Answered"));
    ann.run(on_work("SELECT"));
    EXPECT_TRUE(has(ann.run("SEARCH SEEN"), "* SEARCH\r\n")) << "nor by a flag of her own";
    give("lrisw");
    EXPECT_TRUE(has(ann.run(append_command("(\\Seen) ")), "t OK [APPENDUID"));
    EXPECT_TRUE(has(ann.run("SEARCH SEEN"), "* SEARCH 5\r\n"));
    joe.run("NOOP");
    const std::string owners = joe.run("FETCH 5 FLAGS");
    EXPECT_TRUE(has(owners, "* 5 FETCH") && !has(owners, "\\Seen")) << owners;
}

TEST_F(SharedTest, MailboxesAreMadeRenamedAndDeletedByRight) {
    give("lr");
    const std::string below = "\"Other Users/joe@example.org/Work/Open\"";
    EXPECT_TRUE(has(ann.run("CREATE " + below), "t NO [NOPERM]"));
    EXPECT_TRUE(has(ann.run("CREATE \"Other Users/joe@example.org/New\""), "t NO [NOPERM]"));
    give("lrkx");
    EXPECT_TRUE(has(ann.run("CREATE " + below), "t OK [MAILBOXID"));
    EXPECT_TRUE(has(ann.run("LIST \"\" *"), "Work/Open")) << "it has its parent's list";
    EXPECT_TRUE(has(joe.run("LIST \"\" *"), "Work/Open"));
    EXPECT_TRUE(has(ann.run("RENAME " + below + " Mine"), "t NO [CANNOT]"));
    EXPECT_TRUE(has(ann.run("RENAME " + below + " \"Other Users/joe@example.org/Work/Done\""), "t OK"));
    EXPECT_TRUE(has(joe.run("LIST \"\" *"), "Work/Done"));
    EXPECT_TRUE(has(ann.run("DELETE \"Other Users/joe@example.org/Work/Done\""), "t OK"));
    give("lrk");
    EXPECT_TRUE(has(ann.run(on_work("DELETE")), "t NO [NOPERM]"));
    EXPECT_TRUE(has(ann.run(on_work("RENAME", " " + below)), "t NO [NOPERM]"));
    EXPECT_TRUE(has(ann.run("CREATE \"Other Users/joe@example.org/Work/Deep/Er\""), "t OK"));
    EXPECT_TRUE(has(ann.run("LIST \"\" *"), "Work/Deep/Er")) << "the nearest parent's list";
}

// RFC 4314 §4: the nearest parent that exists, not the nearest that is seen
TEST_F(SharedTest, NothingIsMadeBelowAMailboxThatIsHidden) {
    give("lrkx");
    EXPECT_TRUE(has(joe.run("CREATE Work/B"), "t OK"));
    EXPECT_TRUE(has(joe.run("SETACL Work/B ann@example.org \"\""), "t OK"));
    const std::string inside = "\"Other Users/joe@example.org/Work/B/C\"";
    const std::string refused = ann.run("CREATE " + inside);
    EXPECT_TRUE(has(refused, "t NO [NOPERM]")) << refused;
    EXPECT_EQ(ann.run("CREATE \"Other Users/joe@example.org/None/C\""), refused) << "nothing tells that it exists";
    EXPECT_EQ(ann.run("CREATE \"Other Users/nobody@example.org/None/C\""), refused);
    EXPECT_TRUE(has(ann.run("CREATE \"Other Users/joe@example.org/Work/Open\""), "t OK"));
    EXPECT_TRUE(has(ann.run("RENAME \"Other Users/joe@example.org/Work/Open\" " + inside), "t NO [NOPERM]"));
    EXPECT_FALSE(has(joe.run("LIST \"\" *"), "Work/B/C"));
}

TEST_F(SharedTest, SubscriptionsAreTheReaders) {
    give("l");
    EXPECT_EQ(ann.run(on_work("SUBSCRIBE")), "t OK SUBSCRIBE completed\r\n");
    EXPECT_TRUE(has(ann.run("LSUB \"\" *"), "* LSUB () \"/\" \"Other Users/joe@example.org/Work\""));
    EXPECT_TRUE(has(ann.run("LIST (SUBSCRIBED) \"\" \"Other*\""), "(\\HasNoChildren \\Subscribed)"));
    EXPECT_FALSE(has(joe.run("LSUB \"\" *"), "Work"));
    give("");
    EXPECT_EQ(ann.run(on_work("UNSUBSCRIBE")), "t OK UNSUBSCRIBE completed\r\n");
    EXPECT_FALSE(has(ann.run("LSUB \"\" *"), "Other"));
}

TEST_F(SharedTest, ListsAreAdministeredByRight) {
    give("lr");
    EXPECT_TRUE(has(ann.run(on_work("GETACL")), "t NO [NOPERM]"));
    EXPECT_TRUE(has(ann.run(on_work("MYRIGHTS")), " lr\r\n"));
    EXPECT_TRUE(has(ann.run(on_work("SETACL", " bob@example.org lr")), "t NO [NOPERM]"));
    give("lra");
    EXPECT_TRUE(has(ann.run(on_work("SETACL", " bob@example.org lr")), "t OK"));
    EXPECT_TRUE(
        has(ann.run(on_work("GETACL")), " joe@example.org lrwstipekxancd ann@example.org lra bob@example.org lr\r\n"));
    TestClient bob = log_in("bob");
    EXPECT_TRUE(has(bob.run("LIST \"\" *"), "Other Users/joe@example.org/Work"));
    EXPECT_TRUE(has(ann.run(on_work("DELETEACL", " bob@example.org")), "t OK"));
    EXPECT_FALSE(has(bob.run("LIST \"\" *"), "Other Users"));
}

// RFC 4314 §3.4, §3.7
TEST_F(SharedTest, TheOwnerCannotLockHimselfOut) {
    EXPECT_TRUE(has(joe.run("SETACL Work joe@example.org \"\""), "t OK"));
    EXPECT_TRUE(has(joe.run("SETACL Work -owner lra"), "t OK"));
    EXPECT_EQ(joe.run("MYRIGHTS Work"), "* MYRIGHTS Work lrwstipekxancd\r\nt OK MYRIGHTS completed\r\n");
    EXPECT_TRUE(has(joe.run("GETACL Work"), "* ACL Work -owner lra joe@example.org lrwstipekxancd\r\n"));
    EXPECT_EQ(joe.run("LISTRIGHTS Work joe@example.org"),
              "* LISTRIGHTS Work joe@example.org lrwstipekxan\r\nt OK LISTRIGHTS completed\r\n");
    EXPECT_TRUE(has(joe.run("LIST \"\" Work RETURN (MYRIGHTS)"), "MYRIGHTS Work lrwstipekxancd\r\n"));
    // As it is.
    EXPECT_TRUE(has(joe.run("SELECT Work"), "t OK [READ-WRITE]"));
    EXPECT_TRUE(has(joe.run("STORE 1 +FLAGS (\\Deleted)"), "t OK"));
    EXPECT_TRUE(has(joe.run("UNSELECT"), "t OK"));
    EXPECT_TRUE(has(joe.run("DELETEACL Work joe@example.org"), "t OK"));
    EXPECT_TRUE(has(joe.run("DELETEACL Work -owner"), "t OK"));
    EXPECT_TRUE(has(joe.run("MYRIGHTS Work"), "lrwstipekxancd"));
}

// RFC 5464 §4
TEST_F(SharedTest, EachUserHasPrivateAnnotations) {
    give("l");
    EXPECT_TRUE(has(ann.run(on_work("GETMETADATA", " /shared/comment")), "t NO [NOPERM]"));
    give("lr");
    joe.run("SETMETADATA Work (/private/comment \"joe's\" /shared/comment \"all\")");
    EXPECT_TRUE(has(ann.run(on_work("GETMETADATA", " (/private/comment /shared/comment)")),
                    "(/private/comment NIL /shared/comment \"all\")"));
    EXPECT_TRUE(has(ann.run(on_work("SETMETADATA", " (/private/comment \"ann's\")")), "t OK"));
    EXPECT_TRUE(has(ann.run(on_work("GETMETADATA", " /private/comment")), "\"ann's\""));
    EXPECT_TRUE(has(joe.run("GETMETADATA Work /private/comment"), "\"joe's\""));
}

TEST_F(SharedTest, WhoOnlyReadsSetsNoAnnotationsOfAll) {
    give("lrsip");
    const std::string set = on_work("SETMETADATA", " (/private/comment \"x\" /shared/comment \"ann's\")");
    EXPECT_TRUE(has(ann.run(set), "t NO [NOPERM]"));
    EXPECT_TRUE(has(ann.run(on_work("GETMETADATA", " /private/comment")), "NIL")) << "nor any of the command";
    give("lrw");
    EXPECT_TRUE(has(ann.run(set), "t OK"));
    EXPECT_TRUE(has(joe.run("GETMETADATA Work /shared/comment"), "\"ann's\""));
}

// RFC 5464 §4.3
TEST_F(SharedTest, AReaderHasRoomOfTheirOwnForAnnotations) {
    give("lr");
    const auto set = [](const std::string& mailbox, std::size_t number) {
        return "SETMETADATA " + mailbox + " (/private/" + std::to_string(number) + " \"x\")";
    };
    for (std::size_t i = 0; i < storage::Annotations::max_reader_entries; ++i)
        ASSERT_TRUE(has(ann.run(set(std::string(kWork), i)), "t OK"));
    EXPECT_TRUE(has(ann.run(set(std::string(kWork), 1000)), "t NO [METADATA TOOMANY]"));
    EXPECT_TRUE(has(joe.run(set("Work", 1000)), "t OK"));
}

TEST_F(SharedTest, AnOpenSessionEndsWhenTheRightToReadIsTaken) {
    give("lrs");
    EXPECT_TRUE(has(ann.run(on_work("SELECT")), "t OK [READ-WRITE]"));
    joe.run("RENAME Work Play");
    EXPECT_TRUE(has(ann.run("FETCH 1 BODY.PEEK[TEXT]"), "Text")) << "a renamed mailbox stays open";
    EXPECT_TRUE(has(joe.run("SETACL Play ann@example.org -r"), "t OK"));
    EXPECT_TRUE(ann.run("FETCH 1 BODY[]").starts_with("* BYE"));
}

TEST_F(SharedTest, AnOpenSessionHasRightsThatAreGivenBack) {
    give("lrswite");
    EXPECT_TRUE(has(ann.run(on_work("SELECT")), "t OK [READ-WRITE]"));
    give("lr");
    const std::string taken = ann.run("NOOP");
    EXPECT_TRUE(has(taken, "* OK [READ-ONLY]") && has(taken, "PERMANENTFLAGS ()")) << taken;
    EXPECT_TRUE(has(ann.run("STORE 1 +FLAGS (\\Flagged)"), "t NO [READ-ONLY]"));
    give("lrswite");
    const std::string given = ann.run("NOOP");
    EXPECT_TRUE(has(given, "* OK [READ-WRITE]") && has(given, "\\Flagged")) << given;
    EXPECT_TRUE(has(ann.run("STORE 1 +FLAGS (\\Flagged)"), "* 1 FETCH (FLAGS (\\Flagged"));
    EXPECT_TRUE(has(ann.run(on_work("EXAMINE")), "t OK [READ-ONLY]"));
    give("lr");
    give("lrswite");
    EXPECT_TRUE(has(ann.run("STORE 1 -FLAGS (\\Flagged)"), "t NO [READ-ONLY]")) << "as it was asked for";
}

TEST_F(SharedTest, AnOpenSessionOnlyReadsWhileItsRightsCannotBeRead) {
    give("lrswite");
    EXPECT_TRUE(has(ann.run(on_work("SELECT")), "t OK [READ-WRITE]"));
    // No file can be opened any more.
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlim_t kept = std::exchange(limit.rlim_cur, 3);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    const std::string told = ann.run("NOOP");
    const std::string refused = ann.run("STORE 1 +FLAGS (\\Flagged)");
    limit.rlim_cur = kept;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_TRUE(has(told, "* OK [READ-ONLY]")) << told;
    EXPECT_TRUE(has(refused, "t NO [READ-ONLY]")) << refused;
    EXPECT_TRUE(has(ann.run("STORE 1 +FLAGS (\\Flagged)"), "* 1 FETCH (FLAGS (\\Flagged"));
}

TEST_F(SharedTest, WhatOthersStoreCountsToTheOwnersQuota) {
    TestClient team = log_in("team");
    team.run("CREATE News");
    team.run("SETACL News ann@example.org lrite");
    append(ann, kMessage, "Shared/News");
    append(ann, kMessage);
    ann.run("SELECT INBOX");
    EXPECT_EQ(ann.run("COPY 1 Shared/News").find("[ALERT]"), std::string::npos) << "the owner's affair";
    EXPECT_TRUE(has(ann.run("COPY 1 Shared/News"), "t NO [OVERQUOTA]"));
    EXPECT_TRUE(has(ann.run("MOVE 1 Shared/News"), "t NO [OVERQUOTA]"));
    EXPECT_TRUE(has(ann.run("APPEND Shared/News {50}"), "t NO [OVERQUOTA]"));
    ann.run("SELECT Shared/News");
    EXPECT_TRUE(has(ann.run("MOVE 1 INBOX"), "* 1 EXPUNGE"));
    EXPECT_TRUE(has(ann.run("STORE 1 +FLAGS (\\Deleted)"), "t OK"));
    EXPECT_TRUE(has(ann.run("EXPUNGE"), "* 1 EXPUNGE"));
    append(ann, kMessage, "Shared/News");
}

TEST_F(SharedTest, AnOthersMailboxShowsNoQuotaRoot) {
    give("lr");
    EXPECT_EQ(ann.run(on_work("GETQUOTAROOT")),
              "* QUOTAROOT \"Other Users/joe@example.org/Work\"\r\nt OK GETQUOTAROOT completed\r\n");
}

}  // namespace
}  // namespace posthouse::imapd
