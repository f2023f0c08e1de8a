// maildirsize: its form, adding to it, replacing it.
#include <sys/stat.h>

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

class MaildirSizeFiles : public MailRoot {};

TEST_F(MaildirSizeFiles, NoneIsNothing) {
    EXPECT_FALSE(read_maildirsize(path()).value());
    EXPECT_TRUE(remove_maildirsize(path()));
}

TEST_F(MaildirSizeFiles, AReplacedFileIsReadAsItWasWritten) {
    write("maildirsize", "1000S\n5 1\n7 1\n");
    EXPECT_EQ(read_maildirsize(path()).value(), (MaildirSize{{1000, 0}, {12, 2}}));
    ASSERT_TRUE(write_maildirsize(path(), {{2000, 9}, {13, 3}}));
    EXPECT_EQ(read("maildirsize"), "2000S,9C\n13 3\n");
    EXPECT_EQ(read_maildirsize(path()).value(), (MaildirSize{{2000, 9}, {13, 3}}));
    EXPECT_EQ(files("tmp"), std::vector<std::string>{});
    ASSERT_TRUE(remove_maildirsize(path()));
    EXPECT_FALSE(read_maildirsize(path()).value());
}

TEST_F(MaildirSizeFiles, AFileThatGrewWithoutEndSaysNothing) {
    write("maildirsize", "1000S\n" + std::string(2u << 20, '\n'));
    EXPECT_FALSE(read_maildirsize(path()).value());
}

TEST_F(MaildirSizeFiles, ALinkIsNotFollowedAndAPipeNotWaitedFor) {
    std::filesystem::create_symlink(path("subscriptions"), path("maildirsize"));
    EXPECT_FALSE(read_maildirsize(path()).value());
    ASSERT_TRUE(write_maildirsize(path(), {{}, {5, 1}}));
    EXPECT_EQ(read("maildirsize"), "0S\n5 1\n");
    EXPECT_NE(read("subscriptions"), "0S\n5 1\n");
    ASSERT_TRUE(remove_maildirsize(path()));
    ASSERT_EQ(::mkfifo(path("maildirsize").c_str(), 0600), 0);
    EXPECT_FALSE(read_maildirsize(path()).value());
}

TEST_F(MaildirSizeFiles, WithoutAnAccountThereIsNone) {
    EXPECT_EQ(write_maildirsize(path("nowhere"), {}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace posthouse::storage
