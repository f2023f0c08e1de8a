// Delivered-To: written and found.
#include "smtpd/delivery/delivered_to.h"

#include <set>

#include "lib/base/ascii.h"
#include "lib/mime/header.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::smtpd {
namespace {

constexpr int max_fields = 100;

std::set<std::string> lists_of(const Transaction& transaction) {
    std::set<std::string> lists;
    const std::vector<std::string>* last = nullptr;
    for (const Target& target : transaction.targets) {
        // All targets of an address have them in common.
        if (target.lists && target.lists.get() != last) lists.insert(target.lists->begin(), target.lists->end());
        last = target.lists.get();
    }
    return lists;
}

/// As the field names it: in ASCII, where it has such a form.
std::string name_of(const std::string& list) {
    const auto mailbox = smtp::parse_mailbox(list, smtp::Utf8::allowed);
    if (!mailbox) return list;
    return smtp::to_ascii(*mailbox).value_or(*mailbox).to_string();
}

}  // namespace

std::string delivered_to_fields(const Transaction& transaction, bool utf8) {
    std::string fields;
    for (const std::string& list : lists_of(transaction)) {
        const std::string name = name_of(list);
        if (utf8 || ascii::is_ascii(name)) fields += "Delivered-To: " + name + "\r\n";
    }
    return fields;
}

std::optional<Refusal> list_loop(const Transaction& transaction, const HeaderCollector& header) {
    const std::set<std::string> lists = lists_of(transaction);
    if (lists.empty()) return std::nullopt;
    std::set<std::string> names;
    for (const std::string& list : lists) names.insert(ascii::lower(name_of(list)));
    mime::HeaderReader reader(header.text());
    int seen = 0;
    while (const auto field = reader.next()) {
        if (!field->is("Delivered-To")) continue;
        if (++seen > max_fields) break;
        if (names.contains(ascii::lower(field->text())))
            return Refusal({554, "5.4.6", "Mail loop: the message has passed the list already that it is for"},
                           Rule::hop_count);
    }
    return std::nullopt;
}

}  // namespace posthouse::smtpd
