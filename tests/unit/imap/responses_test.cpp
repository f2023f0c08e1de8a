// Tests of lib/imap/responses.h.
#include "lib/imap/responses.h"

#include <gtest/gtest.h>

#include "lib/imap/search_command.h"

namespace posthouse::imap {
namespace {

TEST(Responses, ListLinesOfRfc3501AndRfc5258) {
    std::string out;
    append_list(out, {.attributes = {"\\Noselect"}, .name = "/usr/staff/jones"});
    append_list(out, {.command = "LSUB", .attributes = {}, .separator = '.', .name = "a b"});
    append_list(
        out,
        {.attributes = {"\\HasChildren", "\\Subscribed"}, .separator = '\0', .name = "x", .child_is_subscribed = true});
    EXPECT_EQ(out,
              "* LIST (\\Noselect) \"/\" /usr/staff/jones\r\n"
              "* LSUB () \".\" \"a b\"\r\n"
              "* LIST (\\HasChildren \\Subscribed) NIL x (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n");
}

// RFC 9051 §6.3.9.6
TEST(Responses, AListLineTellsTheOldName) {
    std::string out;
    ListLine line;
    line.name = "NewMailbox";
    line.old_name = "Old Mailbox";
    append_list(out, line);
    EXPECT_EQ(out, "* LIST () \"/\" NewMailbox (\"OLDNAME\" (\"Old Mailbox\"))\r\n");
}

// RFC 9208 §4.1.4
TEST(Responses, StatusTellsWhatDeletedMessagesTake) {
    std::string out;
    append_status(out, "INBOX", kStatusMessages | kStatusDeleted | kStatusDeletedStorage,
                  {.messages = 12, .deleted = 4, .deleted_storage = 8});
    EXPECT_EQ(out, "* STATUS INBOX (MESSAGES 12 DELETED 4 DELETED-STORAGE 8)\r\n");
}

TEST(Responses, StatusOfRfc3501ShowsWhatWasAsked) {
    std::string out;
    append_status(out, "blurdybloop", kStatusMessages | kStatusUidNext,
                  {.messages = 231, .recent = 0, .uid_next = 44292, .uid_validity = 5, .unseen = 1});
    EXPECT_EQ(out, "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\n");
}

TEST(Responses, SearchOfRfc3501) {
    std::string out;
    append_search(out, std::vector<std::uint32_t>{2, 84, 882});
    append_search(out, {});
    EXPECT_EQ(out, "* SEARCH 2 84 882\r\n* SEARCH\r\n");
}

TEST(Responses, EsearchOfRfc4731) {
    std::string out;
    const std::vector<std::uint32_t> found{2, 10, 11};
    append_esearch(out, "A282", false, {kReturnMin | kReturnCount, found});
    append_esearch(out, "A283", true, {kReturnAll | kReturnMax, found});
    append_esearch(out, "A2\"84", false, {kReturnMin | kReturnMax | kReturnAll | kReturnCount, {}});
    EXPECT_EQ(out,
              "* ESEARCH (TAG \"A282\") MIN 2 COUNT 3\r\n"
              "* ESEARCH (TAG \"A283\") UID MAX 11 ALL 2,10:11\r\n"
              "* ESEARCH (TAG \"A2\\\"84\") COUNT 0\r\n");
}

// RFC 5267 §4.3.3, §4.3.4
TEST(Responses, ResultChangesOfRfc5267) {
    const auto told = [](std::string_view tag, std::vector<ResultChange> removed, std::vector<ResultChange> added) {
        std::string out;
        append_result_changes(out, tag, true, removed, added);
        return out;
    };
    EXPECT_EQ(told("B01", {}, {{0, {32768, 32769}}}), "* ESEARCH (TAG \"B01\") UID ADDTO (0 32768:32769)\r\n");
    EXPECT_EQ(told("B01", {{0, {32768}}}, {}), "* ESEARCH (TAG \"B01\") UID REMOVEFROM (0 32768)\r\n");
    EXPECT_EQ(told("C01", {}, {{1, {2733}}, {1, {2731, 2732}}}),
              "* ESEARCH (TAG \"C01\") UID ADDTO (1 2733 1 2731:2732)\r\n");
    EXPECT_EQ(told("C01", {{3, {7, 5}}}, {{1, {9}}}), "* ESEARCH (TAG \"C01\") UID REMOVEFROM (3 7,5) ADDTO (1 9)\r\n");
    EXPECT_EQ(told("C01", {}, {}), "");
}

// RFC 9585 §5
TEST(Responses, ProgressOfRfc9585) {
    const auto told = [](std::string_view tag, std::uint64_t done, std::uint64_t goal) {
        std::string out;
        append_in_progress(out, tag, done, goal);
        return out;
    };
    EXPECT_EQ(told("A001", 454, 1000), "* OK [INPROGRESS (\"A001\" 454 1000)] Still working\r\n");
    EXPECT_EQ(told("A001", 454, 0), "* OK [INPROGRESS (\"A001\" 454 NIL)] Still working\r\n");
    EXPECT_EQ(told("A001", 0, 0), "* OK [INPROGRESS (\"A001\" NIL NIL)] Still working\r\n");
    EXPECT_EQ(told("", 454, 1000), "* OK [INPROGRESS (NIL 454 1000)] Still working\r\n");
    EXPECT_EQ(told("A001", 1001, 1000), "* OK [INPROGRESS (\"A001\" 1000 1000)] Still working\r\n");
}

TEST(Responses, FlagsOfAMailbox) {
    std::string out;
    append_flags_of_mailbox(out, {.system = 0, .keywords = {"work"}}, 0x1f, true, true);
    EXPECT_EQ(out,
              "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft work)\r\n"
              "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft work \\*)] Flags permitted\r\n");
    out.clear();
    append_flags_of_mailbox(out, {}, 0, false, true);
    EXPECT_TRUE(out.ends_with("* OK [PERMANENTFLAGS ()] Read-only mailbox\r\n"));
}

TEST(Responses, CodesOfRfc4315) {
    EXPECT_EQ(append_uid_code(38505, std::vector<std::uint32_t>{3955}), "[APPENDUID 38505 3955]");
    EXPECT_EQ(append_uid_code(38505, std::vector<std::uint32_t>{3955, 3956, 3958}), "[APPENDUID 38505 3955:3956,3958]");
    EXPECT_EQ(
        copy_uid_code(38505, std::vector<std::uint32_t>{304, 319, 320}, std::vector<std::uint32_t>{3956, 3957, 3958}),
        "[COPYUID 38505 304,319:320 3956:3958]");
}

}  // namespace
}  // namespace posthouse::imap
