// Keys of events, and of what is looked for.
#include "lib/story/search.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/base/random.h"
#include "lib/story/telling.h"

namespace posthouse::story {
namespace {

/// An IP address in the one form of inet_ntop; nothing: it is none.
std::optional<std::string> normal_ip(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    if (ascii::istarts_with(text, "IPv6:")) text.remove_prefix(5);
    if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    const std::string name(text);
    std::array<char, INET6_ADDRSTRLEN> normal{};
    in6_addr bytes{};
    for (const int family : {AF_INET, AF_INET6})
        if (::inet_pton(family, name.c_str(), &bytes) == 1 &&
            ::inet_ntop(family, &bytes, normal.data(), normal.size()) != nullptr)
            return std::string(normal.data());
    return std::nullopt;
}

std::string key_of_address(std::string_view address) { return "a:" + ascii::lower(address); }

std::string key_of_domain(std::string_view domain) { return "d:" + ascii::lower(domain); }

void add(std::vector<std::string>& keys, std::string key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
}

void add_address(std::vector<std::string>& keys, std::string_view address) {
    add(keys, key_of_address(address));
    if (const std::size_t at = address.rfind('@'); at != std::string_view::npos)
        add(keys, key_of_domain(address.substr(at + 1)));
}

bool is_domain(std::string_view text) {
    return text.contains('.') && std::ranges::all_of(text, [](char c) {
               return ascii::is_alnum(c) || ascii::is_8bit(c) || c == '-' || c == '.' || c == '_';
           });
}

}  // namespace

std::string_view to_string(Outcome outcome) { return outcome_words[static_cast<std::size_t>(outcome)]; }

std::optional<Outcome> parse_outcome(std::string_view word) {
    const auto found = std::ranges::find(outcome_words, word);
    if (found == outcome_words.end()) return std::nullopt;
    return static_cast<Outcome>(found - outcome_words.begin());
}

std::optional<Outcome> outcome_of(const Event& event) {
    switch (event.kind) {
        case Kind::refuse: return Outcome::refused;
        case Kind::delivery: return Outcome::delivered;
        case Kind::bounce: return Outcome::bounced;
        case Kind::queue: {
            // The rest of what the queue does, such as `removed` at a message's end, says nothing of how it fared.
            const std::string_view action = field(event, "action");
            if (action == "deferred" || action == "postponed" || action == "held") return Outcome::queued;
            return std::nullopt;
        }
        case Kind::answer: {
            const std::string_view result = field(event, "result");
            if (result == "delivered") return Outcome::delivered;
            return result == "bounced" ? Outcome::bounced : Outcome::queued;
        }
        case Kind::connect:
        case Kind::tls:
        case Kind::login:
        case Kind::verdict:
        case Kind::accept:
        case Kind::attempt:
        case Kind::uid:
        case Kind::lost: return std::nullopt;
    }
    return std::nullopt;
}

std::string key_of_id(std::string_view id) { return "i:" + std::string(id); }

std::string key_of_outcome(Outcome outcome) { return "o:" + std::string(to_string(outcome)); }

std::vector<std::string> keys_of(const Event& event) {
    std::vector<std::string> keys{key_of_id(event.id)};
    if (!event.parent.empty()) add(keys, key_of_id(event.parent));
    for (const auto& [name, value] : event.fields) {
        if ((name == "sender" || name == "to") && !value.empty()) add_address(keys, value);
        if (name == "account" || name == "user") add(keys, key_of_address(value));
        if (name == "message_id") add(keys, "m:" + value);
        if (name == "remote")
            if (const auto ip = normal_ip(value)) add(keys, "r:" + *ip);
    }
    for (const std::string& recipient : recipients_of(event)) add_address(keys, recipient);
    if (const auto outcome = outcome_of(event)) add(keys, key_of_outcome(*outcome));
    return keys;
}

Result<std::vector<std::string>> parse_term(std::string_view text) {
    text = ascii::trim(text);
    if (text.size() > max_term) return fail(ErrorCode::limit, "What is looked for is too long");
    if (std::ranges::any_of(text, ascii::is_control))
        return fail(ErrorCode::invalid, "There are control characters in it");
    const bool bracketed = text.size() > 2 && text.starts_with('<') && text.ends_with('>');
    if (bracketed) text = text.substr(1, text.size() - 2);
    if (const std::string id = ascii::upper(text); is_id(id)) return std::vector{key_of_id(id)};
    if (const auto ip = normal_ip(text)) return std::vector{"r:" + *ip};
    if (text.starts_with('@') && is_domain(text.substr(1))) return std::vector{key_of_domain(text.substr(1))};
    if (text.contains('@') && !text.starts_with('@'))
        return std::vector{key_of_address(text), "m:" + std::string(text)};
    if (bracketed) return std::vector{"m:" + std::string(text)};
    if (is_domain(text)) return std::vector{key_of_domain(text)};
    return fail(ErrorCode::invalid,
                "Neither an id, an address, a Message-ID, a domain nor an IP address: " + std::string(text));
}

bool has_key(const Event& event, const std::vector<std::string>& keys) {
    const std::vector<std::string> own = keys_of(event);
    return std::ranges::any_of(keys,
                               [&own](const std::string& key) { return std::ranges::find(own, key) != own.end(); });
}

}  // namespace posthouse::story
