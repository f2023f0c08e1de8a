// The maps of the socket `socketmap`.
#include "auth/server/maps.h"

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

SocketmapReply alias(Lookups& directory, const std::string& key, LocalPart local_part) {
    const Result<MailAddress> source = parse_alias_source(key, local_part);
    if (!source) return failed(source.error());
    const Result<std::vector<std::string>> targets =
        directory.alias_destinations(source->text(), max_alias_targets + 1);
    if (!targets) return failed(targets.error());
    if (targets->size() > max_alias_targets) return {permanent, "More than 1000 targets of " + source->text()};
    std::string text;
    for (const std::string& target : *targets) text += (text.empty() ? "" : ", ") + target;
    if (text.size() + 3 > sasl::max_socketmap_payload)
        return {permanent, "Targets of " + source->text() + " are too long"};
    if (!text.empty()) return {ok, std::move(text)};
    if (source->local.empty()) {
        const Result<std::optional<std::string>> other = directory.domain_alias(source->domain);
        if (!other) return failed(other.error());
        return *other ? SocketmapReply{ok, '@' + **other} : SocketmapReply{not_found, {}};
    }
    const Result<std::optional<User>> user = directory.find_user(source->text());
    if (!user) return failed(user.error());
    return *user ? SocketmapReply{ok, (*user)->email} : SocketmapReply{not_found, {}};
}

}  // namespace

SocketmapReply answer(Lookups& directory, const sasl::SocketmapRequest& request, const ResolveSettings& settings) {
    if (request.map == "domain") return domain(directory, request.key);
    if (request.map == "mailbox") return mailbox(directory, request.key, settings.local_part);
    if (request.map == "alias") return alias(directory, request.key, settings.local_part);
    if (request.map == "resolve") {
        const Result<Resolution> resolution = resolve(directory, request.key, settings);
        return resolution ? SocketmapReply{ok, encode(*resolution)} : failed(resolution.error());
    }
    return {permanent, "No such map"};
}

}  // namespace posthouse::auth
