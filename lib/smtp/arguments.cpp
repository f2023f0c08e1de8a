// The arguments of each command (RFC 5321 §4.1.1, RFC 4954 §4, RFC 3030 §2, Postfix's XFORWARD and XCLIENT).
#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/smtp/command.h"
#include "lib/smtp/limits.h"
#include "lib/smtp/xtext.h"

namespace posthouse::smtp {
namespace {

Parsed<Command> parse_hello(Verb verb, std::string_view arguments) {
    const bool valid = !arguments.empty() && arguments.size() <= max_domain &&
                       std::ranges::all_of(arguments, [](char c) { return c > ' ' && c < 0x7f; });
    if (!valid) return refuse(501, "5.5.4", "Syntax: " + std::string(to_string(verb)) + " hostname");
    return Hello{verb, std::string(arguments)};
}

/// Takes "FROM:" or "TO:" off the front. Spaces after the colon are let through: RFC 5321 §3.3 forbids them, and yet
/// many clients write them.
bool take_keyword(std::string_view keyword, std::string_view& arguments) {
    if (!ascii::istarts_with(arguments, keyword)) return false;
    arguments.remove_prefix(keyword.size());
    while (arguments.starts_with(' ')) arguments.remove_prefix(1);
    return true;
}

/// The parameters after a path begin with a space.
bool well_divided(std::string_view rest) { return rest.empty() || rest.starts_with(' '); }

Reply path_refusal(const Error& error, std::string status) {
    if (error.code == ErrorCode::unsupported) return Reply(553, "5.6.7", error.text);
    return Reply(501, std::move(status), error.text);
}

Parsed<Command> parse_mail(std::string_view arguments, const ParseOptions& options) {
    if (!take_keyword("FROM:", arguments)) return refuse(501, "5.5.4", "Syntax: MAIL FROM:<address>");
    std::size_t length = 0;
    // UTF-8 is judged when the parameters are known: SMTPUTF8 stands behind the address that needs it.
    auto sender = parse_path(arguments, length, Utf8::allowed, options.sender_domain);
    if (!sender) return std::unexpected(path_refusal(sender.error(), "5.1.7"));
    if (!well_divided(arguments.substr(length))) return refuse(501, "5.5.4", "Syntax: MAIL FROM:<address>");
    auto parameters = parse_mail_parameters(arguments.substr(length), options.offered);
    if (!parameters) return std::unexpected(parameters.error());
    if (*sender && (*sender)->needs_utf8() && !parameters->smtputf8) {
        return refuse(553, "5.6.7", "The address holds UTF-8, which needs SMTPUTF8");
    }
    return Mail{*std::move(sender), *std::move(parameters)};
}

Parsed<Command> parse_rcpt(std::string_view arguments, const ParseOptions& options) {
    if (!take_keyword("TO:", arguments)) return refuse(501, "5.5.4", "Syntax: RCPT TO:<address>");
    constexpr std::string_view postmaster = "<postmaster>";
    const Utf8 utf8 = options.utf8_transaction ? Utf8::allowed : Utf8::refused;
    std::size_t length = 0;
    Mailbox recipient;
    if (ascii::istarts_with(arguments, postmaster)) {
        // RFC 5321 §4.5.1: postmaster without domain, in any case.
        recipient.local_part = "postmaster";
        length = postmaster.size();
    } else {
        auto path = parse_path(arguments, length, utf8);
        if (!path) return std::unexpected(path_refusal(path.error(), "5.1.3"));
        if (!*path) return refuse(501, "5.1.3", "The null path cannot receive mail");
        recipient = **std::move(path);
    }
    if (!well_divided(arguments.substr(length))) return refuse(501, "5.5.4", "Syntax: RCPT TO:<address>");
    auto parameters = parse_rcpt_parameters(arguments.substr(length), options.offered, utf8);
    if (!parameters) return std::unexpected(parameters.error());
    return Rcpt{std::move(recipient), *std::move(parameters)};
}

Parsed<Command> parse_bdat(std::string_view arguments) {
    const std::size_t space = std::min(arguments.find(' '), arguments.size());
    const auto size = ascii::parse_number(arguments.substr(0, space));
    const std::string_view rest = ascii::trim(arguments.substr(space));
    if (!size || (!rest.empty() && !ascii::iequals(rest, "LAST"))) {
        return refuse(501, "5.5.4", "Syntax: BDAT size [LAST]");
    }
    return Bdat{*size, !rest.empty()};
}

Parsed<Command> parse_plain(Verb verb, std::string_view arguments) {
    if (!arguments.empty()) {
        return refuse(501, "5.5.4", std::string(to_string(verb)) + " takes no argument");
    }
    return Plain{verb};
}

Parsed<Command> parse_text(Verb verb, std::string_view arguments) {
    if (arguments.empty() && (verb == Verb::vrfy || verb == Verb::expn)) {
        return refuse(501, "5.5.4", "Syntax: " + std::string(to_string(verb)) + " string");
    }
    return WithText{verb, std::string(arguments)};
}

Parsed<Command> parse_auth(std::string_view arguments) {
    const std::size_t space = std::min(arguments.find(' '), arguments.size());
    const std::string_view mechanism = arguments.substr(0, space);
    // RFC 4422 §3.1: 1 to 20 letters, digits, hyphens, underscores.
    const bool valid = !mechanism.empty() && mechanism.size() <= 20 && std::ranges::all_of(mechanism, [](char c) {
        return ascii::is_alnum(c) || c == '-' || c == '_';
    });
    if (!valid) return refuse(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");
    Auth auth{ascii::upper(mechanism), std::nullopt};
    if (space < arguments.size()) {
        const std::string_view response = ascii::trim(arguments.substr(space));
        if (response == "=") {
            auth.initial_response.emplace();
        } else if (response.size() <= max_auth_line && base64::decode(response)) {
            auth.initial_response.emplace(response);
        } else {
            return refuse(501, "5.5.2", "The initial response is not valid base64");
        }
    }
    return auth;
}

Parsed<Command> parse_attributes(Verb verb, std::string_view arguments) {
    const auto syntax = [verb] {
        return refuse(501, "5.5.4", "Syntax: " + std::string(to_string(verb)) + " attribute=value ...");
    };
    Attributes out{verb, {}};
    for (const std::string_view word : ascii::split(arguments, ' ')) {
        if (word.empty()) continue;
        const std::size_t equals = word.find('=');
        // Nobody defines more than 10 attributes.
        if (equals == std::string_view::npos || equals == 0 || out.values.size() == 16) return syntax();
        const std::string name = ascii::upper(word.substr(0, equals));
        const std::string_view value = word.substr(equals + 1);
        const bool unavailable = ascii::iequals(value, "[UNAVAILABLE]") || ascii::iequals(value, "[TEMPUNAVAIL]");
        auto decoded = unavailable ? std::optional<std::string>("") : decode_xtext(value);
        if (!std::ranges::all_of(name, ascii::is_alnum) || out.find(name) || !decoded) return syntax();
        if (std::ranges::any_of(*decoded, ascii::is_control)) return syntax();
        out.values.emplace_back(name, *std::move(decoded));
    }
    if (out.values.empty()) return syntax();
    return out;
}

}  // namespace

Parsed<Command> parse_arguments(Verb verb, std::string_view arguments, const ParseOptions& options) {
    if (arguments.contains('\0')) return refuse(500, "5.5.2", "NUL in a command");
    switch (verb) {
        case Verb::helo:
        case Verb::ehlo:
        case Verb::lhlo: return parse_hello(verb, arguments);
        case Verb::mail: return parse_mail(arguments, options);
        case Verb::rcpt: return parse_rcpt(arguments, options);
        case Verb::bdat: return parse_bdat(arguments);
        case Verb::data:
        case Verb::rset:
        case Verb::quit:
        case Verb::starttls: return parse_plain(verb, arguments);
        case Verb::noop:
        case Verb::help:
        case Verb::vrfy:
        case Verb::expn: return parse_text(verb, arguments);
        case Verb::auth: return parse_auth(arguments);
        case Verb::xforward:
        case Verb::xclient: return parse_attributes(verb, arguments);
    }
    return refuse(500, "5.5.1", "Command not recognized");
}

}  // namespace posthouse::smtp
