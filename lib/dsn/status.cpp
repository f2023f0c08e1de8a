// Enhanced status codes in reports.
#include "lib/dsn/status.h"

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/ascii.h"

namespace posthouse::dsn {
namespace {

struct Advice {
    std::string_view detail;  ///< subject and detail; the subject alone: any other detail
    std::string_view text;
};

constexpr std::array kAdvice = {
    Advice{"1.1", "There is no such mailbox. Please check the part of the address before the @."},
    Advice{"1.2", "There is no such domain for mail. Please check the part of the address after the @."},
    Advice{"1.3", "The address is not written as addresses are. Please check it."},
    Advice{"1.6", "The recipient has moved, and left no new address."},
    Advice{"1.8", "The recipient's server does not accept your own address. Please tell the people whom to ask below."},
    Advice{"1.10", "The domain does not take mail at all. Please check the part of the address after the @."},
    Advice{"1", "Please check the address."},
    Advice{"2.1", "The mailbox is closed or does not accept messages. Only its owner can change that."},
    Advice{"2.2", "The recipient's mailbox is full. Please send it again when there is room."},
    Advice{"2.3", "The message is larger than that mailbox takes. Please send a smaller one, or a link."},
    Advice{"2", "Something is wrong with the recipient's mailbox. Only its owner can change that."},
    Advice{"3.4", "The message is larger than that server takes. Please send a smaller one, or a link."},
    Advice{"3", "The recipient's mail system has a fault or lacks something. Its own people can tell more."},
    Advice{"4.1", "The recipient's server does not answer."},
    Advice{"4.2", "The connection to the recipient's server breaks."},
    Advice{"4.4", "No way to a server of that domain was found. Please check the part of the address after the @."},
    Advice{"4.6", "The message goes in a circle. The people whom to ask below should be told."},
    Advice{"4.7", "It could not be delivered in the time there is for it."},
    Advice{"4", "The recipient's server can't be reached, or the network on the way to it."},
    Advice{"5.3", "It has more recipients than that server takes at once. Please send it to fewer."},
    Advice{"5", "The two servers did not understand each other. The people whom to ask below should be told."},
    Advice{"6.7",
           "The address or the message needs internationalised mail, which the recipient's server doesn't know."},
    Advice{"6", "The recipient's server can't handle the form of the message. Another format may help."},
    Advice{"7.1", "The recipient's server does not permit it. Only the people who run that server can change that."},
    Advice{"7.25",
           "The recipient's server wants our address to have a name. The people whom to ask below can mend it."},
    Advice{"7.26",
           "The recipient's server could not verify that the message is from your domain. The people whom to "
           "ask below can mend that."},
    Advice{"7.30", "You asked for an encrypted way, and there is none to the recipient's server."},
    Advice{"7", "The recipient's server refused it for reasons of security or policy."},
};

std::string_view look_up(std::string_view detail) {
    const auto found = std::ranges::find(kAdvice, detail, &Advice::detail);
    return found == kAdvice.end() ? std::string_view() : found->text;
}

}  // namespace

bool is_status(std::string_view text) {
    const std::vector<std::string_view> parts = ascii::split(text.substr(0, 12), '.');
    if (text.size() > 9 || parts.size() != 3) return false;
    if (parts[0] != "2" && parts[0] != "4" && parts[0] != "5") return false;
    return std::ranges::all_of(parts, [](std::string_view part) {
        return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, ascii::is_digit);
    });
}

std::string status_of(const Recipient& recipient) {
    const bool known = is_status(recipient.status);
    const char given = known ? recipient.status[0] : '0';
    switch (recipient.action) {
        case Action::failed:
            if (given == '4' || given == '5') return recipient.status;
            return recipient.expired ? "4.4.7" : "5.0.0";
        case Action::delayed: return given == '4' ? recipient.status : "4.0.0";
        case Action::delivered:
        case Action::relayed:
        case Action::expanded: return given == '2' ? recipient.status : "2.0.0";
    }
    return "5.0.0";
}

std::string_view advice(std::string_view status) {
    if (!is_status(status) || status[0] == '2') return {};
    const std::string_view detail = status.substr(2);
    const std::string_view exact = look_up(detail);
    return exact.empty() ? look_up(detail.substr(0, detail.find('.'))) : exact;
}

}  // namespace posthouse::dsn
