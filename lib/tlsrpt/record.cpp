// The TXT record that asks for TLS reports.
#include "lib/tlsrpt/record.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/base/hex.h"

namespace posthouse::tlsrpt {
namespace {

constexpr std::string_view version = "v=TLSRPTv1";
constexpr std::size_t max_uri = 2048;

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const auto byte = hex::decode(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1) return std::nullopt;
        out += *byte;
        i += 2;
    }
    return out;
}

void add_mailbox(std::string_view address, Destinations& to) {
    const auto decoded = percent_decoded(address.substr(0, address.find('?')));
    if (!decoded) return;
    Result<smtp::Mailbox> mailbox = smtp::parse_mailbox(*decoded);
    if (mailbox) to.mailboxes.push_back(std::move(*mailbox));
}

void add_uri(std::string_view uri, Destinations& to) {
    constexpr std::string_view mailto = "mailto:";
    constexpr std::string_view https = "https://";
    const bool printable = std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 127; });
    if (!printable || uri.size() > max_uri || to.mailboxes.size() + to.urls.size() >= max_destinations) return;
    if (ascii::istarts_with(uri, mailto))
        add_mailbox(uri.substr(mailto.size()), to);
    else if (ascii::istarts_with(uri, https) && uri.size() > https.size())
        to.urls.emplace_back(uri);
}

}  // namespace

std::optional<Destinations> parse_record(std::string_view text) {
    constexpr std::string_view rua = "rua=";
    const std::vector<std::string_view> fields = ascii::split(text, ';');
    std::string_view first = fields.front();
    while (!first.empty() && ascii::is_wsp(first.back())) first.remove_suffix(1);
    if (first != version) return std::nullopt;
    for (std::size_t i = 1; i < fields.size(); ++i) {
        const std::string_view field = ascii::trim(fields[i]);
        if (!field.starts_with(rua)) continue;
        Destinations found;
        for (const std::string_view uri : ascii::split(field.substr(rua.size()), ',')) add_uri(ascii::trim(uri), found);
        if (found.mailboxes.empty() && found.urls.empty()) return std::nullopt;
        return found;
    }
    return std::nullopt;
}

std::optional<Destinations> find_destinations(const std::vector<std::string>& records) {
    const std::string* only = nullptr;
    for (const std::string& record : records) {
        if (!record.starts_with("v=TLSRPTv1;")) continue;
        if (only != nullptr) return std::nullopt;
        only = &record;
    }
    return only == nullptr ? std::nullopt : parse_record(*only);
}

}  // namespace posthouse::tlsrpt
