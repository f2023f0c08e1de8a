// Several processes with sessions of their own, and a model that knows the order of what they do: after every command
// all agree. POSTHOUSE_CRASH_MODELS is how many random runs there are.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "tests/crash/model.h"
#include "tests/crash/model_process.h"
#include "tests/crash/setting.h"
#include "tests/crash/tree.h"

namespace posthouse::storage::crash {
namespace {

constexpr std::size_t processes = 4;
constexpr int steps = 150;

std::uint32_t number(std::string_view text) {
    std::uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// What a client knows by its session's reports alone.
struct Client {
    std::size_t process;
    std::string view;
    std::shared_ptr<ModelMailbox> mailbox;
    std::vector<std::pair<std::uint32_t, std::string>> messages = {};  ///< UID, flags

    void add(std::string_view word) {
        const auto equals = word.find('=');
        messages.emplace_back(number(word), word.substr(equals + 1));
    }
    bool agrees() const {
        return std::ranges::equal(messages, mailbox->messages, [](const auto& mine, const auto& real) {
            return mine.first == real.first && mine.second == word_of(real.second.flags);
        });
    }
    std::string text() const {
        std::string text = "client of process " + std::to_string(process) + ":";
        for (const auto& [uid, flags] : messages) text += " " + std::to_string(uid) + "=" + flags;
        text += "; model:";
        for (const auto& [uid, message] : mailbox->messages)
            text += " " + std::to_string(uid) + "=" + word_of(message.flags);
        return text;
    }
};

class ProcessModelTest : public ::testing::Test {
  protected:
    void run(unsigned seed) {
        random_.seed(seed);
        const std::string root = folder_.path() + "/" + std::to_string(seed);
        settings_ = settings_for(root);
        model_.clear();
        {
            Store store(settings_);
            const auto account = store.open(bob_).value();
            account_ = account->root();
            for (const char* name : {"INBOX", "Archive"})
                use_up_letters(*account->open(MailboxName::parse(name).value()).value());
        }
        for (const char* name : {"INBOX", "Archive", "Drafts", "Sent", "Junk", "Trash"})
            model_[name] = std::make_shared<ModelMailbox>();
        for (const char* name : {"INBOX", "Archive"}) model_[name]->next = 2;
        std::vector<ModelProcess> started;
        started.reserve(processes);
        for (std::size_t i = 0; i < processes; ++i) started.emplace_back(settings_, bob_);
        processes_ = &started;
        cursor_ = "0";
        expected_log_ = {"whole"};
        subscribed_.clear();
        contents_.clear();
        // Of what is in a mailbox that nobody has looked into, nothing is told.
        for (const auto& [name, mailbox] : model_) settle(0, name);
        follow();
        for (int i = 0; i < steps && !HasFailure(); ++i) {
            const std::string done = step();
            SCOPED_TRACE("step " + std::to_string(i) + ": " + done);
            agree();
        }
        clients_.clear();
    }

    std::uint32_t roll(std::size_t sides) { return static_cast<std::uint32_t>(random_() % sides); }
    Words ask(std::size_t process, const Words& command) const { return processes_->at(process).ask(command); }
    std::string some_mailbox() {
        const std::array<std::string, 4> names{"INBOX", "INBOX", "Archive", model_.contains("Box") ? "Box" : "Sent"};
        return names.at(roll(names.size()));
    }
    std::string some_flags() {
        std::vector<std::string> names;
        for (const char* name : {"Work", "$Label1", "NonJunk", "x"})
            if (roll(4) == 0) names.emplace_back(name);
        for (std::uint32_t n = roll(4); n > 1; --n) names.push_back(far_keyword(roll(40)));
        return word_of(flags(SystemFlags::from_bits(static_cast<std::uint8_t>(roll(32))), names));
    }
    UidSet some_uids(const ModelMailbox& mailbox) {
        if (roll(8) == 0) return UidSet::all();
        UidSet set;
        for (std::uint32_t n = roll(3) + 1; n > 0; --n) {
            const std::uint32_t first = roll(mailbox.next + 1) + 1;
            set.add(Uid(first), Uid(first + roll(3)));
        }
        return set;
    }

    std::string step();
    std::string step_tree(std::size_t process);
    std::string step_view(std::size_t process);
    void refresh(Client& client);
    void settle(std::size_t process, const std::string& name);
    void follow();
    void agree();
    void time_moves_on();

    TemporaryFolder folder_;
    Settings settings_;
    AccountName bob_ = AccountName::parse("bob@example.org").value();
    std::string account_;
    std::mt19937 random_;
    ModelAccount model_;
    std::vector<ModelProcess>* processes_ = nullptr;
    std::vector<Client> clients_;
    std::string cursor_;  ///< how far the account's log was followed
    Words expected_log_;  ///< what it is to tell next of the tree
    std::set<std::string> subscribed_;
    std::map<const ModelMailbox*, std::string> contents_;  ///< when the log was followed
    unsigned counter_ = 0;
    unsigned late_ = 0;  ///< looks that came before the folders' times had moved on
};

/// Two changes within one tick of the clock look like one; whoever isn't that fast sees every folder's time change.
void ProcessModelTest::time_moves_on() {
    ++late_;
    const auto later = std::filesystem::file_time_type::clock::now() + std::chrono::milliseconds{++counter_};
    for (const auto& [name, mailbox] : model_) {
        const std::string folder = account_ + (name == "INBOX" ? "" : "/" + in_layout("." + name, settings_.layout));
        for (const char* part : {"/new", "/cur"}) std::filesystem::last_write_time(folder + part, later);
    }
}

/// The process sees the mailbox as the model has it.
void ProcessModelTest::settle(std::size_t process, const std::string& name) {
    ModelMailbox& mailbox = *model_.at(name);
    mailbox.look();
    Words expected;
    for (const auto& [uid, message] : mailbox.messages)
        expected.push_back(std::to_string(uid) + "=" + message.token + "=" + word_of(message.flags));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    Words seen = ask(process, {"look", name});
    while (seen != expected && std::chrono::steady_clock::now() < deadline) {
        time_moves_on();
        seen = ask(process, {"look", name});
    }
    ASSERT_EQ(seen, expected) << name << " in process " << process;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    for (const auto& [uid, message] : mailbox.messages) {
        unseen += message.flags.system.has(Flag::seen) ? 0u : 1u;
        deleted += message.flags.system.has(Flag::deleted) ? 1u : 0u;
    }
    ASSERT_EQ(ask(process, {"status", name}), (Words{std::to_string(mailbox.messages.size()), std::to_string(unseen),
                                                     std::to_string(deleted), std::to_string(mailbox.next)}));
}

void ProcessModelTest::refresh(Client& client) {
    client.mailbox->look();
    const bool hold = roll(3) == 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (bool first = true;; first = false) {
        const bool holds_now = hold && first;
        const Words words = ask(client.process, {"refresh", client.view, holds_now ? "hold" : "reveal"});
        if (client.mailbox->deleted) {
            ASSERT_TRUE(words.size() > 1 && words[0] == "error" && words[1] == "not_found")
                << "a deleted mailbox lives";
            return;
        }
        ASSERT_NE(words.at(0), "error") << words.at(1);
        for (std::size_t i = 1; i < words.size(); ++i) {
            const std::string_view word = std::string_view(words[i]).substr(1);
            const auto equals = word.find('=');
            if (words[i][0] == '+') {
                ASSERT_TRUE(client.messages.empty() || client.messages.back().first < number(word));
                client.add(word);
                continue;
            }
            if (words[i][0] == '-') {
                const std::uint32_t place = number(word);
                ASSERT_FALSE(holds_now) << "an expunge was told while they are held";
                ASSERT_TRUE(place >= 1 && place <= client.messages.size());
                ASSERT_EQ(client.messages[place - 1].first, number(word.substr(equals + 1)));
                client.messages.erase(client.messages.begin() + static_cast<std::ptrdiff_t>(place) - 1);
                continue;
            }
            const auto known = std::ranges::find(client.messages, number(word), [](const auto& m) { return m.first; });
            ASSERT_NE(known, client.messages.end()) << "flags of a message the client doesn't know: " << words[i];
            ASSERT_NE(known->second, word.substr(equals + 1)) << "flags that didn't change: " << words[i];
            known->second = word.substr(equals + 1);
        }
        ASSERT_EQ(number(words[0]), client.messages.size());
        if (holds_now) continue;
        if (client.agrees()) return;
        ASSERT_LT(std::chrono::steady_clock::now(), deadline) << client.text();
        time_moves_on();
    }
}

/// The account's log tells every change of the tree once and in order, and each mailbox whose messages changed once.
void ProcessModelTest::follow() {
    const Words words = ask(roll(processes), {"log", cursor_});
    Words tree;
    std::multiset<std::string> messages;
    for (const std::string& word : Words(words.begin() + 1, words.end()))
        if (word.starts_with("messages="))
            messages.insert(word.substr(word.find('=') + 1));
        else
            tree.push_back(word);
    ASSERT_EQ(tree, std::exchange(expected_log_, {}));
    for (const auto& [name, mailbox] : model_) {
        mailbox->look();
        std::string text;
        for (const auto& [uid, message] : mailbox->messages)
            text += std::to_string(uid) + "=" + message.token + "=" + word_of(message.flags) + " ";
        const bool is_changed = std::exchange(contents_[mailbox.get()], text) != text;
        ASSERT_LE(messages.count(name), 1u) << name;
        if (cursor_ != "0") ASSERT_EQ(messages.count(name), is_changed ? 1u : 0u) << name;
    }
    cursor_ = words.at(0);
}

void ProcessModelTest::agree() {
    follow();
    if (HasFatalFailure()) return;
    for (Client& client : clients_) {
        refresh(client);
        if (HasFatalFailure()) return;
    }
    std::erase_if(clients_, [&](const Client& client) {
        if (client.mailbox->deleted) ask(client.process, {"close", client.view});
        return client.mailbox->deleted;
    });
    settle(roll(processes), some_mailbox());
}

std::string ProcessModelTest::step_view(std::size_t process) {
    if (clients_.size() >= 8) {
        const auto gone = clients_.begin() + roll(clients_.size());
        ask(gone->process, {"close", gone->view});
        clients_.erase(gone);
        return "close";
    }
    const std::string name = some_mailbox();
    settle(process, name);
    Client client{process, std::to_string(++counter_), model_.at(name)};
    const Words words = ask(process, {"open", client.view, name});
    for (const std::string& word : words) client.add(word);
    EXPECT_TRUE(client.agrees()) << client.text();
    clients_.push_back(std::move(client));
    return "open " + name;
}

std::string ProcessModelTest::step_tree(std::size_t process) {
    if (roll(4) == 0) {
        const bool is_new = subscribed_.insert("Box").second;
        if (!is_new) subscribed_.erase("Box");
        EXPECT_EQ(ask(process, {is_new ? "subscribe" : "unsubscribe", "Box"}), Words());
        expected_log_.push_back(is_new ? "subscribed=Box" : "unsubscribed=Box");
        return is_new ? "subscribe" : "unsubscribe";
    }
    Words command{"create", "Box"};
    if (model_.contains("Box")) command = roll(2) == 0 ? Words{"delete", "Box"} : Words{"rename", "Box", "Crate"};
    if (model_.contains("Crate")) command = {"rename", "Crate", "Box"};
    const Words words = ask(process, command);
    EXPECT_TRUE(words.empty()) << command[0] << ": " << words.back();
    expected_log_.push_back(command[0] == "rename" ? "renamed=" + command[2] + "=" + command[1]
                                                   : command[0] + "d=" + command[1]);
    if (command[0] == "create") {
        model_["Box"] = std::make_shared<ModelMailbox>();
        settle(process, "Box");  // its first look is told
        contents_[model_["Box"].get()] = "not looked into yet";
    } else if (command[0] == "delete") {
        model_.at("Box")->deleted = true;
        model_.erase("Box");
    } else {
        model_[command[2]] = model_.at(command[1]);
        model_.erase(command[1]);
    }
    std::set<std::string> expected;
    for (const auto& [name, mailbox] : model_) expected.insert(name);
    for (std::size_t i = 0; i < processes; ++i) {
        const Words names = ask(i, {"list"});
        EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), expected) << "LIST in process " << i;
    }
    return command[0];
}

std::string ProcessModelTest::step() {
    const std::size_t process = roll(processes);
    const std::string name = some_mailbox();
    ModelMailbox& mailbox = *model_.at(name);
    const std::string who = " in process " + std::to_string(process);
    switch (roll(12)) {
        case 0:
        case 1: {
            const ModelMessage message{"m" + std::to_string(++counter_), flags_of_word(some_flags())};
            const std::uint32_t uid = mailbox.append(message);
            EXPECT_EQ(ask(process, {"append", name, word_of(message.flags), message.token}),
                      Words{std::to_string(uid)});
            return "append" + who;
        }
        case 2: {
            mailbox.pending.push_back("d" + std::to_string(++counter_));
            EXPECT_EQ(ask(process, {"deliver", name, mailbox.pending.back()}), Words());
            return "deliver" + who;
        }
        case 3:
        case 4:
        case 5: {
            settle(process, name);
            const FlagChange change{static_cast<FlagAction>(roll(3)), flags_of_word(some_flags())};
            const UidSet set = some_uids(mailbox);
            Words expected;
            for (const std::uint32_t uid : mailbox.store(set, change))
                expected.push_back(std::to_string(uid) + "=" + word_of(mailbox.messages.at(uid).flags));
            EXPECT_EQ(ask(process, {"store", name, std::to_string(static_cast<int>(change.action)),
                                    word_of(change.flags), text_of_set(set)}),
                      expected);
            return "store" + who;
        }
        case 6: {
            settle(process, name);
            const bool all = roll(3) == 0;
            const UidSet set = some_uids(mailbox);
            Words expected;
            for (const std::uint32_t uid : mailbox.expunge(set, !all)) expected.push_back(std::to_string(uid));
            EXPECT_EQ(ask(process, {"expunge", name, all ? "all" : "deleted", text_of_set(set)}), expected);
            return "expunge" + who;
        }
        case 7:
        case 8: {
            const std::string target = some_mailbox();
            settle(process, target);
            settle(process, name);
            const bool moves = roll(2) == 0;
            const UidSet set = some_uids(mailbox);
            const std::vector<std::uint32_t> from = mailbox.existing(set);
            const std::vector<std::uint32_t> to = mailbox.copy(set, *model_.at(target), moves);
            Words expected;
            for (std::size_t i = 0; i < from.size(); ++i)
                expected.push_back(std::to_string(from[i]) + "=" + std::to_string(to[i]));
            EXPECT_EQ(ask(process, {moves ? "move" : "copy", name, target, text_of_set(set)}), expected);
            return (moves ? "move" : "copy") + who;
        }
        case 9: return step_tree(process) + who;
        case 10:
            if (roll(6) != 0) break;
            std::erase_if(clients_, [&](const Client& client) { return client.process == process; });
            EXPECT_EQ(ask(process, {"reopen"}), Words());
            return "reopen" + who;
        default: break;
    }
    return step_view(process) + who;
}

TEST_F(ProcessModelTest, ProcessesAndModelAgreeAfterEveryCommand) {
    const unsigned runs = setting("POSTHOUSE_CRASH_MODELS", 4);
    const unsigned seed = setting("POSTHOUSE_CRASH_SEED", std::random_device{}());
    std::cout << "seed " << seed << " (POSTHOUSE_CRASH_SEED)\n";
    for (unsigned i = 0; i < runs && !HasFailure(); ++i) {
        SCOPED_TRACE("seed " + std::to_string(seed + i));
        run(seed + i);
    }
    std::cout << runs * steps << " commands, " << late_ << " looks were too early for the folders' times\n";
}

}  // namespace
}  // namespace posthouse::storage::crash
