// Trees that other programs, disks and people have damaged: each opens, lists, fetches and delivers, and no message is
// lost from sight.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "storage/repair/repair.h"
#include "tests/crash/damages.h"
#include "tests/crash/system_calls.h"
#include "tests/crash/tree.h"

namespace posthouse::storage::crash {
namespace {

namespace fs = std::filesystem;

/// A mailbox's messages by token, as one store sees them.
struct Found {
    std::map<std::string, std::pair<std::uint32_t, std::string>> messages;  ///< UID, flags
    std::uint32_t validity = 0;
    int unreadable = 0;
};

class DamageTest : public ::testing::TestWithParam<Damage> {
  protected:
    void SetUp() override {
        ASSERT_TRUE(log::open({.program = "test", .path = folder_.path() + "/log"}));
        Store store(settings_);
        const auto account = store.open(bob_).value();
        const auto inbox = account->open(MailboxName()).value();
        append(*inbox, text_of("seen"), flags({Flag::seen}, {"Kept"}));
        append(*inbox, text_of("plain"));
        append(*inbox, text_of("flagged"), flags({Flag::flagged}));
        append(*inbox, text_of("draft"), flags({Flag::draft}, {"Other", "Kept"}));
        use_up_letters(*inbox);
        ASSERT_TRUE(inbox->store_flags(uids({2, 4}), {FlagAction::add, flags({}, {far_keyword(1), far_keyword(2)})}));
        append(*account->open(MailboxName::parse("Archive").value()).value(), text_of("old"), flags({Flag::seen}));
        static_cast<void>(View::open(inbox, Access::read_write).value());
        ASSERT_TRUE(deliver(store, bob_, text_of("pending")));
        root_ = account->root();
    }
    void TearDown() override {
        shift_clock(0);
        static_cast<void>(log::open({.program = "test", .path = ""}));
    }

    static Found find(Mailbox& mailbox) {
        Found found;
        const Result<Status> status = mailbox.status();
        EXPECT_TRUE(status) << status.error().message();
        if (!status) return found;
        found.validity = status->uid_validity.value();
        std::set<std::uint32_t> seen;
        const Result<std::vector<MessageRow>> rows = mailbox.rows(UidSet::all());
        EXPECT_TRUE(rows) << rows.error().message();
        if (!rows) return found;
        EXPECT_EQ(status->messages, rows->size());
        for (const MessageRow& row : *rows) {
            EXPECT_TRUE(seen.insert(row.uid.value()).second) << "UID twice";
            Result<MessageContent> content = mailbox.open_message(row.uid);
            const Result<std::string> text = content ? content->read_string() : fail(content.error());
            if (!text) {
                ++found.unreadable;
                continue;
            }
            EXPECT_EQ(content->wire_size(), text->size());
            EXPECT_TRUE(found.messages.emplace(token_of(*text), std::pair(row.uid.value(), word_of(row.flags))).second)
                << token_of(*text) << " is there twice";
            // One unreadable file must not hide the sizes and dates of the others.
            const auto columns =
                mailbox.rows(uids({row.uid.value()}),
                             {.internal_date = true, .physical_size = true, .wire_size = true, .save_date = true});
            EXPECT_TRUE(columns && columns->size() == 1 && columns->at(0).wire_size == text->size());
        }
        return found;
    }

