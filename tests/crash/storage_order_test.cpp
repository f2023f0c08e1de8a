// The order of system calls before an answer, seen from outside by strace: content synced, placed, folder synced.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

/// Runs the probe under strace; gives the calls between the last "begin" and "answer".
class OrderTest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "posthouse-order-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::vector<std::string> trace(const std::string& mode) const {
        const std::string file = folder + "/trace";
        const std::string command =
            // LeakSanitizer, in builds that have it, can't work under a tracer.
            "ASAN_OPTIONS=detect_leaks=0 strace -y -s 200 -o " + file +
            " -e trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat " ORDER_PROBE " " +
            mode + " " + folder + "/mail > /dev/null";
        // Without strace this fails: what durability rests on is never left unchecked.
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
        std::vector<std::string> calls;
        std::ifstream stream(file);
        for (std::string line; std::getline(stream, line);) {
            if (line.find("\"begin\\n\"") != std::string::npos) calls.clear();
            calls.push_back(line);
            if (line.find("\"answer\\n\"") != std::string::npos) return calls;
        }
        ADD_FAILURE() << "no answer";
        return calls;
    }

    /// Each pattern is found, after the one before it.
    static void expect_order(const std::vector<std::string>& calls, const std::vector<std::string>& patterns) {
        std::size_t at = 0;
        std::string all;
        for (const std::string& call : calls) all += call + "\n";
        for (const std::string& pattern : patterns) {
            const std::regex expression(pattern);
            while (at < calls.size() && !std::regex_search(calls[at], expression)) ++at;
            ASSERT_LT(at, calls.size()) << "not in this order: " << pattern << "\n" << all;
            ++at;
        }
    }

    std::string folder;
};

TEST_F(OrderTest, DeliveryIsAnsweredAfterFileAndFolderAreSynced) {
    expect_order(trace("deliver"),
                 {R"(pwrite64\(.*/tmp/PROBE>.*Subject: probe)", R"(fsync\(.*/tmp/PROBE>\) += 0)",
                  R"(renameat2\(.*PROBE.*IPROBE.*RENAME_NOREPLACE\) = 0)", R"(fsync\(.*probe/new>\) += 0)", "answer"});
}

TEST_F(OrderTest, AppendIsAnsweredAfterContentUidAndFolderAreSynced) {
    expect_order(trace("append"), {R"(pwrite64\(.*/tmp/append)", R"(fsync\(.*/tmp/append.*\) += 0)",
                                   R"(write\(.*/dovecot-uidlist>, "2 )", R"(fdatasync\(.*/dovecot-uidlist>\) += 0)",
                                   R"(renameat2\(.*/tmp>.*append.*:2,S.*RENAME_NOREPLACE\) = 0)",
                                   R"(fsync\(.*probe/cur>\) += 0)", "answer"});
}

TEST_F(OrderTest, CopyIsAnsweredAfterUidAndFolderAreSynced) {
    expect_order(trace("copy"),
                 {R"(write\(.*Archive/dovecot-uidlist>, "1 )", R"(fdatasync\(.*Archive/dovecot-uidlist>\) += 0)",
                  R"(renameat2\(.*NOREPLACE\) = 0)", R"(fsync\(.*Archive/cur>\) += 0)", "answer"});
}

TEST_F(OrderTest, MoveSyncsTheTargetBeforeItRemovesTheSource) {
    expect_order(trace("move"), {R"(fdatasync\(.*Archive/dovecot-uidlist>\) += 0)", R"(renameat2\(.*NOREPLACE\) = 0)",
                                 R"(fsync\(.*Archive/cur>\) += 0)", R"(unlinkat\(.*probe/cur>.*\) = 0)",
                                 R"(fsync\(.*probe/cur>\) += 0)", "answer"});
}

TEST_F(OrderTest, ExpungeSyncsTheFolderOnce) {
    const std::vector<std::string> calls = trace("expunge");
    expect_order(calls, {R"(unlinkat\(.*probe/cur>.*\) = 0)", R"(fsync\(.*probe/cur>\) += 0)", "answer"});
    int syncs = 0;
    for (const std::string& call : calls) syncs += call.starts_with("fsync(") ? 1 : 0;
    EXPECT_EQ(syncs, 1);
}

