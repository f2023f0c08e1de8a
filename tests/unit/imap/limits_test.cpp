// Tests of the bounds that an administrator sets, on what the arguments of commands say.
#include "lib/imap/limits.h"

#include <gtest/gtest.h>

#include "lib/imap/command.h"
#include "lib/imap/command_reader.h"

namespace posthouse::imap {
namespace {

template <typename C>
std::string error_of(std::string_view command, const Limits& limits) {
    const auto parsed = parse_arguments<C>(*read_head(command), limits);
    if (parsed) return "";
    EXPECT_EQ(parsed.error().code, ErrorCode::limit);
    return parsed.error().text;
}

std::string joined(std::string_view word, std::size_t count, std::string_view separator) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) text += separator;
        text += word;
    }
    return text;
}

TEST(Limits, OfRangesInASetHoldWhereverASetIs) {
    const Limits limits{.set_ranges = 3};
    const std::string most = joined("1", 3, ",");
    const std::string more = joined("1", 4, ",");
    EXPECT_EQ(error_of<Fetch>("a FETCH " + most + " FLAGS", limits), "");
    EXPECT_EQ(error_of<Fetch>("a FETCH " + more + " FLAGS", limits), "Too many ranges in the sequence set");
    EXPECT_EQ(error_of<Store>("a STORE " + more + " FLAGS \\Seen", limits), "Too many ranges in the sequence set");
    EXPECT_EQ(error_of<Copy>("a COPY " + more + " x", limits), "Too many ranges in the sequence set");
    EXPECT_EQ(error_of<UidExpunge>("a UID EXPUNGE " + more, limits), "Too many ranges in the sequence set");
    EXPECT_EQ(error_of<Search>("a SEARCH NOT " + most, limits), "");
    EXPECT_EQ(error_of<Search>("a SEARCH UID " + more, limits), "Too many ranges in the sequence set");
}

TEST(Limits, OfKeysAndTheirDepthHoldForSearchSortAndThread) {
    const Limits keys{.search_keys = 4};
    EXPECT_EQ(error_of<Search>("a SEARCH " + joined("SEEN", 4, " "), keys), "");
    EXPECT_EQ(error_of<Search>("a SEARCH " + joined("SEEN", 5, " "), keys), "Too many search keys");
    EXPECT_EQ(error_of<Sort>("a SORT (DATE) UTF-8 " + joined("SEEN", 5, " "), keys), "Too many search keys");
    EXPECT_EQ(error_of<Thread>("a THREAD REFS UTF-8 " + joined("SEEN", 5, " "), keys), "Too many search keys");
    const Limits depth{.search_depth = 2};
    EXPECT_EQ(error_of<Search>("a SEARCH ((SEEN))", depth), "");
    EXPECT_EQ(error_of<Search>("a SEARCH (((SEEN)))", depth), "Search keys nested too deep");
    EXPECT_EQ(error_of<Search>("a SEARCH NOT NOT NOT SEEN", depth), "Search keys nested too deep");
    EXPECT_EQ(error_of<Search>("a SEARCH OR ALL (NOT (SEEN))", depth), "Search keys nested too deep");
}

TEST(Limits, OfAMailboxNameHoldForNamesPatternsAndReferences) {
    const Limits limits{.mailbox_name = 8};
    EXPECT_EQ(error_of<Select>("a SELECT " + std::string(8, 'x'), limits), "");
    EXPECT_EQ(error_of<Select>("a SELECT " + std::string(9, 'x'), limits), "Mailbox name too long");
    EXPECT_EQ(error_of<Rename>("a RENAME x " + std::string(9, 'x'), limits), "Mailbox name too long");
    EXPECT_EQ(error_of<List>("a LIST \"\" " + std::string(9, '*'), limits), "Mailbox pattern too long");
    EXPECT_EQ(error_of<List>("a LIST " + std::string(9, 'x') + " *", limits), "Mailbox name too long");
    EXPECT_EQ(error_of<List>("a LIST 1234 (* 678*)", limits), "");
    EXPECT_EQ(error_of<List>("a LIST 1234 (* 6789*)", limits), "Mailbox pattern too long") << "both are one pattern";
    EXPECT_EQ(error_of<Lsub>("a LSUB 1234 6789*", limits), "Mailbox pattern too long");
    EXPECT_EQ(error_of<Lsub>("a LSUB " + std::string(9, 'x') + " *", limits), "Mailbox name too long");
}

TEST(Limits, AMessageForAMailboxWhoseNameIsTooLongIsNotStreamed) {
    EXPECT_TRUE(ends_in_message_literal("a APPEND 12345678 {5}", {.mailbox_name = 8}));
    EXPECT_FALSE(ends_in_message_literal("a APPEND 123456789 {5}", {.mailbox_name = 8}));
    CommandReader reader(
        {.text = 1000, .literal_sum = 4, .literals = 1, .messages = true, .limits = {.mailbox_name = 8}});
    EXPECT_TRUE(std::holds_alternative<CommandReader::Refused>(reader.add_line("a APPEND 123456789 {5}")));
}

}  // namespace
}  // namespace posthouse::imap
