// ESMTP parameters of MAIL and RCPT (RFC 5321 §4.1.2, esmtp-param).
#include "lib/smtp/parameters.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/smtp/xtext.h"

namespace posthouse::smtp {
namespace {

/// One "KEY" or "KEY=value".
struct Parameter {
    std::string_view key;
    std::string_view value;
    bool has_value = false;
};

std::unexpected<Reply> unsupported(std::string_view key) {
    return refuse(555, "5.5.4", "Parameter " + ascii::upper(key) + " is not supported");
}
std::unexpected<Reply> malformed(std::string_view key) {
    return refuse(501, "5.5.4", "Parameter " + ascii::upper(key) + " is malformed");
}

bool is_key(std::string_view key) {
    return !key.empty() && ascii::is_alnum(key.front()) &&
           std::ranges::all_of(key, [](char c) { return ascii::is_alnum(c) || c == '-'; });
}
bool is_value(std::string_view value) {
    return !value.empty() && std::ranges::all_of(value, [](char c) { return !ascii::is_control(c) && c != ' '; });
}

/// The keys met so far; no extension has one twice (and nobody needs more than these).
class Seen {
  public:
    bool add(std::string_view key) {
        for (std::size_t i = 0; i < count_; ++i) {
            if (ascii::iequals(keys_[i], key)) return false;
        }
        if (count_ == keys_.size()) return false;
        keys_[count_++] = key;
        return true;
    }

