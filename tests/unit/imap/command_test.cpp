// Tests of lib/imap/command.h: heads, and the arguments of all commands but FETCH and SEARCH.
#include "lib/imap/command.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

template <typename C>
Result<C> parse(std::string_view command) {
    const auto head = read_head(command);
    if (!head) return fail(head.error());
    return parse_arguments<C>(*head);
}

/// The error text, or "" when there is none.
template <typename C>
std::string error_of(std::string_view command) {
    const auto parsed = parse<C>(command);
    return parsed ? "" : parsed.error().text;
}

TEST(CommandHead, GivesTagAndVerb) {
    const auto head = read_head("a001 fetch 1 FLAGS");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->tag, "a001");
    EXPECT_EQ(head->verb, "FETCH");
    EXPECT_EQ(head->arguments, " 1 FLAGS");
    EXPECT_EQ(read_head("A1 uid Fetch 1 FLAGS")->verb, "UID FETCH");
    EXPECT_EQ(read_head("A] NOOP")->tag, "A]");
}

TEST(CommandHead, TellsWhatIsMissing) {
    EXPECT_EQ(read_head("").error().text, "Empty command line");
    EXPECT_EQ(read_head("a").error().text, "Missing command");
    EXPECT_EQ(read_head("a ").error().text, "Missing command");
    EXPECT_FALSE(read_head("a UID"));
    EXPECT_FALSE(read_head("a  NOOP"));
}

TEST(CommandHead, RecoversTheTagWhereverThereIsOne) {
    EXPECT_EQ(recover_tag("abc \"x"), "abc");
    EXPECT_EQ(recover_tag("abc"), "abc");
    EXPECT_EQ(recover_tag("+ NOOP"), "*");
    EXPECT_EQ(recover_tag("a+b NOOP"), "*");
    EXPECT_EQ(recover_tag("\xE4 NOOP"), "*");
    EXPECT_EQ(recover_tag(std::string(65, 'a') + " NOOP"), "*");
    EXPECT_EQ(recover_tag(std::string_view("a\0b NOOP", 8)), "*");
}

TEST(Login, TakesAtomsQuotedStringsAndLiterals) {
    const auto atoms = parse<Login>("a001 LOGIN SMITH SESAME");
    ASSERT_TRUE(atoms);
    EXPECT_EQ(atoms->user, "SMITH");
    EXPECT_EQ(atoms->password.view(), "SESAME");
    const auto mixed = parse<Login>("a LOGIN \"a\\\"b\\\\c\" {4+}\r\n x\r\n");
    ASSERT_TRUE(mixed);
    EXPECT_EQ(mixed->user, "a\"b\\c");
    EXPECT_EQ(mixed->password.view(), " x\r\n");
    EXPECT_EQ(parse<Login>("a LOGIN u \"p\xC3\xA4ss\"")->password.view(), "p\xC3\xA4ss");
    EXPECT_EQ(parse<Login>("a LOGIN \"\" \"\"")->user, "");
}

TEST(Login, NamesTheMistake) {
    EXPECT_EQ(error_of<Login>("a LOGIN"), "Missing argument");
    EXPECT_EQ(error_of<Login>("a LOGIN fred"), "Missing argument");
    EXPECT_EQ(error_of<Login>("a LOGIN fred "), "Missing argument");
    EXPECT_EQ(error_of<Login>("a LOGIN fred secret more"), "Unexpected arguments after the command's end");
    EXPECT_EQ(error_of<Login>("a LOGIN fred \"secret"), "Invalid quoted string");
    EXPECT_EQ(error_of<Login>("a LOGIN fred \"sec\\ret\""), "Invalid quoted string");
    EXPECT_EQ(error_of<Login>("a LOGIN fred {9}\r\nsecret"), "Literal is shorter than announced");
    EXPECT_EQ(error_of<Login>(std::string_view("a LOGIN fred {3}\r\na\0b", 21)), "NUL byte in a literal");
    EXPECT_EQ(error_of<Login>(std::string_view("a LOGIN fred \"a\0b\"", 18)), "Invalid quoted string");
}

