// The look: account by account, mailbox by mailbox, message by message.
#include "tests/crash/tree.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <regex>

#include "lib/base/ascii.h"
#include "storage/count_files.h"
#include "storage/keyword_file.h"
#include "storage/store_state.h"
#include "storage/usage_source.h"

namespace posthouse::storage::crash {
namespace {

/// What may lie in a mailbox's folder, the folders of other mailboxes among it.
bool belongs(const std::filesystem::directory_entry& entry, bool is_root, bool is_nested) {
    const std::string name = entry.path().filename().string();
    if (is_nested && entry.is_directory() && !is_reserved(name)) return true;
    static const std::regex in_mailbox(R"(cur|new|tmp|maildirfolder|dovecot-(uidlist|keywords|acl)|maildirsize|)"
                                       R"(dovecot-(uidlist|acl)\.lock(\.[0-9a-f]{16})?|posthouse-.*|)"
                                       R"([a-z-]+\.tmp\.[0-9a-f]{16})");
    static const std::regex in_root(R"(subscriptions|dovecot-uidvalidity(\.[0-9a-f]{8})?)");
    if (is_root && !is_nested && name.starts_with('.')) return true;
    return std::regex_match(name, in_mailbox) || (is_root && std::regex_match(name, in_root));
}

void look_at_files(const std::string& folder, bool is_root, bool is_nested, std::uint32_t messages) {
    SCOPED_TRACE(folder);
    std::set<std::string> bases;
    std::uint32_t files = 0;
    for (const char* part : {"/new", "/cur"})
        for (const auto& entry : std::filesystem::directory_iterator(folder + part)) {
            const std::string name = entry.path().filename().string();
            if (name.front() == '.') continue;
            ++files;
            EXPECT_TRUE(bases.insert(name.substr(0, name.find(":2,"))).second) << name << " is there twice";
        }
    EXPECT_EQ(files, messages) << "files in new/ and cur/, and STATUS";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        EXPECT_TRUE(belongs(entry, is_root, is_nested)) << entry.path() << " was left behind";
    }
}

std::string path_of(const Account& account, const MailboxName& name) {
    const std::string place = account.store()->settings().layout.folder(name).value();
    return place.empty() ? account.root() : account.root() + "/" + place;
}

/// Nothing of a mailbox is left in a folder that is only a parent.
void look_at_parent(const Account& account, const MailboxName& name) {
    const std::string path = path_of(account, name);
    for (const auto& entry : std::filesystem::directory_iterator(path))
        EXPECT_TRUE(entry.is_directory() && !is_reserved(entry.path().filename().string()))
            << entry.path() << " was left behind";
}

std::string text_of(const Result<Annotations>& annotations) {
    EXPECT_TRUE(annotations) << annotations.error().message();
    if (!annotations) return {};
    EXPECT_FALSE(annotations->damaged());
    return annotations->text();
}

std::string text_of(const AnnotationTables& tables, Uid uid) {
    std::string text;
    for (const auto& [entry, value] : tables.shared->of(uid)) text += "shared" + entry + "=" + value + " ";
    for (const auto& [entry, value] : tables.own->of(uid)) text += "own" + entry + "=" + value + " ";
    return text;
}

SeenMailbox look_at_mailbox(Account& account, const MailboxName& name, std::string& guid) {
    SeenMailbox seen;
    seen.name = name.text();
    const Result<std::shared_ptr<Mailbox>> opened = account.open(name);
    EXPECT_TRUE(opened) << opened.error().message();
    if (!opened) return seen;
    Mailbox& mailbox = **opened;
    guid = mailbox.guid();
    const Result<Status> status = mailbox.status();
    const Result<std::vector<MessageRow>> rows =
        mailbox.rows(UidSet::all(), {.internal_date = true, .wire_size = true});
    const Result<AnnotationTables> noted = mailbox.annotations({});
    EXPECT_TRUE(status && rows && noted);
    if (!status || !rows) return seen;
    seen.validity = status->uid_validity.value();
    seen.next = status->uid_next.value();
    seen.modseq = status->highest_modseq.value();
    EXPECT_EQ(mailbox.uid_validity(), status->uid_validity);
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    for (const MessageRow& row : *rows) {
        Result<MessageContent> content = mailbox.open_message(row.uid);
        const Result<std::string> text = content ? content->read_string() : fail(content.error());
        EXPECT_TRUE(text) << text.error().message();
        SeenMessage message{text ? token_of(*text) : "", word_of(row.flags),
                            row.internal_date.time_since_epoch().count(), noted ? text_of(*noted, row.uid) : ""};
        EXPECT_FALSE(message.token.empty()) << "UID " << row.uid.value() << " is not a whole message: " << *text;
        EXPECT_EQ(row.wire_size, text->size());
        EXPECT_LT(row.uid, status->uid_next);
        if (!row.flags.system.has(Flag::seen)) ++unseen;
        if (row.flags.system.has(Flag::deleted)) ++deleted;
        EXPECT_TRUE(seen.messages.emplace(row.uid.value(), std::move(message)).second) << "UID given twice";
    }
    EXPECT_EQ(status->messages, seen.messages.size());
    EXPECT_EQ(status->unseen, unseen);
    EXPECT_EQ(status->deleted, deleted);
    const Result<AccessList> access = account.acl(name);
    EXPECT_TRUE(access) << access.error().message();
    if (access) {
        EXPECT_TRUE(access->senseless().empty());
        seen.access = access->text();
    }
    seen.annotations = text_of(account.annotations(name));
    look_at_files(path_of(account, name), name.is_inbox(), account.store()->settings().layout.is_nested(),
                  status->messages);
    return seen;
}

}  // namespace

