// Tests of annotations of messages: ANNOTATE-EXPERIMENT-1 (RFC 5257).
#include <regex>
#include <string>

#include "storage/message_annotations.h"
#include "tests/unit/imapd/imap_server.h"

namespace posthouse::imapd {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view kMessage = "From: joe@example.org\r\nSubject: hello\r\n\r\nText\r\n";
constexpr std::string_view kWork = "\"Other Users/joe@example.org/Work\"";

class AnnotateTest : public ImapTest {
  protected:
    AnnotateTest() {
        for (int i = 0; i < 3; ++i) append(joe, kMessage);
        joe.run("SELECT INBOX (ANNOTATE)");
    }
    static std::string append_command(const std::string& mailbox, const std::string& annotations) {
        return "APPEND " + mailbox + " ANNOTATION " + annotations + " {" + std::to_string(kMessage.size()) + "+}\r\n" +
               std::string(kMessage);
    }
    /// What FETCH tells of a message's annotations.
    static std::string fetched(TestClient& client, const std::string& message, const std::string& query) {
        return client.run("FETCH " + message + " (ANNOTATION (" + query + "))");
    }

    TestClient joe = log_in();
};

TEST_F(AnnotateTest, IsAnnounced) {
    EXPECT_TRUE(has(joe.run("CAPABILITY"), " ANNOTATE-EXPERIMENT-1 "));
    EXPECT_TRUE(has(joe.run("CAPABILITY"), " RIGHTS=texkn "));
}

// RFC 5257 §4.1, §4.2
TEST_F(AnnotateTest, SelectTellsWhatTheMailboxOffers) {
    const std::string size = std::to_string(storage::max_message_annotation_bytes);
    EXPECT_TRUE(has(joe.run("SELECT INBOX (ANNOTATE)"), "* OK [ANNOTATIONS " + size + "] "));
    EXPECT_TRUE(has(joe.run("SELECT INBOX"), "* OK [ANNOTATIONS " + size + "] "));
    EXPECT_TRUE(has(joe.run("EXAMINE INBOX (ANNOTATE)"), "* OK [ANNOTATIONS READ-ONLY] "));
    EXPECT_TRUE(joe.run("STORE 1 ANNOTATION (/comment (value.priv \"x\"))").starts_with("t NO [READ-ONLY]"));
}

// RFC 5257 §4.3
TEST_F(AnnotateTest, FetchShowsWhatIsAskedFor) {
    EXPECT_EQ(joe.run("STORE 1 ANNOTATION (/comment (value.priv \"My comment\" value.shared \"Group note\"))"),
              "t OK STORE completed\r\n");
    EXPECT_EQ(joe.run("FETCH 1 (ANNOTATION (/comment value))"),
              "* 1 FETCH (ANNOTATION (/comment (value.priv \"My comment\" value.shared \"Group note\")))\r\n"
              "t OK FETCH completed\r\n");
    joe.run(
        "STORE 1 ANNOTATION (/comment (value.shared NIL) /altsubject (value.priv \"Rhinoceroses!\") "
        "/vendor/foobar/label (value.priv \"label43\") /vendor/foobar/personality (value.shared \"Tallulah Bankhead\") "
        "/1/comment (value.priv \"a part\"))");
    EXPECT_EQ(joe.run("UID FETCH 1 (UID ANNOTATION (/* (value.priv size.priv)))"),
              "* 1 FETCH (UID 1 ANNOTATION (/1/comment (value.priv \"a part\" size.priv \"6\")"
              " /altsubject (value.priv \"Rhinoceroses!\" size.priv \"13\")"
              " /comment (value.priv \"My comment\" size.priv \"10\")"
              " /vendor/foobar/label (value.priv \"label43\" size.priv \"7\")))\r\nt OK UID FETCH completed\r\n");
    EXPECT_TRUE(has(fetched(joe, "1", "/% value.priv"),
                    "(ANNOTATION (/altsubject (value.priv \"Rhinoceroses!\") /comment (value.priv \"My comment\")))"));
    EXPECT_TRUE(has(fetched(joe, "1", "(/comment /nothing) (value.shared size.shared)"),
                    "(ANNOTATION (/comment (value.shared NIL size.shared \"0\")"
                    " /nothing (value.shared NIL size.shared \"0\")))"));
    EXPECT_TRUE(has(fetched(joe, "1", "/vendor/*/personality *"),
                    "(/vendor/foobar/personality (value.priv NIL size.priv \"0\" value.shared \"Tallulah Bankhead\""
                    " size.shared \"17\"))"));
}

TEST_F(AnnotateTest, WhereNothingMatchesTheAnswerIsStillOne) {
    EXPECT_EQ(fetched(joe, "2:3", "* value"), "* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\nt OK FETCH completed\r\n");
    EXPECT_EQ(joe.run("FETCH 2 (ANNOTATION (/a* value) RFC822.SIZE)"),
              "* 2 FETCH (RFC822.SIZE 47)\r\nt OK FETCH completed\r\n");
}

// RFC 5257 §4.5
TEST_F(AnnotateTest, StoreKeepsAnyOctetsAndRemovesByNil) {
    EXPECT_TRUE(has(joe.run("STORE 1:2 ANNOTATION (/comment (value.priv {9+}\r\ntwo\r\nline))"), "t OK"));
    EXPECT_TRUE(has(fetched(joe, "2", "/comment value.priv"), "(value.priv {9}\r\ntwo\r\nline)"));
    using namespace std::string_literals;
    EXPECT_TRUE(has(joe.run("STORE 1 ANNOTATION (/comment (value.priv ~{3+}\r\na\0b))"s), "t OK"));
    EXPECT_TRUE(has(fetched(joe, "1", "/comment value.priv"), "(value.priv ~{3}\r\na\0b)"s));
    EXPECT_TRUE(has(joe.run("STORE 1 ANNOTATION (/comment (value.priv NIL))"), "t OK"));
    EXPECT_TRUE(has(fetched(joe, "1", "/comment value.priv"), "(value.priv NIL)"));
    for (const char* wrong : {"(/comment (value \"x\"))", "(comment (value.priv \"x\"))", "(/a* (value.priv \"x\"))",
                              "(/comment (size.priv \"1\"))", "(/a/ (value.priv \"x\"))"})
        EXPECT_TRUE(joe.run("STORE 1 ANNOTATION " + std::string(wrong)).starts_with("t BAD ")) << wrong;
}

TEST_F(AnnotateTest, SizeAndNumberAreBounded) {
    const std::size_t most = storage::max_message_annotation_bytes;
    const auto store = [&](std::size_t size) {
        return joe.run("STORE 1 ANNOTATION (/comment (value.priv {" + std::to_string(size) + "+}\r\n" +
                       std::string(size, 'x') + "))");
    };
    EXPECT_TRUE(has(store(most), "t OK"));
    EXPECT_TRUE(store(most + 1).starts_with("t NO [ANNOTATE TOOBIG] "));
    std::string many = "(/n0 (value.shared \"x\")";
    for (std::size_t i = 1; i < storage::max_message_annotations; ++i)
        many += " /n" + std::to_string(i) + " (value.shared \"x\")";
    EXPECT_TRUE(has(joe.run("STORE 1:2 ANNOTATION " + many + ")"), "t OK"));
    EXPECT_TRUE(joe.run("STORE 1 ANNOTATION (/more (value.shared \"x\"))").starts_with("t NO [ANNOTATE TOOMANY] "));
    EXPECT_TRUE(has(joe.run("STORE 1 ANNOTATION (/more (value.priv \"x\"))"), "t OK"));
    const std::string before = joe.run("STATUS INBOX (MESSAGES)");
    EXPECT_TRUE(
        has(joe.run(append_command("INBOX", many + " /more (value.shared \"x\"))")), "t NO [ANNOTATE TOOMANY] "));
    EXPECT_TRUE(has(joe.run(append_command("INBOX", "(/a (value.priv {" + std::to_string(most + 1) + "+}\r\n" +
                                                        std::string(most + 1, 'x') + "))")),
                    "t NO [ANNOTATE TOOBIG] "));
    EXPECT_EQ(joe.run("STATUS INBOX (MESSAGES)"), before);
}

// RFC 5257 §4.4
TEST_F(AnnotateTest, OthersAreToldWhichHaveChanged) {
    TestClient told = log_in();
    told.run("SELECT INBOX (ANNOTATE)");
    TestClient untold = select_inbox();
    EXPECT_EQ(joe.run("STORE 1 ANNOTATION (/comment (value.shared \"x\") /altsubject (value.priv \"y\"))"),
              "t OK STORE completed\r\n");
    EXPECT_EQ(told.run("NOOP"), "* 1 FETCH (UID 1 ANNOTATION (/altsubject /comment))\r\nt OK NOOP completed\r\n");
    EXPECT_EQ(untold.run("NOOP"), "t OK NOOP completed\r\n");
    EXPECT_EQ(joe.run("NOOP"), "t OK NOOP completed\r\n") << "its own";
    told.run("ENABLE CONDSTORE");
    joe.run("STORE 1 ANNOTATION (/comment (value.shared NIL))");
    EXPECT_TRUE(std::regex_search(told.run("NOOP"),
                                  std::regex("\\* 1 FETCH \\(UID 1 ANNOTATION \\(/comment\\) MODSEQ \\(\\d+\\)\\)")));
    told.send("i IDLE\r\n");
    told.read_until("+ ");
    joe.run("STORE 2 ANNOTATION (/comment (value.shared \"x\"))");
    EXPECT_TRUE(has(told.read_until("* 2 FETCH"), "(UID 2 ANNOTATION (/comment) MODSEQ ("));
    told.send("DONE\r\n");
    told.read_until("i OK");
}

// RFC 5465 §5: AnnotationChange
TEST_F(AnnotateTest, NotifyTellsThemToo) {
    TestClient told = select_inbox();
    EXPECT_TRUE(has(told.run("NOTIFY SET (selected (MessageNew MessageExpunge AnnotationChange)) (personal (MessageNew"
                             " MessageExpunge AnnotationChange))"),
                    "t OK"));
    told.run("NOOP");
    joe.run("STORE 1 ANNOTATION (/comment (value.shared \"x\"))");
    EXPECT_TRUE(has(told.read_until("* 1 FETCH"), "(UID 1 ANNOTATION (/comment))\r\n"));
    joe.run("STORE 1 +FLAGS (\\Flagged)");
    joe.run("COPY 1 Sent");
    joe.run("SELECT Sent");
    EXPECT_FALSE(has(told.read_until("* STATUS Sent"), "FLAGS")) << "not asked for";
    joe.run("STORE 1 ANNOTATION (/comment (value.shared \"z\"))");
    EXPECT_TRUE(has(told.read_until("* STATUS Sent"), "MESSAGES 1"));
    told.run("NOTIFY SET (selected (MessageNew MessageExpunge))");
    joe.run("SELECT INBOX");
    joe.run("STORE 1 ANNOTATION (/comment (value.shared \"again\"))");
    EXPECT_FALSE(has(told.run("NOOP"), "ANNOTATION"));
}

// RFC 7162 §3.1.3: UNCHANGEDSINCE; and MODSEQ rises with annotations.
TEST_F(AnnotateTest, HaveModseqs) {
    const auto number_after = [](const std::string& text, const std::string& what) {
        std::smatch found;
        return std::regex_search(text, found, std::regex(what + "\\D*(\\d+)")) ? std::stoull(found[1].str()) : 0;
    };
    const std::uint64_t before = number_after(joe.run("FETCH 1 MODSEQ"), "MODSEQ");
    const std::string stored = joe.run("STORE 1 ANNOTATION (/comment (value.priv \"x\"))");
    const std::uint64_t after = number_after(stored, "MODSEQ");
    EXPECT_TRUE(has(stored, "* 1 FETCH (MODSEQ (")) << stored;
    EXPECT_GT(after, before);
    EXPECT_EQ(number_after(joe.run("FETCH 1 MODSEQ"), "MODSEQ"), after);
    EXPECT_TRUE(has(joe.run("FETCH 1:* FLAGS (CHANGEDSINCE " + std::to_string(after - 1) + ")"), "* 1 FETCH"));
    const std::string condition = "(UNCHANGEDSINCE " + std::to_string(after - 1) + ")";
    EXPECT_TRUE(
        has(joe.run("STORE 1 " + condition + " ANNOTATION (/comment (value.priv \"y\"))"), "t OK [MODIFIED 1] "));
    EXPECT_TRUE(has(joe.run("STORE 1 " + condition + " +FLAGS (\\Draft)"), "t OK [MODIFIED 1] "));
    EXPECT_TRUE(has(fetched(joe, "1", "/comment value.priv"), "\"x\""));
    EXPECT_TRUE(has(
        joe.run("UID STORE 1 (UNCHANGEDSINCE " + std::to_string(after) + ") ANNOTATION (/comment (value.priv \"y\"))"),
        "* 1 FETCH (UID 1 MODSEQ ("));
}

// RFC 5257 §4.6, §4.7
TEST_F(AnnotateTest, AppendCopyAndMoveTakeThemAlong) {
    EXPECT_TRUE(
        has(joe.run(append_command("Drafts", "(/comment (value.priv \"Don't send until I say so\"))")), "t OK"));
    joe.run("SELECT Drafts");
    EXPECT_TRUE(
        has(fetched(joe, "1", "/comment value"), "(value.priv \"Don't send until I say so\" value.shared NIL)"));
    joe.run("STORE 1 ANNOTATION (/comment (value.shared \"all\"))");
    EXPECT_TRUE(has(joe.run("COPY 1 Sent"), "t OK"));
    EXPECT_TRUE(has(joe.run("MOVE 1 Sent"), "t OK"));
    joe.run("SELECT Sent");
    for (const char* message : {"1", "2"})
        EXPECT_TRUE(has(fetched(joe, message, "/comment value"),
                        "(value.priv \"Don't send until I say so\" value.shared \"all\")"));
    const std::string two = "APPEND Drafts ANNOTATION (/a (value.shared \"1\")) {" + std::to_string(kMessage.size()) +
                            "+}\r\n" + std::string(kMessage) + " ANNOTATION (/a (value.shared \"2\")) {" +
                            std::to_string(kMessage.size()) + "+}\r\n" + std::string(kMessage);
    EXPECT_TRUE(has(joe.run(two), "t OK [APPENDUID"));
    joe.run("SELECT Drafts");
    EXPECT_TRUE(has(fetched(joe, "2", "/a value.shared"), "(value.shared \"2\")"));
}

// RFC 5257 §4.8
TEST_F(AnnotateTest, SearchLooksIntoThem) {
    joe.run("STORE 1 ANNOTATION (/comment (value.priv \"about imap4 it is\"))");
    joe.run("STORE 2 ANNOTATION (/1/comment (value.shared \"IMAP4 too\"))");
    EXPECT_TRUE(has(joe.run("SEARCH ANNOTATION /comment value \"IMAP4\""), "* SEARCH 1\r\n"));
    EXPECT_TRUE(has(joe.run("SEARCH ANNOTATION * value \"IMAP4\""), "* SEARCH 1 2\r\n"));
    EXPECT_TRUE(has(joe.run("SEARCH ANNOTATION /% value \"IMAP4\""), "* SEARCH 1\r\n"));
    EXPECT_TRUE(has(joe.run("SEARCH ANNOTATION * value.shared \"IMAP4\""), "* SEARCH 2\r\n"));
    EXPECT_TRUE(has(joe.run("SEARCH NOT ANNOTATION * value \"IMAP4\""), "* SEARCH 3\r\n"));
    EXPECT_TRUE(has(joe.run("SEARCH ANNOTATION /comment value.priv NIL"), "* SEARCH 2 3\r\n"));
    EXPECT_TRUE(joe.run("SEARCH ANNOTATION /comment size \"1\"").starts_with("t BAD "));
    EXPECT_TRUE(has(joe.run("ESEARCH IN (mailboxes INBOX) ANNOTATION * value.shared \"too\""), " ALL 2\r\n"));
}

// RFC 5267 §4.3: also one's own changes.
TEST_F(AnnotateTest, ResultsOfASearchAreKeptUpToDate) {
    TestClient other = select_inbox();
    EXPECT_TRUE(has(joe.run("SEARCH RETURN (UPDATE) ANNOTATION /comment value \"x\""), "* ESEARCH"));
    other.run("STORE 2 ANNOTATION (/comment (value.shared \"x\"))");
    EXPECT_TRUE(has(joe.run("NOOP"), "ADDTO (0 2)"));
    EXPECT_TRUE(has(joe.run("STORE 2 ANNOTATION (/comment (value.shared NIL))"), "REMOVEFROM (0 2)"));
}

// RFC 5257 §4.9
TEST_F(AnnotateTest, SortOrdersByThem) {
    joe.run("STORE 1 ANNOTATION (/altsubject (value.shared \"b\"))");
    joe.run("STORE 2 ANNOTATION (/altsubject (value.shared \"C\"))");
    joe.run("STORE 3 ANNOTATION (/altsubject (value.shared \"a\" value.priv \"z\"))");
    EXPECT_TRUE(has(joe.run("SORT (ANNOTATION /altsubject value.shared) UTF-8 ALL"), "* SORT 3 1 2\r\n"));
    EXPECT_TRUE(has(joe.run("SORT (REVERSE ANNOTATION /altsubject value.shared) UTF-8 ALL"), "* SORT 2 1 3\r\n"));
    EXPECT_TRUE(has(joe.run("SORT (SUBJECT REVERSE ANNOTATION /altsubject value.priv) UTF-8 ALL"), "* SORT 3 1 2\r\n"));
    EXPECT_TRUE(joe.run("SORT (ANNOTATION /altsubject value) UTF-8 ALL").starts_with("t BAD "));
    EXPECT_TRUE(has(joe.run("SORT RETURN (UPDATE) (ANNOTATION /altsubject value.shared) UTF-8 ALL"), "[NOUPDATE "));
}

// An order by headers is kept for the next SORT.
TEST_F(AnnotateTest, AnOrderByThemHoldsOnlyOnce) {
    for (int i = 0; i < 117; ++i) append(joe, kMessage);
    joe.run("NOOP");
    const std::string sort = "SORT (REVERSE ANNOTATION /altsubject value.shared SUBJECT) UTF-8 ALL";
    joe.run("STORE 7 ANNOTATION (/altsubject (value.shared \"a\"))");
    EXPECT_TRUE(has(joe.run(sort), "* SORT 7 1 2 "));
    joe.run("STORE 2 ANNOTATION (/altsubject (value.shared \"b\"))");
    EXPECT_TRUE(has(joe.run(sort), "* SORT 2 7 1 3 "));
}

/// Joe's mailbox Work, with two messages, is Ann's to read.
class SharedAnnotateTest : public ImapTest {
  protected:
    SharedAnnotateTest() {
        joe.run("CREATE Work");
        for (int i = 0; i < 2; ++i) append(joe, kMessage, "Work");
        give("lr");
        joe.run("SELECT Work (ANNOTATE)");
    }
    void give(const std::string& rights) { EXPECT_TRUE(has(joe.run("SETACL Work ann@example.org " + rights), "t OK")); }
    std::string ann_fetches(const std::string& message = "1") {
        return ann.run("FETCH " + message + " (ANNOTATION (/comment value))");
    }
    const std::string select = "SELECT " + std::string(kWork) + " (ANNOTATE)";

