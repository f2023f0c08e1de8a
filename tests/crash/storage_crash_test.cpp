// A process that delivers, appends, copies, moves, flags and expunges is killed again and again: nothing that was
// answered is missing, no UID means two messages.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "storage/account.h"
#include "storage/delivery.h"
#include "storage/mailbox.h"
#include "storage/store.h"
#include "storage/view.h"

namespace posthouse::storage {
namespace {

constexpr int kills = 200;

Settings settings_for(const std::string& root) {
    Settings settings;
    settings.mail_root = root;
    return settings;
}

AccountName account_name() { return AccountName::parse("crash@example.org").value(); }

std::string text_of(const std::string& token) {
    return "Subject: " + token + "\r\n\r\n" + std::string(token.size() * 37, 'x') + "\r\n";
}

/// The worker: answers go to `answers` as lines, each in one write, after the call returned.
class Worker {
  public:
    Worker(const std::string& root, int answers, int round)
        : store_(settings_for(root)), answers_(answers), round_(round), random_(static_cast<unsigned>(round)) {
        const auto account = store_.open(account_name()).value();
        inbox_ = account->open(MailboxName()).value();
        archive_ = account->open(MailboxName::parse("Archive").value()).value();
    }

    [[noreturn]] void run() {
        View session = View::open(inbox_, Access::read_write).value();
        for (int step = 0;; ++step) {
            const std::string token = std::to_string(round_) + "-" + std::to_string(step);
            switch (random_() % 8) {
                case 0:
                case 1:
                case 2: deliver(token); break;
                case 3:
                case 4: append(token); break;
                case 5: flag(); break;
                case 6: move(); break;
                default:
                    if (!session.refresh(Expunges::reveal)) ::_exit(2);
                    expunge();
                    break;
            }
        }
    }

  private:
    void answer(const std::string& line) const {
        const std::string text = line + "\n";
        if (::write(answers_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(3);
    }
    void deliver(const std::string& token) {
        Result<Delivery> delivery = Delivery::begin(store_, {token, false, {{account_name(), {}, ""}}});
        if (!delivery || !delivery->write(text_of(token)) || !delivery->commit().at(0)) ::_exit(4);
        answer("stored " + token);
    }
    void append(const std::string& token) {
        Result<MessageWriter> writer = inbox_->start_message();
        if (!writer || !writer->write(text_of(token))) ::_exit(5);
        std::vector<NewMessage> messages;
        messages.push_back({std::move(*writer), Flags{{Flag::seen}, Keywords::make({"Kept"}).value()}, {}});
        const Result<Appended> appended = inbox_->append(std::move(messages));
        if (!appended) ::_exit(6);
        answer("uid " + std::to_string(appended->uids.at(0).value()) + " " + token);
        answer("stored " + token);
    }
    void flag() {
        if (!inbox_->store_flags(UidSet::all(), {FlagAction::add, Flags{{Flag::flagged}, {}}})) ::_exit(7);
    }
    void move() {
        const std::vector<MessageRow> rows = inbox_->rows(UidSet::all()).value();
        if (rows.empty()) return;
        UidSet one;
        one.add(rows[random_() % rows.size()].uid);
        if (!inbox_->move(one, *archive_)) ::_exit(8);
    }
    void expunge() {
        const std::vector<MessageRow> rows = archive_->rows(UidSet::all()).value();
        if (rows.size() < 20) return;
        UidSet one;
        one.add(rows[0].uid);
        const std::string subject = archive_->open_message(rows[0].uid).value().read_string(200).value();
        const std::string token = subject.substr(9, subject.find('\r') - 9);
        // Told before it begins: from here on the message may be there or not.
        answer("removing " + token);
        if (!archive_->expunge(one, ExpungeRule::all_given)) ::_exit(9);
    }

    Store store_;
    int answers_;
    int round_;
    std::mt19937 random_;
    std::shared_ptr<Mailbox> inbox_;
    std::shared_ptr<Mailbox> archive_;
};

/// What all workers answered so far.
struct Promises {
    std::set<std::string> stored;
    std::set<std::string> removed;
    std::map<std::uint32_t, std::string> uids;  ///< of INBOX

    void take(const std::string& text) {
        std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
        for (std::string verb; lines >> verb;) {
            std::string token;
            if (verb == "uid") {
                std::uint32_t uid = 0;
                lines >> uid >> token;
                note_uid(uid, token);
                continue;
            }
            lines >> token;
            (verb == "stored" ? stored : removed).insert(token);
        }
    }
    void note_uid(std::uint32_t uid, const std::string& token) {
        const auto [known, is_new] = uids.emplace(uid, token);
        EXPECT_EQ(known->second, token) << "UID " << uid << " means two messages";
    }
};

/// Every message of a mailbox, whole, by its token; notes INBOX's UIDs.
void look(Mailbox& mailbox, std::map<std::string, int>& found, Promises* promises) {
    for (const MessageRow& row : mailbox.rows(UidSet::all()).value()) {
        const std::string text = mailbox.open_message(row.uid).value().read_string().value();
        const std::string token = text.substr(9, text.find('\r') - 9);
        EXPECT_EQ(text, text_of(token)) << "half a message";
        ++found[token];
        if (promises != nullptr) promises->note_uid(row.uid.value(), token);
    }
}

TEST(StorageCrash, NothingAnsweredIsMissingAfterKills) {
    std::string root = (std::filesystem::temp_directory_path() / "posthouse-crash-XXXXXX").string();
    ASSERT_NE(::mkdtemp(root.data()), nullptr);
    std::mt19937 random(20'26);
    Promises promises;
    for (int round = 0; round < kills; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(ends[0]);
            Worker(root, ends[1], round).run();
        }
        ::close(ends[1]);
        // Killed after a few answers: at whatever it does then.
        std::string text;
        char piece[256];
        const std::size_t enough = 1 + random() % 150;
        while (text.size() < enough) {
            const ssize_t n = ::read(ends[0], piece, sizeof piece);
            if (n <= 0) break;
            text.append(piece, static_cast<std::size_t>(n));
        }
        ::kill(child, SIGKILL);
        for (ssize_t n = 0; (n = ::read(ends[0], piece, sizeof piece)) > 0;)
            text.append(piece, static_cast<std::size_t>(n));
        ::close(ends[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "worker ended by itself with " << WEXITSTATUS(status);
        promises.take(text);
        if (round % 20 != 19) continue;
        Store store(settings_for(root));
        const auto account = store.open(account_name()).value();
        std::map<std::string, int> found;
        look(*account->open(MailboxName()).value(), found, &promises);
        look(*account->open(MailboxName::parse("Archive").value()).value(), found, nullptr);
        for (const std::string& token : promises.stored)
            if (!promises.removed.contains(token))
                EXPECT_GE(found[token], 1) << token << " is missing, round " << round;
        if (HasFailure()) break;
    }
    EXPECT_GT(promises.stored.size(), static_cast<std::size_t>(kills) / 2);
    // A repeat of any delivery that was cut off, or not, ends with one message.
    Store store(settings_for(root));
    for (int round = 0; round < 5; ++round) {
        const std::string token = std::to_string(kills) + "-" + std::to_string(round);
        for (int again = 0; again < 2; ++again) {
            Result<Delivery> delivery = Delivery::begin(store, {token, false, {{account_name(), {}, ""}}});
            ASSERT_TRUE(delivery);
            ASSERT_TRUE(delivery->write(text_of(token)));
            EXPECT_EQ(delivery->commit().at(0).value().repeated, again == 1);
        }
    }
    std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace posthouse::storage