TEST(Authenticate, TakesTheInitialResponseOfRfc4959) {
    const auto with = parse<Authenticate>("C: AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q=");
    ASSERT_TRUE(with);
    EXPECT_EQ(with->mechanism, "PLAIN");
    EXPECT_EQ(with->initial_response->view(), std::string_view("test\0test\0test", 14));
    EXPECT_FALSE(parse<Authenticate>("a AUTHENTICATE plain")->initial_response);
    const auto empty = parse<Authenticate>("a AUTHENTICATE EXTERNAL =");
    ASSERT_TRUE(empty && empty->initial_response);
    EXPECT_TRUE(empty->initial_response->empty());
    EXPECT_EQ(error_of<Authenticate>("a AUTHENTICATE PLAIN !!"), "Invalid base64 in the initial response");
    EXPECT_EQ(error_of<Authenticate>("a AUTHENTICATE PLAIN "), "Invalid base64 in the initial response");
}

TEST(Id, ReadsTheExampleOfRfc2971) {
    const auto id = parse<Id>("a023 ID (\"name\" \"sodr\" \"version\" \"19.34\" \"vendor\" NIL)");
    ASSERT_TRUE(id);
    ASSERT_EQ(id->fields.size(), 3u);
    EXPECT_EQ(id->fields[1].second, "19.34");
    EXPECT_FALSE(id->fields[2].second);
    EXPECT_TRUE(parse<Id>("a ID NIL"));
    EXPECT_TRUE(parse<Id>("a ID ()"));
    EXPECT_FALSE(parse<Id>("a ID"));
    EXPECT_FALSE(parse<Id>("a ID (\"name\")"));
}

TEST(Id, HasBounds) {
    std::string many = "a ID (";
    for (int i = 0; i < 31; ++i) many += "\"k\" \"v\" ";
    many.back() = ')';
    EXPECT_EQ(error_of<Id>(many), "Too many ID fields");
    EXPECT_EQ(error_of<Id>("a ID (\"k\" \"" + std::string(1025, 'v') + "\")"), "ID field too long");
}

TEST(Enable, ReadsCapabilities) {
    EXPECT_EQ(parse<Enable>("a ENABLE condstore X-GOOD")->capabilities,
              (std::vector<std::string>{"CONDSTORE", "X-GOOD"}));
    EXPECT_FALSE(parse<Enable>("a ENABLE"));
}

TEST(Mailbox, InboxIsOneNameInAnyCase) {
    EXPECT_EQ(parse<Select>("a SELECT inBox")->mailbox, "INBOX");
    EXPECT_EQ(parse<Select>("a SELECT \"inbox\"")->mailbox, "INBOX");
    EXPECT_EQ(parse<Select>("a SELECT {5}\r\ninbox")->mailbox, "INBOX");
    EXPECT_EQ(parse<Select>("a SELECT inbox/x")->mailbox, "inbox/x");
    EXPECT_EQ(error_of<Select>("a SELECT " + std::string(1001, 'x')), "Mailbox name too long");
}

TEST(Rename, TakesTwoNames) {
    const auto rename = parse<Rename>("A682 RENAME blurdybloop sarasoop");
    ASSERT_TRUE(rename);
    EXPECT_EQ(rename->from, "blurdybloop");
    EXPECT_EQ(rename->to, "sarasoop");
    EXPECT_EQ(error_of<Rename>("A682 RENAME blurdybloop"), "Missing argument");
}

TEST(Status, ReadsTheExampleOfRfc3501) {
    const auto status = parse<Status>("A042 STATUS blurdybloop (UIDNEXT MESSAGES)");
    ASSERT_TRUE(status);
    EXPECT_EQ(status->items, kStatusUidNext | kStatusMessages);
    EXPECT_EQ(error_of<Status>("a STATUS x ()"), "Missing STATUS items");
    EXPECT_EQ(error_of<Status>("a STATUS x (COLOUR)"), "Unknown STATUS item");
    EXPECT_EQ(error_of<Status>("a STATUS x"), "Missing argument");
}

