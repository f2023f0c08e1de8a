// A mail root in a temporary folder, and short ways to fill it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/account.h"
#include "storage/delivery.h"
#include "storage/mailbox.h"
#include "storage/store.h"
#include "storage/view.h"
#include "tests/unit/temporary_folder.h"

namespace posthouse::storage {

/// Maildir++, or what POSTHOUSE_LAYOUT names: "fs", "fs:UTF-8", "maildir++:UTF-8".
inline Layout layout_of_tests() {
    const char* const text = std::getenv("POSTHOUSE_LAYOUT");
    const std::string_view name = text == nullptr ? "" : text;
    return Layout(name.starts_with("fs") ? Hierarchy::fs : Hierarchy::maildirpp,
                  name.ends_with(":UTF-8") ? Spelling::utf8 : Spelling::utf7);
}

/// Of a path below an account's, whose first folder is spelled as in Maildir++, what it is in this layout.
inline std::string in_layout(const std::string& below, const Layout& layout) {
    const std::string folder = below.substr(0, below.find('/'));
    const Result<MailboxName> name = Layout().name(folder);
    return name ? layout.folder(*name).value() + below.substr(folder.size()) : below;
}

inline Settings settings_for(const std::string& root) {
    Settings settings;
    settings.mail_root = root;
    settings.index_root = root + "/.index";
    settings.layout = layout_of_tests();
    settings.host_name = "test";
    return settings;
}

/// One account of one store.
class MailRoot : public ::testing::Test {
  protected:
    TemporaryFolder folder;
    Store store{settings_for(folder.path())};
    AccountName bob = AccountName::parse("bob@example.org").value();
    std::shared_ptr<Account> account = store.open(bob).value();

    std::shared_ptr<Mailbox> open(std::string_view name = "INBOX") { return account->open(named(name)).value(); }
    View view(std::string_view name = "INBOX", Access access = Access::read_write) {
        return View::open(open(name), access).value();
    }
    static MailboxName named(std::string_view name) { return MailboxName::parse(name).value(); }
    bool is_nested() const { return store.settings().layout.is_nested(); }
    /// A mailbox's folder in it is spelled as in Maildir++, whatever the layout.
    std::string path(const std::string& below = "") const {
        return account->root() + (below.empty() ? "" : "/" + in_layout(below, store.settings().layout));
    }
    std::string read(const std::string& file) const {
        std::ifstream stream(path(file), std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    void write(const std::string& file, std::string_view text) const {
        std::ofstream(path(file), std::ios::binary) << text;
    }
    std::vector<std::string> files(const std::string& below) const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(path(below)))
            found.push_back(entry.path().filename().string());
        std::ranges::sort(found);
        return found;
    }
};

inline Flags flags(SystemFlags system, std::vector<std::string> names = {}) {
    return {system, Keywords::make(std::move(names)).value()};
}

/// Appends one message; gives its UID.
inline Uid append(Mailbox& mailbox, std::string_view text, const Flags& with = {}, std::optional<Time> date = {}) {
    MessageWriter writer = mailbox.start_message().value();
    EXPECT_TRUE(writer.write(text));
    std::vector<NewMessage> messages;
    messages.push_back({std::move(writer), with, date});
    return mailbox.append(std::move(messages)).value().uids.at(0);
}

/// Delivers to one INBOX.
inline Result<Delivered> deliver(Store& store, const AccountName& account, std::string_view text,
                                 const std::string& id = {}, bool first_attempt = false) {
    DeliveryOrder order{
        id, first_attempt ? always : std::chrono::system_clock::time_point(), {{account, MailboxName(), ""}}};
    Result<Delivery> delivery = Delivery::begin(store, std::move(order));
    if (!delivery) return fail(delivery.error());
    if (Result<> written = delivery->write(text); !written) return fail(written.error());
    return delivery->commit().at(0);
}

inline UidSet uids(std::initializer_list<std::uint32_t> values) {
    UidSet set;
    for (const std::uint32_t value : values) set.add(Uid(value));
    return set;
}

template <typename Uids>
std::vector<std::uint32_t> values(const Uids& uids) {
    std::vector<std::uint32_t> out;
    for (const Uid uid : uids) out.push_back(uid.value());
    return out;
}

inline std::string content(Mailbox& mailbox, Uid uid) {
    return mailbox.open_message(uid).value().read_string().value();
}

using Values = std::vector<std::uint32_t>;

}  // namespace posthouse::storage