std::string text_of(const std::string& token) {
    const std::size_t lines = std::hash<std::string>{}(token) % 40;
    std::string text = "Subject: " + token + "\r\n\r\n";
    for (std::size_t i = 0; i < lines; ++i) text += token + " line " + std::to_string(i) + "\r\n";
    return text + "end\r\n";
}

std::string token_of(const std::string& text) {
    constexpr std::string_view start = "Subject: ";
    const std::size_t at = text.find(start);
    if (at == std::string::npos) return {};
    const std::size_t from = at + start.size();
    std::string token = text.substr(from, text.find('\r', from) - from);
    // Header lines that a delivery put before it don't count.
    return text.substr(at) == text_of(token) ? token : std::string();
}

std::string word_of(const Flags& flags) {
    std::string word = std::to_string(flags.system.bits()) + ":";
    for (const std::string& name : flags.keywords.names()) word += name + ",";
    return word;
}

Flags flags_of_word(const std::string& word) {
    const std::size_t colon = word.find(':');
    unsigned bits = 0;
    std::from_chars(word.data(), word.data() + colon, bits);
    std::vector<std::string> names;
    for (const std::string_view name : ascii::split(std::string_view(word).substr(colon + 1), ','))
        if (!name.empty()) names.emplace_back(name);
    return flags(SystemFlags::from_bits(static_cast<std::uint8_t>(bits)), std::move(names));
}

std::vector<std::string> names_for_letters(std::vector<std::string> names) {
    for (std::size_t i = 0; names.size() < max_letters; ++i) names.push_back("near" + std::to_string(i));
    return names;
}

void use_up_letters(Mailbox& mailbox, std::vector<std::string> names) {
    for (const std::string& known : mailbox.keywords())
        if (std::ranges::find(names, known) == names.end()) names.push_back(known);
    const Flags all = flags({}, names_for_letters(std::move(names)));
    const std::vector<MessageRow> rows = mailbox.rows(UidSet::all()).value();
    if (rows.empty()) {
        const Uid uid = append(mailbox, text_of("letters"), all);
        ASSERT_TRUE(mailbox.expunge(uids({uid.value()}), ExpungeRule::all_given));
    } else {
        const UidSet first = uids({rows.front().uid.value()});
        ASSERT_TRUE(mailbox.store_flags(first, {FlagAction::add, all}));
        ASSERT_TRUE(mailbox.store_flags(first, {FlagAction::replace, rows.front().flags}));
    }
    ASSERT_EQ(mailbox.keywords().size(), max_letters);
}

namespace {

constexpr std::string_view far_prefix = "far";

std::string part_of(const std::string& word, bool wants_far) {
    const Flags all = flags_of_word(word);
    std::vector<std::string> names;
    for (const std::string& name : all.keywords.names())
        if (name.starts_with(far_prefix) == wants_far) names.push_back(name);
    return word_of(flags(wants_far ? SystemFlags() : all.system, std::move(names)));
}

}  // namespace

std::string far_keyword(std::uint32_t number) { return std::string(far_prefix) + std::to_string(number); }
std::string near_part(const std::string& word) { return part_of(word, false); }
std::string far_part(const std::string& word) { return part_of(word, true); }

std::string joined_parts(const std::string& near, const std::string& far) {
    const Flags one = flags_of_word(near);
    std::vector<std::string> names = one.keywords.names();
    const Flags other = flags_of_word(far);
    names.insert(names.end(), other.keywords.names().begin(), other.keywords.names().end());
    return word_of(flags(one.system, std::move(names)));
}

SeenTree look(const Settings& settings, const std::vector<AccountName>& accounts) {
    Store store(settings);
    return look(store, accounts);
}

SeenTree look(Store& store, const std::vector<AccountName>& accounts) {
    SeenTree tree;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        SCOPED_TRACE(accounts[i].text());
        const Result<std::shared_ptr<Account>> account = store.open(accounts[i], IfMissing::fail);
        if (!account && account.error().code == ErrorCode::not_found) continue;
        EXPECT_TRUE(account) << account.error().message();
        // Before anything is looked at that would bring the index up to date.
        UsageSource source(store);
        const Result<Usage> usage = source.usage(accounts[i], std::make_shared<QuotaLimits>());
        EXPECT_TRUE(usage) << usage.error().message();
        if (account && usage)
            EXPECT_EQ(*usage, count_files((*account)->root(), store.settings().layout, QuotaLimits())->usage);
        const auto listed = account ? (*account)->list() : fail(account.error());
        EXPECT_TRUE(listed);
        if (!listed) continue;
        tree.annotations[i] = text_of((*account)->annotations(std::nullopt));
        for (const ListedMailbox& entry : *listed) {
            if (entry.subscribed) tree.subscriptions.emplace(i, entry.name.text());
            SCOPED_TRACE(entry.name.text());
            if (entry.is_parent) look_at_parent(**account, entry.name);
            if (!entry.exists) continue;
            std::string guid;
            SeenMailbox mailbox = look_at_mailbox(**account, entry.name, guid);
            mailbox.account = i;
            EXPECT_TRUE(tree.mailboxes.emplace(guid, std::move(mailbox)).second) << "GUID twice: " << guid;
        }
    }
    return tree;
}

}  // namespace posthouse::storage::crash
