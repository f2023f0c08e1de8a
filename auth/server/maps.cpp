// The maps of the socket `socketmap`.
#include "auth/server/maps.h"

#include <algorithm>

#include "auth/directory/address.h"
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

SocketmapReply mailbox(Lookups& directory, const std::string& key, LocalPart local_part) {
    const Result<MailAddress> address = parse_user_address(key, local_part);
    if (!address) return failed(address.error());
    const Result<std::optional<User>> user = directory.find_user(address->text());
    if (!user) return failed(user.error());
    return *user ? SocketmapReply{ok, address->domain + '/' + address->local + '/'} : SocketmapReply{not_found, {}};
}

/// `what` names them when they are too long.
SocketmapReply listed(const std::vector<std::string>& texts, const std::string& what) {
    if (texts.empty()) return {not_found, {}};
    std::string text;
    for (const std::string& one : texts) text += (text.empty() ? "" : ", ") + one;
    if (text.size() + 3 > sasl::max_socketmap_payload) return {permanent, what + " are too long"};
    return {ok, std::move(text)};
}

SocketmapReply alias(Lookups& directory, const std::string& key, LocalPart local_part) {
    const Result<MailAddress> source = parse_alias_source(key, local_part);
    if (!source) return failed(source.error());
    const Result<std::vector<std::string>> targets =
        directory.alias_destinations(source->text(), max_alias_targets + 1);
    if (!targets) return failed(targets.error());
    if (targets->size() > max_alias_targets) return {permanent, "More than 1000 targets of " + source->text()};
    if (!targets->empty()) return listed(*targets, "Targets of " + source->text());
    if (source->local.empty()) {
        const Result<std::optional<std::string>> other = directory.domain_alias(source->domain);
        if (!other) return failed(other.error());
        return *other ? SocketmapReply{ok, '@' + **other} : SocketmapReply{not_found, {}};
    }
    const Result<std::optional<User>> user = directory.find_user(source->text());
    if (!user) return failed(user.error());
    if (*user) return {ok, (*user)->email};
    const Result<bool> empty_list = directory.has_list(source->text());
    if (!empty_list) return failed(empty_list.error());
    return *empty_list ? SocketmapReply{ok, source->text()} : SocketmapReply{not_found, {}};
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

SocketmapReply sender(Lookups& directory, const std::string& key, LocalPart local_part) {
    const Result<MailAddress> address = parse_alias_source(key, local_part);
    if (!address) return failed(address.error());
    std::vector<std::string> logins;
    if (const Result<> added = add_senders(directory, *address, logins); !added) return failed(added.error());
    // Another name of a domain: the same address there.
    const Result<std::optional<std::string>> other = directory.domain_alias(address->domain);
    if (!other) return failed(other.error());
    const Result<std::string> domain = *other ? canonical_domain(**other) : fail(ErrorCode::not_found, {});
    if (domain) {
        const Result<> added = add_senders(directory, {address->local, *domain}, logins);
        if (!added) return failed(added.error());
    }
    return listed(logins, "Senders of " + address->text());
}

SocketmapReply transport(Lookups& directory, const std::string& key, LocalPart local_part) {
    const Result<std::string> source = parse_transport_source(key, local_part);
    if (!source) return failed(source.error());
    Result<std::optional<std::string>> found = directory.transport(*source);
    if (!found) return failed(found.error());
    return *found ? SocketmapReply{ok, std::move(**found)} : SocketmapReply{not_found, {}};
}

}  // namespace

SocketmapReply answer(Lookups& directory, const sasl::SocketmapRequest& request, const ResolveSettings& settings) {
    if (request.map == "domain") return domain(directory, request.key);
    if (request.map == "mailbox") return mailbox(directory, request.key, settings.local_part);
    if (request.map == "alias") return alias(directory, request.key, settings.local_part);
    if (request.map == "sender") return sender(directory, request.key, settings.local_part);
    if (request.map == "transport") return transport(directory, request.key, settings.local_part);
    if (request.map == "resolve") {
        const Result<Resolution> resolution = resolve(directory, request.key, settings);
        return resolution ? SocketmapReply{ok, encode(*resolution)} : failed(resolution.error());
    }
    return {permanent, "No such map"};
}

}  // namespace posthouse::auth
