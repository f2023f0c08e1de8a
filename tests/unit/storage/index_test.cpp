// The index is a cache: whatever happens to it, nothing that a client was told changes its meaning.
#include "storage/index/index.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "storage/index/index_state.h"
#include "storage/index/transaction.h"
#include "storage/mailbox_state.h"
#include "tests/unit/storage/mail_root.h"

namespace posthouse::storage {
namespace {

class IndexTest : public MailRoot {
  protected:
    std::string index() const { return folder.path() + "/.index/example.org/bob"; }
    IndexPlace place() const { return {index(), account->root(), std::uint64_t{16} << 20}; }
    /// What clients can see of a mailbox.
    std::string state(Mailbox& mailbox) {
        const Status status = mailbox.status().value();
        std::string text = mailbox.guid() + " " + std::to_string(status.uid_validity.value()) + " " +
                           std::to_string(status.uid_next.value()) + " " + std::to_string(status.messages) + " " +
                           std::to_string(status.unseen) + " " + std::to_string(status.deleted) + " " +
                           std::to_string(status.bytes) + "\n";
        const Columns all{true, true, true, true, true};
        for (const MessageRow& row : mailbox.rows(UidSet::all(), all).value()) {
            text += std::to_string(row.uid.value()) + " " + std::to_string(row.flags.system.bits());
            for (const std::string& name : row.flags.keywords.names()) text += " " + name;
            text += " " + std::to_string(row.internal_date.time_since_epoch().count()) + " " +
                    std::to_string(row.physical_size) + " " + std::to_string(row.wire_size) + " " +
                    std::to_string(row.save_date.time_since_epoch().count()) + " " + row.email_id + "\n";
        }
        return text;
    }
    void fill(Mailbox& mailbox) {
        for (int i = 0; i < 200; ++i)
            append(mailbox, "Subject: " + std::to_string(i) + "\n\nbody\n",
                   flags(i % 2 == 0 ? SystemFlags{Flag::seen} : SystemFlags{},
                         i % 3 == 0 ? std::vector<std::string>{"$Work"} : std::vector<std::string>{}));
        ASSERT_TRUE(mailbox.store_flags(uids({3, 70, 150}), {FlagAction::add, flags({Flag::deleted})}));
        ASSERT_TRUE(mailbox.expunge(uids({3, 4, 5, 70}), ExpungeRule::all_given));
    }
};

TEST_F(IndexTest, NothingChangesWhenTheIndexIsDeletedUnderASession) {
    const auto inbox = open();
    fill(*inbox);
    View session = view();
    const std::string before = state(*inbox);
    std::filesystem::remove_all(index());
    EXPECT_EQ(state(*inbox), before);
    const Changes changes = session.refresh(Expunges::reveal).value();
    EXPECT_TRUE(changes.expunged.empty());
    EXPECT_TRUE(changes.added.empty());
    EXPECT_EQ(content(*inbox, Uid(6)), "Subject: 5\r\n\r\nbody\r\n");
    const Uid next = append(*inbox, "new\n");
    EXPECT_EQ(next, Uid(201));
    EXPECT_EQ(values(session.refresh(Expunges::reveal).value().added), (Values{201}));
}

TEST_F(IndexTest, ModseqsNeverGoBackWhenTheIndexIsMadeAnew) {
    const auto inbox = open();
    fill(*inbox);
    ModSeq last = inbox->status().value().highest_modseq;
    for (int round = 0; round < 3; ++round) {
        std::filesystem::remove_all(index());
        const ModSeq now = inbox->status().value().highest_modseq;
        EXPECT_GT(now, last);
        EXPECT_LT(now.value(), 1ull << 53);
        last = now;
    }
}

TEST_F(IndexTest, ARowTellsTheModseqOfItsLastChange) {
    const auto inbox = open();
    append(*inbox, "a\n");
    append(*inbox, "b\n");
    const ModSeq before = inbox->status().value().highest_modseq;
    ASSERT_TRUE(inbox->store_flags(uids({1}), {FlagAction::add, flags({Flag::seen})}));
    const std::vector<MessageRow> rows = inbox->rows(UidSet::all()).value();
    EXPECT_GT(rows[0].modseq, before);
    EXPECT_LE(rows[1].modseq, before);
    EXPECT_EQ(inbox->status().value().highest_modseq, rows[0].modseq);
    // What changes nothing is no change.
    ASSERT_TRUE(inbox->store_flags(uids({1}), {FlagAction::add, flags({Flag::seen})}));
    EXPECT_EQ(inbox->status().value().highest_modseq, rows[0].modseq);
}

/// What waitpid tells of a child that runs `work` as another process would: this one opens no index before.
template <typename Work>
int in_a_child(Work work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

TEST_F(IndexTest, AnIndexOfAnotherBootIsBelievedOnlyAfterACleanEnd) {
    ASSERT_EQ(in_a_child([&] { return fill(*open()), true; }), 0);
    const std::string file = index() + "/STATE";
    const auto on_disk = [&] {
        std::ifstream stream(file);
        return parse_index_state(std::string(std::istreambuf_iterator<char>(stream), {})).value_or(IndexState());
    };
    const auto set_boot = [&](const std::string& boot) {
        IndexState now = on_disk();
        now.boot_id = boot;
        std::ofstream(file) << to_text(now);
    };
    const auto reopened = [&] { return open()->status().value().messages == 196; };
    const std::uint64_t first = on_disk().inode;
    ASSERT_NE(first, 0u);
    set_boot("11111111-aaaa");
    EXPECT_EQ(in_a_child(reopened), 0);
    const std::uint64_t second = on_disk().inode;
    EXPECT_NE(second, first);
    EXPECT_EQ(on_disk().boot_id, current_boot_id());
    set_boot("22222222-bbbb");
    std::ofstream(folder.path() + "/.index/CLEAN") << "22222222-bbbb\n";
    EXPECT_EQ(in_a_child(reopened), 0);
    EXPECT_EQ(on_disk().inode, second);
}

TEST_F(IndexTest, ACleanEndIsTakenBackByTheNextUse) {
    const std::string root = folder.path() + "/.index";
    fill(*open());
    ASSERT_TRUE(note_clean_end(root));
    EXPECT_TRUE(ended_cleanly(root, current_boot_id()));
    ASSERT_TRUE(note_use(root));
    EXPECT_FALSE(ended_cleanly(root, current_boot_id()));
}

TEST_F(IndexTest, ADamagedFileIsMadeAnew) {
    const std::string file = index() + "/data.mdb";
    const std::string expected = folder.path() + "/expected";
    ASSERT_EQ(in_a_child([&] {
                  fill(*open());
                  std::ofstream(expected) << state(*open());
                  return true;
              }),
              0);
    std::ifstream stream(expected);
    const std::string before(std::istreambuf_iterator<char>(stream), {});
    ASSERT_GT(before.size(), 1000u);
    for (const std::size_t step : {4096u, 8192u, 12288u, 20480u}) {
        std::fstream pages(file, std::ios::in | std::ios::out | std::ios::binary);
        const auto size = std::filesystem::file_size(file);
        for (std::size_t at = 2 * 4096 + 16; at < size; at += step)
            pages.seekp(static_cast<std::streamoff>(at)).write("\xff\xff\xff\xff\xff\xff\xff\xff", 8);
        pages.close();
        const int status = in_a_child([&] {
            for (int round = 0; round < 3; ++round) {
                const auto inbox = account->open(MailboxName());
                if (inbox && state(**inbox) == before) return true;
            }
            return false;
        });
        // It found the damage and mended it; or died of it (by a signal, or as a sanitizer ends it), and left the mark
        // for the next.
        if (status != 0) EXPECT_FALSE(std::filesystem::exists(index() + "/STATE")) << step;
    }
    EXPECT_EQ(state(*open()), before);
}

TEST_F(IndexTest, WhatOverwritesTheFirstPagesUnderASessionChangesNothing) {
    const auto inbox = open();
    fill(*inbox);
    View session = view();
    const std::string before = state(*inbox);
    std::fstream pages(index() + "/data.mdb", std::ios::in | std::ios::out | std::ios::binary);
    pages.write(std::string(2 * 4096, '\x5a').data(), 2 * 4096);
    pages.close();
    EXPECT_FALSE(Index::look(place()).value().why_not_believed.empty());
    // The first who meets it may hear of it; it is made anew for the next.
    static_cast<void>(inbox->status());
    EXPECT_EQ(state(*inbox), before);
    EXPECT_TRUE(session.refresh(Expunges::reveal)->expunged.empty());
    EXPECT_EQ(Index::look(place()).value().why_not_believed, "");
}

TEST_F(IndexTest, AFullIndexIsMadeAnewWithMoreRoom) {
    Settings settings = settings_for(folder.path());
    settings.index_map_bytes = 1 << 20;
    const AccountName ann = AccountName::parse("ann@example.org").value();
    Store small(settings);
    const auto inbox = small.open(ann).value()->open(MailboxName()).value();
    std::uint32_t appended = 0;
    for (int i = 0; i < 6'000; ++i) {
        std::vector<NewMessage> messages;
        MessageWriter writer = inbox->start_message().value();
        ASSERT_TRUE(writer.write("x\n"));
        messages.push_back({std::move(writer), {}, {}});
        if (inbox->append(std::move(messages))) ++appended;
    }
    EXPECT_EQ(appended, 6'000u);
    EXPECT_EQ(inbox->status().value().messages, 6'000u);
    EXPECT_EQ(inbox->status().value().uid_next, Uid(6'001));
}

TEST_F(IndexTest, CountsFollowEveryChange) {
    const auto inbox = open();
    fill(*inbox);
    const auto counted = [&] {
        Status counts;
        for (const MessageRow& row : inbox->rows(UidSet::all(), {.physical_size = true}).value()) {
            ++counts.messages;
            if (!row.flags.system.has(Flag::seen)) ++counts.unseen;
            if (row.flags.system.has(Flag::deleted)) ++counts.deleted;
            counts.bytes += row.physical_size;
        }
        return counts;
    };
    const auto check = [&] {
        const Status status = inbox->status().value();
        const Status counts = counted();
        EXPECT_EQ(status.messages, counts.messages);
        EXPECT_EQ(status.unseen, counts.unseen);
        EXPECT_EQ(status.deleted, counts.deleted);
        EXPECT_EQ(status.bytes, counts.bytes);
    };
    check();
    ASSERT_TRUE(inbox->copy(uids({10, 11, 12}), *open("Trash")));
    ASSERT_TRUE(inbox->move(uids({20, 21}), *open("Trash")));
    check();
    EXPECT_EQ(open("Trash")->status().value().messages, 5u);
    // A foreign program drops a message without sizes in its name.
    write("new/1700000000.x1.elsewhere", "Subject: foreign\n\nbody\n");
    check();
    EXPECT_EQ(inbox->status().value().messages, 195u);
}

TEST_F(IndexTest, ASummaryIsMadeOnceAndGoesWithItsMessage) {
    const auto inbox = open();
    const Uid uid = append(*inbox, "Subject: one\nFrom: ann@example.org\n\nbody\n");
    const MessageSummary made = inbox->summary(uid, SummaryParts::header).value();
    EXPECT_GT(made.octets_read, 0u);
    EXPECT_TRUE(made.body.empty());
    // Sessions' looks write what is kept.
    View session = view();
    const MessageSummary kept = inbox->summary(uid, SummaryParts::header).value();
    EXPECT_EQ(kept.octets_read, 0u);
    EXPECT_EQ(kept.header, made.header);
    const MessageSummary both = inbox->summary(uid, SummaryParts::both).value();
    EXPECT_EQ(both.header, made.header);
    EXPECT_FALSE(both.body.empty());
    std::vector<std::string> seen;
    ASSERT_TRUE(inbox->each_summary(UidSet::all(), SummaryPart::body,
                                    [&](Uid, std::string_view record) { seen.emplace_back(record); }));
    EXPECT_EQ(seen, std::vector<std::string>{both.body});
    ASSERT_TRUE(inbox->expunge(UidSet::all(), ExpungeRule::all_given));
    const auto gone = inbox->summary(uid, SummaryParts::header);
    EXPECT_TRUE(!gone && gone.error().code == ErrorCode::not_found);
    const IndexReader reader = IndexReader::begin(place()).value();
    std::uint32_t number = 0;
    reader.each_mailbox([&](const FolderKey&, const MailboxRow& row) { number = row.number; });
    EXPECT_FALSE(reader.summary(number, uid.value(), SummaryPart::header));
    EXPECT_FALSE(reader.summary(number, uid.value(), SummaryPart::body));
}

TEST_F(IndexTest, TheStateFileKnowsItsForm) {
    const IndexState told{.version = 3, .boot_id = "b", .device = 1, .inode = 2, .map_bytes = 4096};
    EXPECT_EQ(parse_index_state(to_text(told)), told);
    for (const char* text : {"", "1 b 1 2\n", "1 b 1 2 3", "x b 1 2 3\n", "1 b 1 2 3 4\n", "1 b -1 2 3\n"})
        EXPECT_FALSE(parse_index_state(text)) << text;
}

TEST(UidRangesTest, OneThatIsNotAboveAllOthersIsLeftOut) {
    UidRanges ranges;
    for (const std::uint32_t uid : {3U, 4U, 4U, 3U, 1U, 9U, 9U, 8U, 4'294'967'295U, 1U}) ranges.push_back(Uid(uid));
    EXPECT_EQ(values(ranges), (Values{3, 4, 9, 4'294'967'295U}));
    EXPECT_EQ(ranges.size(), 4U);
}

TEST_F(IndexTest, RunsOfUidsFindNumbersAndUids) {
    UidRanges ranges;
    for (const std::uint32_t uid : {3u, 4u, 5u, 9u, 20u, 21u}) ranges.push_back(Uid(uid));
    EXPECT_EQ(values(ranges), (Values{3, 4, 5, 9, 20, 21}));
    EXPECT_EQ(ranges.find(Uid(9)), 3u);
    EXPECT_EQ(ranges.find(Uid(6)), std::nullopt);
    EXPECT_EQ(ranges.count_below(Uid(6)), 3u);
    EXPECT_EQ(ranges.count_below(Uid(100)), 6u);
    EXPECT_EQ(ranges[4], Uid(20));
    ranges.erase({Uid(1), Uid(4), Uid(9), Uid(21), Uid(30)});
    EXPECT_EQ(values(ranges), (Values{3, 5, 20}));
    EXPECT_EQ(ranges.set(), uids({3, 5, 20}));
}

}  // namespace
}  // namespace posthouse::storage