    TemporaryFolder folder_;
    Settings settings_ = settings_for(folder_.path() + "/mail");
    AccountName bob_ = AccountName::parse("bob@example.org").value();
    std::string root_;
};

TEST_P(DamageTest, EveryMessageIsThereAndMailGoesOn) {
    const Damage& damage = GetParam();
    Found before;
    {
        Store store(settings_);
        before = find(*store.open(bob_).value()->open(MailboxName()).value());
    }
    ASSERT_EQ(before.messages.size(), 5u);
    damage.damage({root_});
    if (HasFatalFailure()) return;
    Found first;
    for (const bool again : {false, true}) {
        SCOPED_TRACE(again ? "opened again" : "opened first");
        Store store(settings_);
        const Result<std::shared_ptr<Account>> account = store.open(bob_);
        ASSERT_TRUE(account) << account.error().message();
        const auto listed = (*account)->list();
        ASSERT_TRUE(listed) << listed.error().message();
        for (const ListedMailbox& entry : *listed)
            if (entry.exists) EXPECT_TRUE((*account)->status(entry.name)) << entry.name.text();
        const Result<std::shared_ptr<Mailbox>> inbox = (*account)->open(MailboxName());
        ASSERT_TRUE(inbox) << inbox.error().message();
        const Result<View> view = View::open(*inbox, Access::read_write);
        EXPECT_TRUE(view) << view.error().message();
        const Found found = find(**inbox);
        EXPECT_EQ(found.unreadable, damage.unreadable);
        if (damage.keeps_uids) EXPECT_EQ(found.validity, before.validity);
        for (const auto& [token, message] : before.messages) {
            const auto now = found.messages.find(token);
            if (now == found.messages.end()) {
                ADD_FAILURE() << token << " is missing";
                continue;
            }
            if (damage.keeps_uids) EXPECT_EQ(now->second.first, message.first) << token;
            if (damage.keeps_flags) EXPECT_EQ(now->second.second, message.second) << token;
        }
        for (const std::string& token : damage.more) EXPECT_TRUE(found.messages.contains(token)) << token;
        EXPECT_EQ(found.messages.size(), before.messages.size() + damage.more.size() + (again ? 2 : 0));
        const Found archive = find(*(*account)->open(MailboxName::parse("Archive").value()).value());
        EXPECT_TRUE(archive.messages.contains("old"));
        if (again) {
            EXPECT_EQ(found.validity, first.validity);
            for (const auto& [token, message] : first.messages) {
                if (!found.messages.contains(token)) continue;
                EXPECT_EQ(found.messages.at(token).first, message.first) << token;
                if (damage.keeps_flags) EXPECT_EQ(found.messages.at(token).second, message.second) << token;
            }
            break;
        }
        first = found;
        EXPECT_TRUE(deliver(store, bob_, text_of("late"), "LATE"));
        NewMessage message{(*inbox)->start_message().value(), flags({Flag::seen}, {"Kept"}), {}};
        ASSERT_TRUE(message.content.write(text_of("later")));
        std::vector<NewMessage> messages;
        messages.push_back(std::move(message));
        const Result<Appended> appended = (*inbox)->append(std::move(messages));
        EXPECT_TRUE(appended) << appended.error().message();
        const Result<> subscribed = (*account)->subscribe(MailboxName::parse("Topic").value());
        if (damage.name == "SubscriptionsAreTooMany")
            EXPECT_EQ(subscribed.error().code, ErrorCode::limit);
        else
            EXPECT_TRUE(subscribed) << subscribed.error().message();
        EXPECT_TRUE((*account)->create(MailboxName::parse("Made").value()));
    }
    if (damage.name == "LeftoversOfKilledProcesses") {
        for (const auto& entry : fs::directory_iterator(root_))
            EXPECT_EQ(entry.path().filename().string().find("0123456789abcdef"), std::string::npos) << entry.path();
        EXPECT_FALSE(fs::exists(root_ + "/tmp/append.host.1"));
    }
}

TEST_P(DamageTest, EveryMessageIsThereWithoutAnIndexToo) {
    GetParam().damage({root_});
    if (HasFatalFailure()) return;
    fs::remove_all(settings_.index_root);
    Store store(settings_);
    const Result<std::shared_ptr<Mailbox>> inbox = store.open(bob_).value()->open(MailboxName());
    ASSERT_TRUE(inbox) << inbox.error().message();
    const Found found = find(**inbox);
    for (const char* token : {"seen", "plain", "flagged", "draft", "pending"})
        EXPECT_TRUE(found.messages.contains(token)) << token;
    for (const std::string& token : GetParam().more) EXPECT_TRUE(found.messages.contains(token)) << token;
}

/// Every file below a folder but the engine's own lock files: its path, and what tells that it wasn't touched.
std::map<std::string, std::string> snapshot(const std::string& root) {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        struct stat st{};
        if (::lstat(entry.path().c_str(), &st) != 0) continue;
        all[entry.path().string()] = std::to_string(st.st_ino) + " " + std::to_string(st.st_mode) + " " +
                                     std::to_string(st.st_size) + " " + std::to_string(st.st_mtim.tv_sec) + "." +
                                     std::to_string(st.st_mtim.tv_nsec);
    }
    return all;
}

/// The inodes of all that lies in new/ and cur/ of any mailbox, or anywhere: nothing of it may go.
std::set<ino_t> inodes(const std::string& root, bool only_messages) {
    std::set<ino_t> all;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const std::string folder = entry.path().parent_path().filename().string();
        struct stat st{};
        if ((!only_messages || folder == "cur" || folder == "new") && ::lstat(entry.path().c_str(), &st) == 0)
            all.insert(st.st_ino);
    }
    return all;
}

