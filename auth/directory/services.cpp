// Services: lists of what somebody may log in to.
#include "auth/directory/services.h"

#include <algorithm>

#include "auth/directory/listed.h"
#include "lib/base/ascii.h"

namespace posthouse::auth {
namespace {

std::string_view listed_as(std::string_view service) {
    if (ascii::iequals(service, "submission") || ascii::iequals(service, "submissions")) return "smtp";
    for (const std::string_view known : known_services) {
        if (service.size() == known.size() + 1 && ascii::iequals(service.substr(0, known.size()), known) &&
            ascii::lower(service.substr(known.size())) == "s")
            return known;
    }
    return service;
}

}  // namespace

Result<Services> Services::parse(std::string_view text) {
    const std::vector<std::string_view> names = listed(text);
    if (names.size() == 1 && ascii::iequals(names[0], "all")) return Services();
    for (const std::string_view name : names) {
        const auto is_name = [&](std::string_view known) { return ascii::iequals(known, name); };
        if (std::ranges::none_of(known_services, is_name))
            return fail(ErrorCode::invalid,
                        "\"" + std::string(name) + "\" is no service: imap, pop3, smtp, http, or all alone");
    }
    if (names.empty()) return fail(ErrorCode::invalid, "No service is named: imap, pop3, smtp, http, or all");
    std::string list;
    for (const std::string_view known : known_services) {
        if (std::ranges::none_of(names, [&](std::string_view name) { return ascii::iequals(known, name); })) continue;
        list.append(list.empty() ? "" : " ").append(known);
    }
    return Services(std::move(list));
}

bool Services::allow(std::string_view service) const {
    const std::vector<std::string_view> allowed = names();
    return allowed.empty() || std::ranges::any_of(allowed, [name = listed_as(service)](std::string_view one) {
               return ascii::iequals(one, name);
           });
}

std::vector<std::string_view> Services::names() const { return listed(list_); }

}  // namespace posthouse::auth