  private:
    std::array<std::string_view, 16> keys_;
    std::size_t count_ = 0;
};

/// Calls `take(parameter)` for each; it returns a reply's error to stop.
template <typename Take>
Parsed<void> each_parameter(std::string_view text, Take take) {
    Seen seen;
    for (const std::string_view word : ascii::split(text, ' ')) {
        if (word.empty()) continue;
        const std::size_t equals = word.find('=');
        Parameter parameter;
        parameter.key = word.substr(0, equals);
        parameter.has_value = equals != std::string_view::npos;
        if (parameter.has_value) parameter.value = word.substr(equals + 1);
        if (!is_key(parameter.key)) return refuse(501, "5.5.4", "Syntax error in the parameters");
        if (parameter.has_value && !is_value(parameter.value)) return malformed(parameter.key);
        if (!seen.add(parameter.key)) {
            return refuse(501, "5.5.4", "Parameter " + ascii::upper(parameter.key) + " is repeated");
        }
        if (Parsed<void> taken = take(parameter); !taken) return std::unexpected(taken.error());
    }
    return {};
}

std::optional<std::string> decode_printable_xtext(std::string_view text) {
    auto decoded = decode_xtext(text);
    if (!decoded || std::ranges::any_of(*decoded, ascii::is_control)) return std::nullopt;
    return decoded;
}

Parsed<void> take_size(const Parameter& parameter, MailParameters& out) {
    // RFC 1870 §5: up to 20 digits.
    if (parameter.value.size() > 20) return malformed(parameter.key);
    out.size = ascii::parse_number(parameter.value);
    if (!out.size) return malformed(parameter.key);
    return {};
}

Parsed<void> take_body(const Parameter& parameter, MailParameters& out) {
    if (ascii::iequals(parameter.value, "7BIT")) {
        out.body = Body::seven_bit;
    } else if (ascii::iequals(parameter.value, "8BITMIME")) {
        out.body = Body::eight_bit_mime;
    } else {
        return refuse(555, "5.5.4", "This BODY type is not supported");
    }
    return {};
}

Parsed<void> take_auth(const Parameter& parameter, MailParameters& out) {
    auto decoded = decode_printable_xtext(parameter.value);
    if (!decoded) return malformed(parameter.key);
    if (*decoded != "<>" && !parse_mailbox(*decoded, Utf8::allowed)) return malformed(parameter.key);
    out.auth = std::move(decoded);
    return {};
}

Parsed<void> take_ret(const Parameter& parameter, MailParameters& out) {
    if (ascii::iequals(parameter.value, "FULL")) {
        out.ret = DsnReturn::full;
    } else if (ascii::iequals(parameter.value, "HDRS")) {
        out.ret = DsnReturn::headers;
    } else {
        return malformed(parameter.key);
    }
    return {};
}

Parsed<void> take_envelope_id(const Parameter& parameter, MailParameters& out) {
    if (parameter.value.size() > 100) return malformed(parameter.key);  // RFC 3461 §4.4
    out.envelope_id = decode_printable_xtext(parameter.value);
    if (!out.envelope_id) return malformed(parameter.key);
    return {};
}

Parsed<void> take_notify(const Parameter& parameter, RcptParameters& out) {
    DsnNotify notify;
    if (!ascii::iequals(parameter.value, "NEVER")) {
        for (const std::string_view word : ascii::split(parameter.value, ',')) {
            bool* flag = ascii::iequals(word, "SUCCESS")   ? &notify.success
                         : ascii::iequals(word, "FAILURE") ? &notify.failure
                         : ascii::iequals(word, "DELAY")   ? &notify.delay
                                                           : nullptr;
            if (flag == nullptr || *flag) return malformed(parameter.key);
            *flag = true;
        }
    }
    out.notify = notify;
    return {};
}

Parsed<void> take_original_recipient(const Parameter& parameter, RcptParameters& out) {
    const std::size_t semicolon = parameter.value.find(';');
    if (semicolon == std::string_view::npos || semicolon == 0 || parameter.value.size() > 500) {
        return malformed(parameter.key);
    }
    auto decoded = decode_printable_xtext(parameter.value.substr(semicolon + 1));
    if (!decoded || decoded->empty() || !is_key(parameter.value.substr(0, semicolon))) return malformed(parameter.key);
    out.original_type = ascii::lower(parameter.value.substr(0, semicolon));
    out.original_recipient = *std::move(decoded);
    return {};
}

template <typename Out>
struct Known {
    std::string_view key;
    bool Offered::* extension;
    Parsed<void> (*take)(const Parameter&, Out&);  ///< nullptr: SMTPUTF8, a key without value
};

constexpr std::array<Known<MailParameters>, 6> mail_keys{{
    {"SIZE", &Offered::size, take_size},
    {"BODY", &Offered::eightbitmime, take_body},
    {"SMTPUTF8", &Offered::smtputf8, nullptr},
    {"AUTH", &Offered::auth, take_auth},
    {"RET", &Offered::dsn, take_ret},
    {"ENVID", &Offered::dsn, take_envelope_id},
}};
constexpr std::array<Known<RcptParameters>, 2> rcpt_keys{{
    {"NOTIFY", &Offered::dsn, take_notify},
    {"ORCPT", &Offered::dsn, take_original_recipient},
}};

template <typename Out, typename Table, typename Flag>
Parsed<Out> parse_with(const Table& table, std::string_view text, const Offered& offered, Flag set_flag) {
    Out out;
    Parsed<void> done = each_parameter(text, [&](const Parameter& parameter) -> Parsed<void> {
        const auto row =
            std::ranges::find_if(table, [&](const auto& known) { return ascii::iequals(known.key, parameter.key); });
        if (row == table.end() || !(offered.*(row->extension))) return unsupported(parameter.key);
        if (parameter.has_value != (row->take != nullptr)) return malformed(parameter.key);
        if (row->take != nullptr) return row->take(parameter, out);
        set_flag(out);
        return {};
    });
    if (!done) return std::unexpected(done.error());
    return out;
}

}  // namespace

Parsed<MailParameters> parse_mail_parameters(std::string_view text, const Offered& offered) {
    return parse_with<MailParameters>(mail_keys, text, offered, [](MailParameters& out) { out.smtputf8 = true; });
}

Parsed<RcptParameters> parse_rcpt_parameters(std::string_view text, const Offered& offered) {
    return parse_with<RcptParameters>(rcpt_keys, text, offered, [](RcptParameters&) {});
}

}  // namespace posthouse::smtp
