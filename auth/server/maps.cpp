// The maps of the socket `socketmap`.
#include "auth/server/maps.h"

#include <algorithm>

#include "auth/directory/address.h"
#include "lib/base/ascii.h"
#include "lib/base/log.h"

namespace posthouse::auth {
namespace {

using sasl::SocketmapReply;
using enum SocketmapReply::Status;

SocketmapReply failed(const Error& error) {
    switch (error.code) {
        case ErrorCode::not_found:
        case ErrorCode::invalid: return {not_found, {}};
        case ErrorCode::denied: return {permanent, error.text};
        case ErrorCode::cancelled: return {temporary, error.text};
        default: log::error("look-up failed", {{"reason", error.message()}}); return {temporary, error.text};
    }
}

SocketmapReply domain(Lookups& directory, const std::string& key) {
    const Result<std::string> name = canonical_domain(key);
    if (!name) return failed(name.error());
    const Result<bool> known = directory.has_domain(*name);
    if (!known) return failed(known.error());
    if (*known) return {ok, *name};
    const Result<std::optional<std::string>> other = directory.domain_alias(*name);
    if (!other) return failed(other.error());
    return *other ? SocketmapReply{ok, *name} : SocketmapReply{not_found, {}};
}

SocketmapReply mailbox(Lookups& directory, const std::string& key, const ResolveSettings& settings) {
    const Result<MailAddress> address = parse_user_address(key, settings.local_part);
    if (!address) return failed(address.error());
    for (const std::optional<MailAddress>& name : {std::optional(*address), without_detail(*address, settings)}) {
        if (!name) break;
        const Result<std::optional<User>> user = directory.find_user(name->text());
        if (!user) return failed(user.error());
        if (*user) return {ok, name->domain + '/' + name->local + '/'};
    }
    return {not_found, {}};
}

/// `what` names them when they are too long.
SocketmapReply listed(const std::vector<std::string>& texts, const std::string& what) {
    if (texts.empty()) return {not_found, {}};
    std::string text;
    for (const std::string& one : texts) text += (text.empty() ? "" : ", ") + one;
    if (text.size() + 3 > sasl::max_socketmap_payload) return {permanent, what + " are too long"};
    return {ok, std::move(text)};
}

/// Targets of `@domain` alone, for those who ask for it.
SocketmapReply catch_all(Lookups& directory, const MailAddress& source) {
    const Result<std::vector<std::string>> targets = directory.alias_destinations(source.text(), max_alias_targets + 1);
    if (!targets) return failed(targets.error());
    if (targets->size() > max_alias_targets) return {permanent, "More than 1000 targets of " + source.text()};
    if (!targets->empty()) return listed(*targets, "Targets of " + source.text());
    const Result<std::optional<std::string>> other = directory.domain_alias(source.domain);
    if (!other) return failed(other.error());
    return *other ? SocketmapReply{ok, '@' + **other} : SocketmapReply{not_found, {}};
}

SocketmapReply alias(Lookups& directory, const std::string& key, const ResolveSettings& settings) {
    const Result<MailAddress> source = parse_alias_source(key, settings.local_part);
    if (!source) return failed(source.error());
    if (source->local.empty()) return catch_all(directory, *source);
    const Result<std::vector<std::string>> next = resolve_step(directory, *source, settings);
    if (!next) return failed(next.error());
    if (next->size() == 1 && next->front() == source->text()) {
        // So that Postfix doesn't know whom only others know.
        const Result<bool> ours = directory.has_domain(source->domain);
        if (!ours) return failed(ours.error());
        if (!*ours) return {not_found, {}};
    }
    return listed(*next, "Targets of " + source->text());
}

/// Adds those whose own address, or grant, this is.
Result<> add_senders(Lookups& directory, const MailAddress& address, std::vector<std::string>& logins) {
    Result<std::vector<std::string>> found = directory.senders(address.text(), max_alias_targets + 1);
    if (!found) return fail(found.error());
    if (!address.local.empty()) {
        const Result<std::optional<User>> own = directory.find_user(address.text());
        if (!own) return fail(own.error());
        if (*own) found->insert(found->begin(), (*own)->email);
    }
    for (std::string& login : *found) {
        if (std::ranges::find(logins, login) == logins.end()) logins.push_back(std::move(login));
    }
    if (logins.size() > max_alias_targets)
        return fail(ErrorCode::denied, "More than 1000 users may send as " + address.text());
    return {};
}

SocketmapReply sender(Lookups& directory, const std::string& key, const ResolveSettings& settings) {
    const Result<MailAddress> address = parse_alias_source(key, settings.local_part);
    if (!address) return failed(address.error());
    std::vector<std::string> logins;
    // Another name of a domain: the same address there.
    const Result<std::optional<std::string>> other = directory.domain_alias(address->domain);
    if (!other) return failed(other.error());
    const Result<std::string> domain = *other ? canonical_domain(**other) : fail(ErrorCode::not_found, {});
    for (const std::optional<MailAddress>& name : {std::optional(*address), without_detail(*address, settings)}) {
        if (!name) break;
        if (const Result<> added = add_senders(directory, *name, logins); !added) return failed(added.error());
        if (!domain) continue;
        const Result<> added = add_senders(directory, {name->local, *domain}, logins);
        if (!added) return failed(added.error());
    }
    return listed(logins, "Senders of " + address->text());
}

/// What Postfix would ask for one after the other, if it were another kind of map (transport(5)).
std::vector<std::string> transport_keys(const std::string& source, const ResolveSettings& settings) {
    std::vector<std::string> keys{source};
    const std::size_t at = source.rfind('@');
    if (at == std::string::npos) return keys;
    const MailAddress address{source.substr(0, at), source.substr(at + 1)};
    if (const std::optional<MailAddress> base = without_detail(address, settings)) keys.push_back(base->text());
    keys.push_back(address.domain);
    for (std::size_t dot = address.domain.find('.'); dot != std::string::npos; dot = address.domain.find('.', dot + 1))
        keys.push_back(address.domain.substr(dot));
    return keys;
}

SocketmapReply transport(Lookups& directory, const std::string& key, const ResolveSettings& settings) {
    const Result<std::string> source = parse_transport_source(key, settings.local_part);
    if (!source) return failed(source.error());
    for (const std::string& name : transport_keys(*source, settings)) {
        Result<std::optional<std::string>> found = directory.transport(name);
        if (!found) return failed(found.error());
        if (*found) return {ok, std::move(**found)};
    }
    return {not_found, {}};
}

/// Mail goes as it would without this transport.
bool says_nothing(std::string_view transport, bool to_user) {
    if (transport.empty() || transport == ":") return true;
    return to_user && (transport == "local" || transport == "local:");
}

/// Where mail for each recipient is handed to.
Result<> add_routes(Lookups& directory, Resolution& resolution, const ResolveSettings& settings) {
    for (Recipient& recipient : resolution.recipients) {
        const bool user = recipient.transport == Recipient::Transport::local;
        for (const std::string& name : transport_keys(recipient.address, settings)) {
            if (user && name.starts_with('.')) continue;
            Result<std::optional<std::string>> found = directory.transport(name);
            if (!found) return fail(found.error());
            if (!*found) continue;
            if (!says_nothing(**found, user)) recipient.route = std::move(**found);
            break;
        }
    }
    return {};
}

/// Why somebody may not post, in words for him.
std::string refusal_to_post(Lookups& directory, const MailAddress& list) {
    const Result<std::optional<ListRules>> rules = directory.find_list(list.text());
    std::string text = "you may not post to this list";
    if (!rules || !*rules) return text;
    switch ((*rules)->posters) {
        case ListPosters::anyone: break;
        case ListPosters::authenticated: text = "only who has logged in may post to this list: log in"; break;
        case ListPosters::domain:
            text = "only who has logged in as a user of " + list.domain + " may post to this list: log in";
            break;
        case ListPosters::members: text = "only members may post to this list (those of this server log in)"; break;
        case ListPosters::listed: text = "only its own posters may post to this list"; break;
    }
    if (!(*rules)->owner.empty()) text += ", or write to " + owner_address(list.text());
    return text;
}

/// The key is the list, the user and the sender, each but the first perhaps empty, separated by tabs.
SocketmapReply poster(Lookups& directory, const std::string& key, const ResolveSettings& settings) {
    const std::vector<std::string_view> parts = ascii::split(key, '\t');
    if (parts.size() != 3) return {permanent, "A poster is list TAB user TAB sender"};
    const Result<MailAddress> list = parse_address(parts[0], settings.local_part);
    if (!list) return failed(list.error());
    const Result<bool> may = may_post(directory, *list, {std::string(parts[1]), std::string(parts[2])}, settings);
    if (!may) return failed(may.error());
    return *may ? SocketmapReply{ok, "ok"} : SocketmapReply{permanent, refusal_to_post(directory, *list)};
}

SocketmapReply relay(Lookups& directory, const std::string& key) {
    const Result<std::string> name = canonical_domain(key);
    if (!name) return failed(name.error());
    const Result<std::optional<RelayRecipients>> relayed = directory.relay_domain(*name);
    if (!relayed) return failed(relayed.error());
    return *relayed ? SocketmapReply{ok, std::string(to_string(**relayed))} : SocketmapReply{not_found, {}};
}

SocketmapReply relay_recipient(Lookups& directory, const std::string& key, const ResolveSettings& settings) {
    const Result<MailAddress> address = parse_address(key, settings.local_part);
    if (!address) return failed(address.error());
    const Result<std::optional<RelayRecipients>> relayed = directory.relay_domain(address->domain);
    if (!relayed) return failed(relayed.error());
    if (!*relayed) return {not_found, {}};
    if (**relayed == RelayRecipients::any) return {ok, address->text()};
    const Result<bool> listed = directory.has_relay_recipient(address->text());
    if (!listed) return failed(listed.error());
    return *listed ? SocketmapReply{ok, address->text()} : SocketmapReply{not_found, {}};
}

SocketmapReply sending_limit(Lookups& directory, const std::string& key, const ResolveSettings& settings) {
    const Result<MailAddress> address = parse_alias_source(key, settings.local_part);
    if (!address) return failed(address.error());
    const Result<std::optional<SendingLimit>> limit = directory.sending_limit(address->text());
    if (!limit) return failed(limit.error());
    return *limit ? SocketmapReply{ok, encode(**limit)} : SocketmapReply{not_found, {}};
}

SocketmapReply resolution(Lookups& directory, const std::string& key, const ResolveSettings& settings) {
    Result<Resolution> resolution = resolve(directory, key, settings);
    if (!resolution) return failed(resolution.error());
    const Result<> routed = add_routes(directory, *resolution, settings);
    return routed ? SocketmapReply{ok, encode(*resolution)} : failed(routed.error());
}

}  // namespace

SocketmapReply answer(Lookups& directory, const sasl::SocketmapRequest& request, const ResolveSettings& settings) {
    if (request.map == "domain") return domain(directory, request.key);
    if (request.map == "mailbox") return mailbox(directory, request.key, settings);
    if (request.map == "alias") return alias(directory, request.key, settings);
    if (request.map == "sender") return sender(directory, request.key, settings);
    if (request.map == "transport") return transport(directory, request.key, settings);
    if (request.map == "relay") return relay(directory, request.key);
    if (request.map == "relay_recipient") return relay_recipient(directory, request.key, settings);
    if (request.map == "poster") return poster(directory, request.key, settings);
    if (request.map == "sending_limit") return sending_limit(directory, request.key, settings);
    if (request.map == "resolve") return resolution(directory, request.key, settings);
    return {permanent, "No such map"};
}

}  // namespace posthouse::auth