TEST_F(OrderTest, KeywordIsDurableBeforeAFileCarriesItsLetter) {
    expect_order(trace("keyword"), {R"(write\(.*dovecot-keywords.tmp.*First)",
                                    R"(fsync\(.*dovecot-keywords.tmp.*\) += 0)", R"(renameat\(.*dovecot-keywords)",
                                    R"(fsync\(.*\) += 0)", R"(renameat2\(.*:2,Sa".*RENAME_NOREPLACE\) = 0)", "answer"});
}

TEST_F(OrderTest, FurtherKeywordIsDurableBeforeAMessageHasIt) {
    expect_order(trace("further"), {R"(write\(.*posthouse-keywords.tmp.*K 26 Further0)",
                                    R"(fsync\(.*posthouse-keywords.tmp.*\) += 0)", R"(renameat\(.*posthouse-keywords)",
                                    R"(fsync\(.*\) += 0)", R"(write\(.*/posthouse-keywords>, ".* M 26 :)", "answer"});
}

TEST_F(OrderTest, FurtherKeywordsOfACopyAreDurableBeforeItIsThere) {
    expect_order(trace("further-copy"),
                 {R"(write\(.*/posthouse-keywords>, ".* M 26 :)", R"(fdatasync\(.*/posthouse-keywords>\) += 0)",
                  R"(renameat2\(.*/cur>.*\) = 0)", R"(fsync\(.*/cur>\) += 0)", "answer"});
}

TEST_F(OrderTest, AnnotationIsAnsweredAfterItIsSynced) {
    expect_order(trace("annotate-first"),
                 {R"(write\(.*posthouse-annotations.tmp.*A 1 /comment\\tprobe)",
                  R"(fsync\(.*posthouse-annotations.tmp.*\) += 0)", R"(renameat\(.*posthouse-annotations)",
                  R"(fsync\(.*probe>\) += 0)", "answer"});
    expect_order(trace("annotate"), {R"(write\(.*/posthouse-annotations>, ".* A 1 /comment\\tprobe)",
                                     R"(fdatasync\(.*/posthouse-annotations>\) += 0)", "answer"});
}

// An annotation before the line of its UID could become another message's.
TEST_F(OrderTest, AnnotationsOfACopyComeBehindItsUidAndBeforeItIsThere) {
    expect_order(trace("annotate-copy"),
                 {R"(fdatasync\(.*Archive/dovecot-uidlist>\) += 0)",
                  R"(write\(.*Archive/posthouse-annotations>, ".* A 2 /comment\\tprobe)",
                  R"(fdatasync\(.*Archive/posthouse-annotations>\) += 0)", R"(renameat2\(.*NOREPLACE\) = 0)",
                  R"(fsync\(.*Archive/cur>\) += 0)", "answer"});
}

TEST_F(OrderTest, UidIsDurableBeforeAnybodySeesIt) {
    const std::vector<std::string> calls = trace("number");
    expect_order(calls, {R"(write\(.*/dovecot-uidlist>, "2 )", R"(fdatasync\(.*/dovecot-uidlist>\) += 0)", "answer"});
    int syncs = 0;
    for (const std::string& call : calls) syncs += call.find("sync(") != std::string::npos ? 1 : 0;
    EXPECT_EQ(syncs, 1);
}

TEST_F(OrderTest, CreatedMailboxIsWholeBeforeItIsSeen) {
    expect_order(trace("create"), {R"(fsync\(.*dovecot-uidlist.tmp.*\) += 0)", R"(renameat\(.*dovecot-uidlist)",
                                   R"(fsync\(.*create.*\) += 0)", R"(renameat2\(.*create.*\.New.*\) = 0)",
                                   R"(fsync\(.*/probe>\) += 0)", "answer"});
}

}  // namespace
