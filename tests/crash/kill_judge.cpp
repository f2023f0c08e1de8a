// From a look, and the logs since, to what must and what may be there now.
#include "tests/crash/kill_judge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace posthouse::storage::crash {
namespace {

std::uint32_t number(std::string_view text) {
    std::uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// What is known of a message whose UID is known.
struct Known {
    std::string token;
    std::set<std::string> flags;  ///< one of them
    bool may_be_gone = false;
    std::string or_in = {};  ///< gone only if it is in this mailbox: MOVE
};

/// Messages whose UID nobody was told.
struct Untold {
    int at_least = 0;
    int at_most = 0;
    std::set<std::string> flags = {};
};

/// Annotations and rights by the verb that sets them and what they are called.
std::map<std::pair<std::string, std::string>, std::string> settings_of(const SeenMailbox& mailbox) {
    std::map<std::pair<std::string, std::string>, std::string> found;
    for (const Annotation& annotation : Annotations::parse(mailbox.annotations).all())
        found[{"annotate", annotation.name.text()}] = annotation.value;
    for (const AccessEntry& entry : AccessList::parse(mailbox.access).entries())
        found[{"grant", entry.who.text()}] = entry.rights.letters();
    return found;
}

class Expectation {
  public:
    explicit Expectation(const SeenTree& before) {
        for (const auto& [guid, mailbox] : before.mailboxes) {
            names_[guid] = {{mailbox.account, mailbox.name}};
            for (const auto& [uid, message] : mailbox.messages) known_[guid][uid] = {message.token, {message.flags}};
            for (const auto& [what, value] : settings_of(mailbox)) settings_[guid][what] = {value};
        }
        for (const auto& entry : before.subscriptions) subscribed_[entry] = {true};
    }

    void take(const std::vector<LogLine>& log, std::vector<OpenDelivery>& open);
    void compare(const SeenTree& after) const;

    std::size_t answered = 0;
    std::size_t interrupted = 0;

  private:
    using Words = std::vector<std::string>;
    using Place = std::pair<std::size_t, std::string>;

    void done(const Words& asked, const Words& answer);
    void maybe(const Words& asked);
    void rename(const Words& asked, bool certain);
    void compare_mailbox(const std::string& guid, const SeenMailbox& mailbox, const SeenTree& after) const;
    void compare_settings(const std::string& guid, const SeenMailbox& mailbox) const;
    static bool holds(const SeenTree& tree, const std::string& guid, const std::string& token) {
        const auto mailbox = tree.mailboxes.find(guid);
        return mailbox != tree.mailboxes.end() &&
               std::ranges::any_of(mailbox->second.messages,
                                   [&](const auto& message) { return message.second.token == token; });
    }

    std::map<std::string, std::map<std::uint32_t, Known>> known_;
    std::map<std::string, std::map<std::string, Untold>> untold_;  ///< GUID, token
    /// GUID, then verb and name: one of these values; "" for none.
    std::map<std::string, std::map<std::pair<std::string, std::string>, std::set<std::string>>> settings_;
    std::map<std::string, std::set<Place>> names_;  ///< GUID: one of these; may hold "" for gone
    std::set<Place> perhaps_made_;
    std::map<Place, std::set<bool>> subscribed_;
};

void Expectation::take(const std::vector<LogLine>& log, std::vector<OpenDelivery>& open) {
    for (std::size_t i = 0; i < log.size(); ++i) {
        ASSERT_EQ(log[i].state, 'B');
        const Words& asked = log[i].words;
        const bool has_end = i + 1 < log.size();
        if (has_end && log[i + 1].state == 'A') {
            ++answered;
            done(asked, log[i + 1].words);
            ++i;
            continue;
        }
        if (has_end) {
            std::string text;
            for (const std::string& word : log[i + 1].words) text += word + " ";
            ADD_FAILURE() << asked.at(0) << " failed: " << text;
            ++i;
        }
        ++interrupted;
        maybe(asked);
        if (asked.at(0) == "deliver") open.push_back({asked.at(1), {asked.begin() + 2, asked.end()}});
    }
}

void Expectation::done(const Words& asked, const Words& answer) {
    const std::string& verb = asked.at(0);
    if (verb == "deliver") {
        for (std::size_t i = 2; i < asked.size(); ++i) untold_[asked[i]][asked[1]] = {1, 1, {"0:"}};
    } else if (verb == "append") {
        for (std::size_t i = 0; i < answer.size(); ++i)
            known_[asked.at(1)][number(answer[i])] = {asked.at(3 + i), {asked.at(2)}};
    } else if (verb == "flags") {
        for (std::size_t i = 2; i < asked.size(); ++i)
            known_[asked[1]].at(number(asked[i])).flags = {asked[i].substr(asked[i].find('=') + 1)};
    } else if (verb == "copy" || verb == "move") {
        for (const std::string& pair : answer) {
            auto& source = known_[asked.at(1)];
            const std::uint32_t from = number(pair);
            Known message = source.at(from);
            if (verb == "move") source.erase(from);
            known_[asked.at(2)][number(std::string_view(pair).substr(pair.find('=') + 1))] = std::move(message);
        }
    } else if (verb == "expunge") {
        for (std::size_t i = 2; i < asked.size(); ++i) known_[asked[1]].erase(number(asked[i]));
    } else if (verb == "create") {
        names_[answer.at(0)] = {{number(asked.at(1)), asked.at(2)}};
    } else if (verb == "delete") {
        names_.erase(asked.at(3));
        known_.erase(asked.at(3));
    } else if (verb == "rename") {
        rename(asked, true);
    } else if (verb == "annotate" || verb == "grant") {
        settings_[asked.at(1)][{verb, asked.at(2)}] = {asked.at(3)};
    } else if (verb != "look") {
        subscribed_[{number(asked.at(1)), asked.at(2)}] = {verb == "subscribe"};
    }
}

void Expectation::maybe(const Words& asked) {
    const std::string& verb = asked.at(0);
    if (verb == "deliver") {
        for (std::size_t i = 2; i < asked.size(); ++i) untold_[asked[i]][asked[1]] = {0, 1, {"0:"}};
    } else if (verb == "append") {
        for (std::size_t i = 3; i < asked.size(); ++i) untold_[asked[1]][asked[i]] = {0, 1, {asked[2]}};
    } else if (verb == "flags") {
        // A file's name and posthouse-keywords are two places: one may have been reached, the other not.
        for (std::size_t i = 2; i < asked.size(); ++i) {
            std::set<std::string>& flags = known_[asked[1]].at(number(asked[i])).flags;
            const std::string now = asked[i].substr(asked[i].find('=') + 1);
            std::set<std::string> possible = {now};
            for (const std::string& old : flags)
                possible.insert(
                    {joined_parts(near_part(old), far_part(now)), joined_parts(near_part(now), far_part(old))});
            flags.merge(possible);
        }
    } else if (verb == "copy" || verb == "move") {
        for (std::size_t i = 3; i < asked.size(); ++i) {
            Known& message = known_[asked[1]].at(number(asked[i]));
            Untold& copy = untold_[asked[2]][message.token];
            ++copy.at_most;
            copy.flags.insert(message.flags.begin(), message.flags.end());
            if (verb == "move") message.or_in = asked[2];
        }
    } else if (verb == "expunge") {
        for (std::size_t i = 2; i < asked.size(); ++i) known_[asked[1]].at(number(asked[i])).may_be_gone = true;
    } else if (verb == "create") {
        perhaps_made_.insert({number(asked.at(1)), asked.at(2)});
    } else if (verb == "delete") {
        names_[asked.at(3)].insert({0, ""});
    } else if (verb == "rename") {
        rename(asked, false);
    } else if (verb == "annotate" || verb == "grant") {
        std::set<std::string>& values = settings_[asked.at(1)][{verb, asked.at(2)}];
        if (values.empty()) values.insert("");
        values.insert(asked.at(3));
    } else if (verb != "look") {
        subscribed_[{number(asked.at(1)), asked.at(2)}].insert({true, false});
    }
}

void Expectation::rename(const Words& asked, bool certain) {
    const std::size_t account = number(asked.at(1));
    for (auto& [guid, places] : names_)
        for (const std::string below : {"", "/Sub"}) {
            if (!places.contains({account, asked.at(2) + below})) continue;
            if (certain) places.clear();
            places.insert({account, asked.at(3) + below});
            break;
        }
}

void Expectation::compare_mailbox(const std::string& guid, const SeenMailbox& mailbox, const SeenTree& after) const {
    if (mailbox.name.starts_with("Temp")) return;  // what lies in these is nobody's
    std::map<std::uint32_t, SeenMessage> rest = mailbox.messages;
    const auto mine = known_.find(guid);
    if (mine != known_.end())
        for (const auto& [uid, message] : mine->second) {
            const auto found = rest.find(uid);
            if (found == rest.end()) {
                const bool moved = !message.or_in.empty() && holds(after, message.or_in, message.token);
                EXPECT_TRUE(message.may_be_gone || moved) << message.token << ", UID " << uid << ", is missing";
                continue;
            }
            EXPECT_EQ(found->second.token, message.token) << "UID " << uid << " is another message";
            EXPECT_TRUE(message.flags.contains(found->second.flags))
                << message.token << " has flags " << found->second.flags << ", not " << *message.flags.begin();
            rest.erase(found);
        }
    const auto others = untold_.find(guid);
    if (others != untold_.end())
        for (const auto& [token, message] : others->second) {
            int count = 0;
            for (auto found = rest.begin(); found != rest.end();) {
                if (found->second.token != token) {
                    ++found;
                    continue;
                }
                EXPECT_TRUE(message.flags.contains(found->second.flags)) << token << ": " << found->second.flags;
                found = rest.erase(found);
                ++count;
            }
            EXPECT_GE(count, message.at_least) << token << " is missing";
            EXPECT_LE(count, message.at_most) << token << " is there more than once";
        }
    for (const auto& [uid, message] : rest)
        ADD_FAILURE() << "UID " << uid << ", " << message.token << ", should not be there";
}

void Expectation::compare_settings(const std::string& guid, const SeenMailbox& mailbox) const {
    auto there = settings_of(mailbox);
    const auto expected = settings_.find(guid);
    if (expected != settings_.end())
        for (const auto& [what, values] : expected->second) {
            EXPECT_TRUE(values.contains(there[what])) << what.first << " of " << what.second << ": " << there[what];
            there.erase(what);
        }
    for (const auto& [what, value] : there) ADD_FAILURE() << what.first << " of " << what.second << ": " << value;
}

void Expectation::compare(const SeenTree& after) const {
    for (const auto& [guid, mailbox] : after.mailboxes) {
        SCOPED_TRACE(std::to_string(mailbox.account) + "/" + mailbox.name + " " + guid);
        const auto places = names_.find(guid);
        if (places == names_.end())
            EXPECT_TRUE(perhaps_made_.contains({mailbox.account, mailbox.name})) << "a mailbox nobody made";
        else
            EXPECT_TRUE(places->second.contains({mailbox.account, mailbox.name})) << "a mailbox has the wrong name";
        compare_mailbox(guid, mailbox, after);
        compare_settings(guid, mailbox);
    }
    for (const auto& [guid, places] : names_)
        if (!after.mailboxes.contains(guid))
            EXPECT_TRUE(places.contains({0, ""})) << "mailbox " << places.begin()->second << " is missing";
    // A rename is done with all that lies below, or not at all.
    std::set<Place> there;
    for (const auto& [guid, mailbox] : after.mailboxes) there.insert({mailbox.account, mailbox.name});
    for (const auto& [account, name] : there)
        if (name.starts_with("Own") || name.starts_with("Box"))
            EXPECT_TRUE(there.contains({account, name.substr(0, name.find('/'))}) &&
                        there.contains({account, name.substr(0, name.find('/')) + "/Sub"}))
                << "only half of " << name << " was renamed";
    for (const auto& [place, states] : subscribed_)
        EXPECT_TRUE(states.contains(after.subscriptions.contains(place))) << "subscription of " << place.second;
}

}  // namespace

std::vector<OpenDelivery> Judge::judge(const SeenTree& before, const std::vector<std::vector<LogLine>>& logs,
                                       const SeenTree& after) {
    Expectation expectation(before);
    std::vector<OpenDelivery> open;
    remember(before);
    for (const std::vector<LogLine>& log : logs) {
        expectation.take(log, open);
        for (std::size_t i = 0; i + 1 < log.size(); ++i) {
            const std::vector<std::string>& asked = log[i].words;
            if (log[i].state != 'B' || log[i + 1].state != 'A') continue;
            const std::vector<std::string>& told = log[i + 1].words;
            if (asked.at(0) == "append")
                for (std::size_t n = 0; n < told.size(); ++n) note_uid(asked.at(1), number(told[n]), asked.at(3 + n));
            if (asked.at(0) == "look") next_[asked.at(1)] = std::max(next_[asked.at(1)], number(told.at(0)));
        }
    }
    expectation.compare(after);
    remember(after);
    answered += expectation.answered;
    interrupted += expectation.interrupted;
    return open;
}

void Judge::note_uid(const std::string& guid, std::uint32_t uid, const std::string& token) {
    const auto [known, is_new] = tokens_.emplace(std::pair(guid, uid), token);
    EXPECT_EQ(known->second, token) << "UID " << uid << " means two messages";
    next_[guid] = std::max(next_[guid], uid + 1);
}

void Judge::remember(const SeenTree& tree) {
    for (const auto& [guid, mailbox] : tree.mailboxes) {
        SCOPED_TRACE(std::to_string(mailbox.account) + "/" + mailbox.name + " " + guid);
        for (const auto& [uid, message] : mailbox.messages) note_uid(guid, uid, message.token);
        EXPECT_GE(mailbox.next, next_[guid]) << "UIDNEXT went back";
        next_[guid] = mailbox.next;
        EXPECT_EQ(validity_.emplace(guid, mailbox.validity).first->second, mailbox.validity) << "UIDVALIDITY changed";
        const std::pair place(mailbox.account, mailbox.name);
        const auto last = by_name_.find(place);
        if (last != by_name_.end() && guid_of_name_[place] != guid)
            EXPECT_GT(mailbox.validity, last->second) << "another mailbox of this name with an old UIDVALIDITY";
        by_name_[place] = mailbox.validity;
        guid_of_name_[place] = guid;
    }
}

}  // namespace posthouse::storage::crash
