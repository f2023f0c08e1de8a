// Does one thing with a mail root and says "answer" when it is done; run under strace by storage_order_test.cpp.
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "storage/account.h"
#include "storage/delivery.h"
#include "storage/mailbox.h"
#include "storage/store.h"

using namespace posthouse;
using namespace posthouse::storage;

namespace {

/// What a daemon would send; marks the place in the trace.
void say(std::string_view line) {
    if (::write(1, line.data(), line.size()) < 0) std::perror("write");
}

bool append(Mailbox& mailbox, const Flags& flags) {
    Result<MessageWriter> writer = mailbox.start_message();
    if (!writer || !writer->write("Subject: probe\r\n\r\nbody\r\n")) return false;
    std::vector<NewMessage> messages;
    messages.push_back({std::move(*writer), flags, {}});
    return mailbox.append(std::move(messages)).has_value();
}

bool deliver(Store& store, const AccountName& account) {
    Result<Delivery> delivery = Delivery::begin(store, {"PROBE", always, {{account, {}, "X-Probe: yes\r\n"}}});
    return delivery && delivery->write("Subject: probe\r\n\r\nbody\r\n") && delivery->commit().at(0).has_value();
}

bool add_keywords(Mailbox& mailbox, const std::string& prefix, int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
    return mailbox.store_flags(UidSet::all(), {FlagAction::add, {{}, Keywords::make(std::move(names)).value()}})
        .has_value();
}

bool annotate(Mailbox& mailbox, std::string_view text) {
    return mailbox
        .store_annotations(UidSet::all(), {{"/comment", imap::AnnotationScope::shared, std::string(text)}}, {}, {})
        .has_value();
}

bool run(std::string_view mode, const char* root) {
    Settings settings;
    settings.mail_root = root;
    Store store(settings);
    const AccountName name = AccountName::parse("probe@example.org").value();
    const auto account = store.open(name).value();
    const auto inbox = account->open(MailboxName()).value();
    const auto archive = account->open(MailboxName::parse("Archive").value()).value();
    if (!append(*inbox, Flags{{Flag::seen}, {}})) return false;
    if (mode.starts_with("further")) {
        if (!add_keywords(*inbox, "Letter", 26)) return false;
        if (mode == "further-copy" && !add_keywords(*inbox, "Further", 1)) return false;
    }
    if (mode == "annotate" && !annotate(*inbox, "first")) return false;
    if (mode == "annotate-copy" && (!annotate(*inbox, "probe") || !append(*archive, {}) || !annotate(*archive, "old")))
        return false;
    say("begin\n");
    if (mode == "annotate" || mode == "annotate-first") return annotate(*inbox, "probe");
    if (mode == "annotate-copy") return inbox->copy(UidSet::all(), *archive).has_value();
    if (mode == "further") return add_keywords(*inbox, "Further", 1);
    if (mode == "further-copy") return inbox->copy(UidSet::all(), *inbox).has_value();
    if (mode == "deliver") return deliver(store, name);
    if (mode == "append") return append(*inbox, Flags{{Flag::seen}, {}});
    if (mode == "copy") return inbox->copy(UidSet::all(), *archive).has_value();
    if (mode == "move") return inbox->move(UidSet::all(), *archive).has_value();
    if (mode == "expunge") return inbox->expunge(UidSet::all(), ExpungeRule::all_given).has_value();
    if (mode == "keyword") return add_keywords(*inbox, "First", 1);
    if (mode == "number") {
        if (!deliver(store, name)) return false;
        say("begin\n");
        return inbox->status().has_value();
    }
    if (mode == "create") return account->create(MailboxName::parse("New").value()).has_value();
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 || !run(argv[1], argv[2])) return 1;
    say("answer\n");
    return 0;
}
