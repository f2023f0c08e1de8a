// maildirsize: its form, adding to it, replacing it.
#include "storage/maildirsize.h"

#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

TEST(MaildirSize, ADefinitionAndLinesThatAreSummed) {
    const auto content = parse_maildirsize("1000000S,500C\n3000 2\n-1000 -1\n");
    ASSERT_TRUE(content);
    EXPECT_EQ(content->limit, (QuotaLimit{1'000'000, 500}));
    EXPECT_EQ(content->usage, (Usage{2000, 1}));
}

TEST(MaildirSize, DefinitionsAndLinesAsOtherProgramsWriteThem) {
    EXPECT_EQ(parse_maildirsize("\n5 1\n"), (MaildirSize{{}, {5, 1}})) << "no limit";
    EXPECT_EQ(parse_maildirsize("0S\n5 1\n"), (MaildirSize{{}, {5, 1}}));
    EXPECT_EQ(parse_maildirsize("10C\n5 1\n"), (MaildirSize{{0, 10}, {5, 1}}));
    EXPECT_EQ(parse_maildirsize("10S,7X\n5 1\n"), (MaildirSize{{10, 0}, {5, 1}})) << "definitions to come";
    EXPECT_EQ(parse_maildirsize("10S\n          +5  x\n"), std::nullopt);
    EXPECT_EQ(parse_maildirsize("10S\n        1234        12 \n"), (MaildirSize{{10, 0}, {1234, 12}})) << "padded";
}

TEST(MaildirSize, IsWrittenAsItIsRead) {
    const MaildirSize content{{1000, 5}, {17, 2}};
    EXPECT_EQ(to_text(content), "1000S,5C\n17 2\n");
    EXPECT_EQ(to_text({{0, 5}, {}}), "5C\n0 0\n");
    EXPECT_EQ(to_text({}), "0S\n0 0\n");
    EXPECT_EQ(parse_maildirsize(to_text(content)), content);
}

TEST(MaildirSize, ADamagedFileSaysNothing) {
    for (const char* text :
         {"", "\n", "1000S", "1000S\n", "1000S\n5 1", "1000S\n5\n", "1000S\n5 \n", "1000S\nx 1\n", "1000S\n5 1 7\n",
          "1000S\n5-1\n", "S\n5 1\n", "1000S,\n5 1\n", "1000S\n\n5 1\n", "1000S\n-5 1\n", "1000S\n5 -1\n",
          "1000S\n9223372036854775807 1\n1 1\n", "1000S\n99999999999999999999 1\n"})
        EXPECT_EQ(parse_maildirsize(text), std::nullopt) << text;
}

class MaildirSizeFiles : public MailRoot {
  protected:
    MaildirSizeFile start(const MaildirSize& content) { return write_maildirsize(path(), content).value(); }
    std::string text() { return read("maildirsize"); }
};

TEST_F(MaildirSizeFiles, NoneIsNothing) {
    EXPECT_EQ(look_at_maildirsize(path()).value(), MaildirSizeStamp{});
    EXPECT_FALSE(read_maildirsize(path()).value());
    EXPECT_FALSE(add_to_maildirsize(path(), {}, {1, 1}, {}).value());
    EXPECT_TRUE(remove_maildirsize(path()));
}

TEST_F(MaildirSizeFiles, AddingAppendsALine) {
    const MaildirSizeFile file = start({{1000, 0}, {5, 1}});
    const auto added = add_to_maildirsize(path(), file.identity, {7, 1}, {1000, 0}).value();
    ASSERT_TRUE(added);
    EXPECT_EQ(text(), "1000S\n5 1\n7 1\n");
    EXPECT_EQ(added->content.usage, (Usage{12, 2}));
    EXPECT_EQ(added->identity, file.identity);
    EXPECT_EQ(stamp_of(*added), look_at_maildirsize(path()).value());
    EXPECT_EQ(files("tmp"), std::vector<std::string>{});
}

TEST_F(MaildirSizeFiles, WhatOthersAddedIsInTheSum) {
    const MaildirSizeFile file = start({{}, {5, 1}});
    std::ofstream(path("maildirsize"), std::ios::app) << "100 1\n";
    EXPECT_EQ(add_to_maildirsize(path(), file.identity, {7, 1}, {}).value()->content.usage, (Usage{112, 3}));
}

TEST_F(MaildirSizeFiles, AnotherFileIsNotAddedTo) {
    const MaildirSizeFile first = start({{}, {5, 1}});
    const MaildirSizeFile second = start({{}, {6, 1}});
    EXPECT_NE(first.identity, second.identity);
    EXPECT_FALSE(add_to_maildirsize(path(), first.identity, {7, 1}, {}).value());
    EXPECT_EQ(text(), "0S\n6 1\n");
}

TEST_F(MaildirSizeFiles, AnotherDefinitionWritesItAnew) {
    const MaildirSizeFile file = start({{1000, 0}, {5, 1}});
    const auto added = add_to_maildirsize(path(), file.identity, {7, 1}, {2000, 9}).value();
    EXPECT_EQ(text(), "2000S,9C\n12 2\n");
    EXPECT_NE(added->identity, file.identity);
}

TEST_F(MaildirSizeFiles, ATooLargeFileIsWrittenAnew) {
    MaildirSizeFile file = start({{1000, 0}, {}});
    int lines = 0;
    while (file.size + 4 <= static_cast<std::int64_t>(max_maildirsize_bytes)) {
        file = *add_to_maildirsize(path(), file.identity, {3, 1}, {1000, 0}).value();
        ++lines;
    }
    EXPECT_GT(lines, 1000);
    file = *add_to_maildirsize(path(), file.identity, {3, 1}, {1000, 0}).value();
    EXPECT_EQ(text(), to_text({{1000, 0}, {3 * (lines + 1), lines + 1}}));
}

TEST_F(MaildirSizeFiles, WhatWouldFallBelowZeroIsNotWritten) {
    const MaildirSizeFile file = start({{}, {5, 1}});
    EXPECT_FALSE(add_to_maildirsize(path(), file.identity, {-6, 0}, {}).value());
    EXPECT_EQ(text(), "0S\n5 1\n");
}

TEST_F(MaildirSizeFiles, ALinkIsNotFollowed) {
    std::filesystem::create_symlink(path("subscriptions"), path("maildirsize"));
    EXPECT_FALSE(read_maildirsize(path()));
    ASSERT_TRUE(remove_maildirsize(path()));
    EXPECT_TRUE(std::filesystem::exists(path("subscriptions")));
}

}  // namespace
}  // namespace posthouse::storage
