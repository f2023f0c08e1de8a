// What had been promised at a moment, and whether the tree found afterwards keeps it.
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "tests/crash/power_workload.h"

namespace posthouse::storage::crash {
namespace {

using Told = std::pair<std::string, std::uint32_t>;  ///< GUID and UID

class PowerJudge {
  public:
    PowerJudge(const Recording& recording, std::size_t count) : recording_(recording) {
        for (const Step& step : recording.steps) {
            next_ = &step;
            if (step.begun > count || (step.begun == count && step.told > count)) break;
            for (const auto& [guid, mailbox] : step.after.mailboxes)
                for (const auto& [uid, message] : mailbox.messages) flags_[{guid, uid}].insert(message.flags);
            if (step.told > count) break;
            before_ = &step;
            remember(step.after);
        }
        is_answered_ = next_->answered <= count;
        // Nothing under way: what was told is all there is.
        if (next_->begun >= count && !is_answered_) next_ = before_;
    }

    void judge(const SeenTree& seen);
    void go_on(const Settings& settings);
    std::string text() const {
        if (next_ == nullptr) return "before the first command";
        return "during \"" + next_->name + "\"" + (is_answered_ ? ", answered" : ", not answered");
    }

  private:
    void remember(const SeenTree& tree) {
        for (const auto& [guid, mailbox] : tree.mailboxes) {
            for (const auto& [uid, message] : mailbox.messages) tokens_[{guid, uid}] = message.token;
            auto& [validity, next] = numbers_[guid];
            validity = mailbox.validity;
            next = std::max(next, mailbox.next);
            std::uint64_t& modseq = modseqs_[mailbox.account];
            modseq = std::max(modseq, mailbox.modseq);
            std::uint32_t& by_name = validity_[{mailbox.account, mailbox.name}];
            by_name = std::max(by_name, mailbox.validity);
        }
    }
    static const SeenMailbox* in(const Step* step, const std::string& guid) {
        if (step == nullptr) return nullptr;
        const auto found = step->after.mailboxes.find(guid);
        return found == step->after.mailboxes.end() ? nullptr : &found->second;
    }
    static const SeenMessage* in(const SeenMailbox* mailbox, std::uint32_t uid) {
        if (mailbox == nullptr) return nullptr;
        const auto found = mailbox->messages.find(uid);
        return found == mailbox->messages.end() ? nullptr : &found->second;
    }
    void judge_messages(const std::string& guid, const SeenMailbox& mailbox, const SeenTree& seen);
    void judge_message(const Told& told, const SeenMessage& expected, const SeenMessage& found) const;
    static void judge_annotations(const std::string& before, const std::string& after, const std::string& found);
    void judge_mailboxes(const SeenTree& seen) const;
    /// It had these flags at some time.
    bool had(const Told& told, const std::string& flags) const;
    static bool holds(const SeenTree& seen, const std::string& token) {
        return std::ranges::any_of(seen.mailboxes, [&](const auto& mailbox) {
            return std::ranges::any_of(mailbox.second.messages,
                                       [&](const auto& message) { return message.second.token == token; });
        });
    }