    TestClient joe = log_in();
    TestClient ann = log_in("ann");
};

// RFC 5257 §3.3, §3.4
TEST_F(SharedAnnotateTest, ToReadIsEnoughForOnesOwn) {
    joe.run("STORE 1 ANNOTATION (/comment (value.priv \"joe's\" value.shared \"ours\"))");
    EXPECT_TRUE(has(ann.run(select), "* OK [ANNOTATIONS " + std::to_string(storage::max_message_annotation_bytes)));
    EXPECT_TRUE(has(ann_fetches(), "(value.priv NIL value.shared \"ours\")"));
    EXPECT_TRUE(has(ann.run("STORE 1 ANNOTATION (/comment (value.priv \"ann's\"))"), "t OK"));
    EXPECT_TRUE(has(ann_fetches(), "(value.priv \"ann's\" value.shared \"ours\")"));
    EXPECT_EQ(joe.run("NOOP"), "t OK NOOP completed\r\n") << "nobody else's concern";
    EXPECT_TRUE(has(joe.run("FETCH 1 (ANNOTATION (/comment value.priv))"), "joe's"));
}

TEST_F(SharedAnnotateTest, ThoseOfAllTakeTheRight) {
    ann.run(select);
    EXPECT_TRUE(ann.run("STORE 1 ANNOTATION (/comment (value.shared \"x\"))").starts_with("t NO [NOPERM] "));
    EXPECT_TRUE(ann.run("STORE 1 +FLAGS (\\Flagged)").starts_with("t NO [READ-ONLY] "));
    give("lrn");
    EXPECT_TRUE(has(joe.run("GETACL Work"), "ann@example.org lrn\r\n"));
    EXPECT_TRUE(has(joe.run("LISTRIGHTS Work ann@example.org"), " a n\r\n"));
    EXPECT_TRUE(has(ann.run(select), "[READ-WRITE]"));
    EXPECT_TRUE(has(ann.run("MYRIGHTS " + std::string(kWork)), " lrn\r\n"));
    EXPECT_TRUE(has(ann.run("STORE 1 ANNOTATION (/comment (value.shared \"x\"))"), "t OK"));
    EXPECT_TRUE(has(joe.run("NOOP"), "* 1 FETCH (UID 1 ANNOTATION (/comment))\r\n"));
    EXPECT_TRUE(ann.run("STORE 1 +FLAGS (\\Flagged)").starts_with("t NO [NOPERM] "));
}

// RFC 5257 §3.4: to have one's own takes `r`, also by COPY (§4.6).
TEST_F(SharedAnnotateTest, ACopyToWhereOneMayNotReadHasNone) {
    EXPECT_TRUE(has(joe.run("CREATE Box"), "t OK"));
    EXPECT_TRUE(has(joe.run("SETACL Box ann@example.org lin"), "t OK"));
    ann.run(select);
    ann.run("STORE 1 ANNOTATION (/comment (value.priv \"ann's\"))");
    EXPECT_TRUE(has(ann.run("COPY 1 \"Other Users/joe@example.org/Box\""), "t OK [COPYUID"));
    EXPECT_TRUE(has(joe.run("SETACL Box ann@example.org lr"), "t OK"));
    ann.run("SELECT \"Other Users/joe@example.org/Box\" (ANNOTATE)");
    EXPECT_TRUE(has(ann_fetches(), "(value.priv NIL value.shared NIL)"));
}

// RFC 5257 §4.6: what the target's rights don't let stays behind.
TEST_F(SharedAnnotateTest, CopiesHaveWhatMayBeThere) {
    give("lrin");
    ann.run(select);
    ann.run("STORE 1 ANNOTATION (/comment (value.priv \"ann's\" value.shared \"ours\"))");
    joe.run("STORE 1 ANNOTATION (/comment (value.priv \"joe's\"))");
    EXPECT_TRUE(has(ann.run("COPY 1 INBOX"), "t OK"));
    ann.run("SELECT INBOX");
    EXPECT_TRUE(has(ann_fetches(), "(value.priv \"ann's\" value.shared \"ours\")"));
    EXPECT_TRUE(has(ann.run("COPY 1 " + std::string(kWork)), "t OK"));
    give("lri");
    EXPECT_TRUE(has(ann.run("COPY 1 " + std::string(kWork)), "t OK"));
    const std::string text(kMessage);
    EXPECT_TRUE(has(ann.run("APPEND " + std::string(kWork) + " ANNOTATION (/comment (value.shared \"x\")) {" +
                            std::to_string(text.size()) + "+}\r\n" + text),
                    "t NO [NOPERM] "));
    ann.run(select);
    EXPECT_TRUE(has(ann_fetches("3"), "(value.priv \"ann's\" value.shared \"ours\")"));
    EXPECT_TRUE(has(ann_fetches("4"), "(value.priv \"ann's\" value.shared NIL)"));
    give("li");
    TestClient again = log_in("ann");
    const std::string refused =
        again.run("APPEND " + std::string(kWork) + " ANNOTATION (/comment (value.priv \"x\")) {" +
                  std::to_string(text.size()) + "+}\r\n" + text);
    EXPECT_TRUE(has(refused, "t NO [NOPERM] ")) << refused;
    joe.run("NOOP");
    EXPECT_TRUE(has(joe.run("FETCH 3 (ANNOTATION (/comment value))"), "(value.priv NIL value.shared \"ours\")"));
}

}  // namespace
}  // namespace posthouse::imapd