TEST(List, ReadsThePlainForm) {
    const auto list = parse<List>("A202 LIST ~/Mail/ %");
    ASSERT_TRUE(list);
    EXPECT_EQ(list->reference, "~/Mail/");
    EXPECT_EQ(list->patterns, std::vector<std::string>{"%"});
    EXPECT_FALSE(list->extended);
    EXPECT_EQ(parse<List>("A101 LIST \"\" \"\"")->patterns, std::vector<std::string>{""});
}

TEST(List, ReadsTheExtendedForm) {
    const auto list = parse<List>(
        "A02 LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"*\" Sent%) RETURN (CHILDREN STATUS (MESSAGES UNSEEN) "
        "SPECIAL-USE)");
    ASSERT_TRUE(list);
    EXPECT_TRUE(list->extended && list->select_subscribed && list->select_recursive_match);
    EXPECT_EQ(list->patterns, (std::vector<std::string>{"*", "Sent%"}));
    EXPECT_TRUE(list->return_children && list->return_special_use && !list->return_subscribed);
    EXPECT_EQ(list->return_status, StatusItems{kStatusMessages | kStatusUnseen});
    EXPECT_TRUE(parse<List>("a LIST () \"\" * RETURN ()"));
    EXPECT_FALSE(parse<List>("a LIST (RECURSIVEMATCH) \"\" *"));
    EXPECT_EQ(error_of<List>("a LIST (SHINY) \"\" *"), "Unknown LIST selection option");
    EXPECT_EQ(error_of<List>("a LIST \"\" * RETURN (SHINY)"), "Unknown LIST return option");
}

TEST(Store, ReadsModesAndFlags) {
    const auto add = parse<Store>("A003 STORE 2:4 +FLAGS (\\Deleted)");
    ASSERT_TRUE(add);
    EXPECT_EQ(add->mode, Store::Mode::add);
    EXPECT_FALSE(add->silent || add->by_uid);
    EXPECT_EQ(add->flags.system, kDeleted);
    const auto remove = parse<Store>("a UID STORE * -flags.silent \\seen work");
    ASSERT_TRUE(remove);
    EXPECT_EQ(remove->mode, Store::Mode::remove);
    EXPECT_TRUE(remove->silent && remove->by_uid);
    EXPECT_EQ(remove->flags.keywords, std::vector<std::string>{"work"});
    EXPECT_EQ(parse<Store>("a STORE 1 FLAGS ()")->mode, Store::Mode::replace);
    EXPECT_EQ(error_of<Store>("a STORE 1 FLAGS (\\Recent)"), "Invalid system flag \\Recent");
    EXPECT_EQ(error_of<Store>("a STORE 1 COLOURS (x)"), "Unknown STORE item");
    EXPECT_EQ(error_of<Store>("a STORE 1 FLAGS"), "Missing argument");
    EXPECT_FALSE(parse<Store>("a STORE 1 FLAGS (a)b)"));
}

TEST(Copy, ReadsSetAndMailbox) {
    const auto copy = parse<Copy>("A003 COPY 2:4 MEETING");
    ASSERT_TRUE(copy);
    EXPECT_EQ(copy->mailbox, "MEETING");
    EXPECT_TRUE(parse<Copy>("a UID MOVE 42:69 foo")->by_uid);
    EXPECT_EQ(error_of<Copy>("a COPY 0 x"), "Number must not be zero");
    EXPECT_TRUE(parse<UidExpunge>("A003 UID EXPUNGE 3000:3002"));
}

TEST(NoArguments, RefuseArguments) {
    EXPECT_TRUE(parse<NoArguments>("a NOOP"));
    EXPECT_FALSE(parse<NoArguments>("a NOOP "));
    EXPECT_FALSE(parse<NoArguments>("a NOOP x"));
}

}  // namespace
}  // namespace posthouse::imap