    const Recording& recording_;
    const Step* before_ = nullptr;
    const Step* next_ = nullptr;  ///< under way, or `before_`; null before the first one
    bool is_answered_ = false;
    std::map<Told, std::set<std::string>> flags_;  ///< all a message ever had
    std::map<Told, std::string> tokens_;
    std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> numbers_;  ///< UIDVALIDITY, UIDNEXT
    std::map<std::size_t, std::uint64_t> modseqs_;                            ///< the highest that an account told
    std::map<std::pair<std::size_t, std::string>, std::uint32_t> validity_;   ///< of a name, the highest
};

void PowerJudge::judge_message(const Told& told, const SeenMessage& expected, const SeenMessage& found) const {
    EXPECT_EQ(found.token, expected.token) << "UID " << told.second << " is another message";
    if (found.token.starts_with("dated")) EXPECT_EQ(found.date, expected.date) << "INTERNALDATE";
    if (flags_.contains(told))
        EXPECT_TRUE(had(told, found.flags)) << found.token << " never had the flags " << found.flags;
}

/// Each is as it was or as it was to be.
void PowerJudge::judge_annotations(const std::string& before, const std::string& after, const std::string& found) {
    const auto words_of = [](const std::string& text) {
        std::set<std::string> words;
        for (std::size_t at = 0; at < text.size(); at = text.find(' ', at) + 1)
            words.insert(text.substr(at, text.find(' ', at) - at));
        return words;
    };
    const std::set<std::string> old = words_of(before);
    const std::set<std::string> now = words_of(after);
    const std::set<std::string> there = words_of(found);
    for (const std::string& word : there) EXPECT_TRUE(old.contains(word) || now.contains(word)) << word;
    for (const std::string& word : old) EXPECT_TRUE(there.contains(word) || !now.contains(word)) << word;
}

bool PowerJudge::had(const Told& told, const std::string& flags) const {
    const auto known = flags_.find(told);
    if (known == flags_.end()) return false;
    // A file's name and posthouse-keywords may be of different age.
    const auto had_part = [&](std::string (*part)(const std::string&)) {
        return std::ranges::any_of(known->second, [&](const std::string& word) { return part(word) == part(flags); });
    };
    return had_part(near_part) && had_part(far_part);
}

void PowerJudge::judge_messages(const std::string& guid, const SeenMailbox& mailbox, const SeenTree& seen) {
    const SeenMailbox* old = in(before_, guid);
    const SeenMailbox* now = in(next_, guid);
    std::map<std::uint32_t, SeenMessage> rest = mailbox.messages;
    for (const auto& [uid, message] : rest)
        if (const auto told = tokens_.find({guid, uid}); told != tokens_.end())
            EXPECT_EQ(told->second, message.token) << "UID " << uid << " means another message now";
    if (old != nullptr)
        for (const auto& [uid, message] : old->messages) {
            const auto found = rest.find(uid);
            const bool stays = in(now, uid) != nullptr;
            if (found != rest.end()) {
                EXPECT_TRUE(stays || !is_answered_) << message.token << " was expunged and is back";
                judge_message({guid, uid}, message, found->second);
                const std::string& noted = found->second.annotations;
                if (is_answered_)
                    EXPECT_EQ(noted, stays ? in(now, uid)->annotations : "") << message.token;
                else
                    judge_annotations(message.annotations, stays ? in(now, uid)->annotations : "", noted);
                rest.erase(found);
                continue;
            }
            EXPECT_FALSE(stays) << message.token << ", UID " << uid << ", is missing";
            if (now != nullptr && !stays && holds(next_->after, message.token))
                EXPECT_TRUE(holds(seen, message.token)) << message.token << " was moved nowhere";
        }
    if (now != nullptr)
        for (const auto& [uid, message] : now->messages) {
            if (in(old, uid) != nullptr) continue;
            auto found = rest.find(uid);
            if (!is_answered_ || !next_->answer_has_uids) {
                // Two copies of one message may have different flags, and one of them may be there alone. What is
                // none of them is found to be too much in the end.
                found = std::ranges::find_if(rest, [&](const auto& one) {
                    return one.second.token == message.token && had({guid, uid}, one.second.flags);
                });
            }
            EXPECT_TRUE(found != rest.end() || !is_answered_) << message.token << " was answered and is missing";
            if (found == rest.end()) continue;
            judge_message({guid, uid}, message, found->second);
            if (is_answered_ && next_->answer_has_uids)
                EXPECT_EQ(found->second.annotations, message.annotations) << message.token << ", a new message";
            rest.erase(found);
        }
    for (const auto& [uid, message] : rest)
        ADD_FAILURE() << message.token << ", UID " << uid << ", should not be there";
    if (const auto known = numbers_.find(guid); known != numbers_.end()) {
        EXPECT_EQ(mailbox.validity, known->second.first) << "UIDVALIDITY";
        EXPECT_GE(mailbox.next, known->second.second) << "UIDNEXT went back";
    }
}

void PowerJudge::judge_mailboxes(const SeenTree& seen) const {
    for (const Step* step : {before_, next_}) {
        if (step == nullptr) continue;
        for (const auto& [guid, mailbox] : step->after.mailboxes) {
            const SeenMailbox* old = in(before_, guid);
            const SeenMailbox* now = in(next_, guid);
            const auto found = seen.mailboxes.find(guid);
            // The GUID of one that was just made was not told yet.
            if (found == seen.mailboxes.end()) {
                EXPECT_FALSE(old != nullptr && now != nullptr) << mailbox.name << " is missing";
                continue;
            }
            EXPECT_TRUE(now != nullptr || !is_answered_) << mailbox.name << " was deleted and is back";
            const std::string& name = found->second.name;
            EXPECT_TRUE((now != nullptr && now->name == name) || (!is_answered_ && old != nullptr && old->name == name))
                << mailbox.name << " is called " << name;
            const auto is_kept = [&](std::string SeenMailbox::* text) {
                return (now != nullptr && now->*text == found->second.*text) ||
                       (!is_answered_ && old != nullptr && old->*text == found->second.*text);
            };
            EXPECT_TRUE(is_kept(&SeenMailbox::access)) << name << " has the list\n" << found->second.access;
            EXPECT_TRUE(is_kept(&SeenMailbox::annotations)) << name << " has " << found->second.annotations;
        }
        if (step == next_ && !is_answered_) continue;
        for (const auto& [guid, mailbox] : next_->after.mailboxes)
            if (is_answered_)
                EXPECT_TRUE(std::ranges::any_of(seen.mailboxes,
                                                [&](const auto& one) {
                                                    return one.second.account == mailbox.account &&
                                                           one.second.name == mailbox.name;
                                                }))
                    << mailbox.name << " is missing";
    }
}

void PowerJudge::judge(const SeenTree& seen) {
    judge_mailboxes(seen);
    for (const auto& [guid, mailbox] : seen.mailboxes) {
        SCOPED_TRACE(std::to_string(mailbox.account) + "/" + mailbox.name);
        EXPECT_GT(mailbox.modseq, modseqs_[mailbox.account]) << "a HIGHESTMODSEQ was used again";
        judge_messages(guid, mailbox, seen);
    }
    const auto has = [](const Step* step, const auto& entry) {
        return step != nullptr && step->after.subscriptions.contains(entry);
    };
    for (const Step* step : {before_, next_})
        for (const auto& entry : step == nullptr ? decltype(seen.subscriptions)() : step->after.subscriptions) {
            if (has(before_, entry) && has(next_, entry))
                EXPECT_TRUE(seen.subscriptions.contains(entry)) << "subscription of " << entry.second;
            if (is_answered_) EXPECT_EQ(seen.subscriptions.contains(entry), has(next_, entry)) << entry.second;
        }
    for (const auto& [account, text] : seen.annotations) {
        const auto is = [&](const Step* step) {
            return step != nullptr && step->after.annotations.at(account) == text;
        };
        EXPECT_TRUE(is(next_) || (!is_answered_ && (before_ == nullptr || is(before_)))) << "the account has " << text;
    }
    remember(seen);
}

void PowerJudge::go_on(const Settings& settings) {
    Store store(settings);
    const auto account = store.open(recording_.accounts[0]).value();
    for (const char* name : {"INBOX", "Archive"}) {
        const auto mailbox = account->open(MailboxName::parse(name).value()).value();
        const std::uint32_t next = numbers_[mailbox->guid()].second;
        EXPECT_GE(append(*mailbox, text_of("after")).value(), next) << name << ": a UID was used again";
    }
    for (const auto& [place, validity] : validity_) {
        if (place.first != 0 || account->exists(MailboxName::parse(place.second).value()).value()) continue;
        const MailboxName name = MailboxName::parse(place.second).value();
        const Result<> created = account->create(name);
        ASSERT_TRUE(created) << created.error().message();
        EXPECT_GT(account->open(name).value()->uid_validity().value(), validity) << place.second;
    }
}

}  // namespace

void judge_power_loss(const Recording& recording, std::size_t count, const Settings& settings) {
    PowerJudge judge(recording, count);
    SCOPED_TRACE(judge.text());
    judge.judge(look(settings, recording.accounts));
    if (!::testing::Test::HasFailure()) judge.go_on(settings);
}

}  // namespace posthouse::storage::crash