struct Findings : RepairListener {
    std::vector<Finding> all;
    void found(const Finding& finding) override { all.push_back(finding); }
    std::string text(bool with_notes) const {
        std::string lines;
        for (const Finding& finding : all)
            if (with_notes || !finding.is_note)
                lines += finding.mailbox + " " + std::string(to_string(finding.kind)) + " " + finding.subject + ": " +
                         finding.found + " -> " + finding.done + "\n";
        return lines;
    }
};

Findings run_repair(const Settings& settings, const AccountName& account, bool mends) {
    Store store(settings);
    Findings findings;
    const Result<> run = repair_account(store, account, {.mends = mends, .contents = true, .only = {}}, findings);
    EXPECT_TRUE(run) << run.error().message();
    return findings;
}

class RepairTest : public DamageTest {};

TEST_P(RepairTest, ChecksWithoutATouchRepairsWithoutALossAndIsCleanAfterwards) {
    const Damage& damage = GetParam();
    damage.damage({root_});
    if (HasFatalFailure()) return;
    const auto before = snapshot(root_);
    run_repair(settings_, bob_, false);
    EXPECT_EQ(snapshot(root_), before) << "a check writes nothing";

    const std::set<ino_t> files = inodes(root_, true);
    const Findings done = run_repair(settings_, bob_, true);
    for (const Finding& finding : done.all) EXPECT_TRUE(finding.is_note || finding.is_mended) << done.text(true);
    const std::set<ino_t> left = inodes(root_, false);
    EXPECT_TRUE(std::ranges::includes(left, files)) << done.text(true);
    {
        Store store(settings_);
        const Result<std::shared_ptr<Mailbox>> inbox = store.open(bob_).value()->open(MailboxName());
        ASSERT_TRUE(inbox) << inbox.error().message();
        const Found found = find(**inbox);
        EXPECT_EQ(found.unreadable, 0);
        for (const char* token : {"seen", "plain", "flagged", "draft", "pending"})
            EXPECT_TRUE(found.messages.contains(token)) << token << " is missing\n" << done.text(true);
        for (const std::string& token : damage.more) EXPECT_TRUE(found.messages.contains(token)) << token;
    }
    const Findings again = run_repair(settings_, bob_, false);
    EXPECT_EQ(again.text(false), "") << "after:\n" << done.text(true);
}

const auto name_of = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Lists, DamageTest, ::testing::ValuesIn(damaged_lists()), name_of);
INSTANTIATE_TEST_SUITE_P(Messages, DamageTest, ::testing::ValuesIn(damaged_messages()), name_of);
INSTANTIATE_TEST_SUITE_P(Folders, DamageTest, ::testing::ValuesIn(damaged_folders()), name_of);
INSTANTIATE_TEST_SUITE_P(Lists, RepairTest, ::testing::ValuesIn(damaged_lists()), name_of);
INSTANTIATE_TEST_SUITE_P(Messages, RepairTest, ::testing::ValuesIn(damaged_messages()), name_of);
INSTANTIATE_TEST_SUITE_P(Folders, RepairTest, ::testing::ValuesIn(damaged_folders()), name_of);
INSTANTIATE_TEST_SUITE_P(Beyond, RepairTest, ::testing::ValuesIn(damaged_beyond_sessions()), name_of);

}  // namespace
}  // namespace posthouse::storage::crash
