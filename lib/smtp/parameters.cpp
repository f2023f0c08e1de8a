// ESMTP parameters of MAIL and RCPT (RFC 5321 §4.1.2, esmtp-param): reading.
#include "lib/smtp/parameters.h"

#include <algorithm>
#include <array>

#include "lib/base/ascii.h"
#include "lib/smtp/date_time.h"
#include "lib/smtp/xtext.h"

namespace posthouse::smtp {
namespace {

/// One "KEY" or "KEY=value".
struct Parameter {
    std::string_view key;
    std::string_view value;
    bool has_value = false;
};

/// What the session allows.
struct Context {
    const Offered& offered;
    Utf8 utf8 = Utf8::refused;
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

Parsed<void> take_size(const Parameter& parameter, const Context& /*context*/, MailParameters& out) {
    // RFC 1870 §5: up to 20 digits.
    if (parameter.value.size() > 20) return malformed(parameter.key);
    out.size = ascii::parse_number(parameter.value);
    if (!out.size) return malformed(parameter.key);
    return {};
}

Parsed<void> take_body(const Parameter& parameter, const Context& context, MailParameters& out) {
    if (ascii::iequals(parameter.value, "7BIT")) {
        out.body = Body::seven_bit;
    } else if (ascii::iequals(parameter.value, "8BITMIME")) {
        out.body = Body::eight_bit_mime;
    } else if (context.offered.binarymime && ascii::iequals(parameter.value, "BINARYMIME")) {
        out.body = Body::binary_mime;
    } else {
        return refuse(555, "5.5.4", "This BODY type is not supported");
    }
    return {};
}

Parsed<void> take_auth(const Parameter& parameter, const Context& /*context*/, MailParameters& out) {
    auto decoded = decode_printable_xtext(parameter.value);
    if (!decoded) return malformed(parameter.key);
    if (*decoded != "<>" && !parse_mailbox(*decoded, Utf8::allowed)) return malformed(parameter.key);
    out.auth = std::move(decoded);
    return {};
}

Parsed<void> take_ret(const Parameter& parameter, const Context& /*context*/, MailParameters& out) {
    if (ascii::iequals(parameter.value, "FULL")) {
        out.ret = DsnReturn::full;
    } else if (ascii::iequals(parameter.value, "HDRS")) {
        out.ret = DsnReturn::headers;
    } else {
        return malformed(parameter.key);
    }
    return {};
}

Parsed<void> take_envelope_id(const Parameter& parameter, const Context& /*context*/, MailParameters& out) {
    if (parameter.value.size() > 100) return malformed(parameter.key);  // RFC 3461 §4.4
    out.envelope_id = decode_printable_xtext(parameter.value);
    if (!out.envelope_id) return malformed(parameter.key);
    return {};
}

Parsed<void> take_notify(const Parameter& parameter, const Context& /*context*/, RcptParameters& out) {
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

Parsed<void> take_original_recipient(const Parameter& parameter, const Context& context, RcptParameters& out) {
    const std::size_t semicolon = parameter.value.find(';');
    if (semicolon == std::string_view::npos || parameter.value.size() > 500) return malformed(parameter.key);
    const std::string_view type = parameter.value.substr(0, semicolon);
    const std::string_view address = parameter.value.substr(semicolon + 1);
    if (!is_key(type)) return malformed(parameter.key);
    if (context.utf8 == Utf8::refused && std::ranges::any_of(address, ascii::is_8bit)) return malformed(parameter.key);
    auto decoded = ascii::iequals(type, "utf-8") ? decode_utf8_xtext(address) : decode_xtext(address);
    if (!decoded || decoded->empty() || std::ranges::any_of(*decoded, ascii::is_control)) {
        return malformed(parameter.key);
    }
    out.original_type = ascii::lower(type);
    out.original_recipient = *std::move(decoded);
    return {};
}

/// 1 to 9 digits.
std::optional<std::int64_t> parse_interval(std::string_view text) {
    const auto number = text.size() <= 9 ? ascii::parse_number(text) : std::nullopt;
    if (!number) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

/// RFC 4865: either of them, once.
Parsed<void> only_one_hold(const MailParameters& parameters) {
    if (parameters.hold_for && parameters.hold_until) {
        return refuse(501, "5.5.4", "HOLDFOR and HOLDUNTIL exclude each other");
    }
    return {};
}

Parsed<void> take_hold_for(const Parameter& parameter, const Context& /*context*/, MailParameters& out) {
    out.hold_for = parse_interval(parameter.value);
    if (!out.hold_for || parameter.value.starts_with('0')) return malformed(parameter.key);
    return only_one_hold(out);
}

Parsed<void> take_hold_until(const Parameter& parameter, const Context& /*context*/, MailParameters& out) {
    out.hold_until = parse_date_time(parameter.value);
    if (!out.hold_until) return malformed(parameter.key);
    return only_one_hold(out);
}

Parsed<void> take_deliver_by(const Parameter& parameter, const Context& /*context*/, MailParameters& out) {
    const std::size_t semicolon = parameter.value.find(';');
    if (semicolon == std::string_view::npos) return malformed(parameter.key);
    std::string_view time = parameter.value.substr(0, semicolon);
    const std::string mode = ascii::upper(parameter.value.substr(semicolon + 1));
    const bool negative = time.starts_with('-');
    if (negative || time.starts_with('+')) time.remove_prefix(1);
    const auto seconds = parse_interval(time);
    if (!seconds || (mode != "N" && mode != "R" && mode != "NT" && mode != "RT")) return malformed(parameter.key);
    DeliverBy by;
    by.seconds = negative ? -*seconds : *seconds;
    by.mode = mode.front() == 'R' ? DeliverBy::Mode::return_message : DeliverBy::Mode::notify;
    by.trace = mode.size() == 2;
    // RFC 2852: what would have to be returned at once isn't accepted.
    if (by.mode == DeliverBy::Mode::return_message && by.seconds <= 0) {
        return refuse(501, "5.5.4", "The time of BY has passed");
    }
    out.deliver_by = by;
    return {};
}

Parsed<void> take_priority(const Parameter& parameter, const Context& /*context*/, MailParameters& out) {
    // RFC 6710: "0", or a digit from 1 to 9, perhaps with a minus before it.
    std::string_view digit = parameter.value;
    const bool negative = digit.starts_with('-');
    if (negative) digit.remove_prefix(1);
    if (digit.size() != 1 || !ascii::is_digit(digit[0]) || (negative && digit[0] == '0')) {
        return malformed(parameter.key);
    }
    out.priority = (digit[0] - '0') * (negative ? -1 : 1);
    return {};
}

Parsed<void> take_smtputf8(const Parameter& /*parameter*/, const Context& /*context*/, MailParameters& out) {
    out.smtputf8 = true;
    return {};
}

Parsed<void> take_require_tls(const Parameter& /*parameter*/, const Context& /*context*/, MailParameters& out) {
    out.require_tls = true;
    return {};
}

enum class Value { none, required };

template <typename Out>
struct Known {
    std::string_view key;
    bool Offered::* extension;
    Value value;
    Parsed<void> (*take)(const Parameter&, const Context&, Out&);
};

constexpr std::array<Known<MailParameters>, 11> mail_keys{{
    {"SIZE", &Offered::size, Value::required, take_size},
    {"BODY", &Offered::eightbitmime, Value::required, take_body},
    {"SMTPUTF8", &Offered::smtputf8, Value::none, take_smtputf8},
    {"AUTH", &Offered::auth, Value::required, take_auth},
    {"RET", &Offered::dsn, Value::required, take_ret},
    {"ENVID", &Offered::dsn, Value::required, take_envelope_id},
    {"REQUIRETLS", &Offered::requiretls, Value::none, take_require_tls},
    {"HOLDFOR", &Offered::futurerelease, Value::required, take_hold_for},
    {"HOLDUNTIL", &Offered::futurerelease, Value::required, take_hold_until},
    {"BY", &Offered::deliverby, Value::required, take_deliver_by},
    {"MT-PRIORITY", &Offered::mt_priority, Value::required, take_priority},
}};
constexpr std::array<Known<RcptParameters>, 2> rcpt_keys{{
    {"NOTIFY", &Offered::dsn, Value::required, take_notify},
    {"ORCPT", &Offered::dsn, Value::required, take_original_recipient},
}};

template <typename Out, typename Table>
Parsed<Out> parse_with(const Table& table, std::string_view text, const Context& context) {
    Out out;
    Parsed<void> done = each_parameter(text, [&](const Parameter& parameter) -> Parsed<void> {
        const auto row =
            std::ranges::find_if(table, [&](const auto& known) { return ascii::iequals(known.key, parameter.key); });
        if (row == table.end() || !(context.offered.*(row->extension))) return unsupported(parameter.key);
        if (parameter.has_value != (row->value == Value::required)) return malformed(parameter.key);
        return row->take(parameter, context, out);
    });
    if (!done) return std::unexpected(done.error());
    return out;
}

}  // namespace

Parsed<MailParameters> parse_mail_parameters(std::string_view text, const Offered& offered) {
    return parse_with<MailParameters>(mail_keys, text, {.offered = offered});
}

Parsed<RcptParameters> parse_rcpt_parameters(std::string_view text, const Offered& offered, Utf8 utf8) {
    return parse_with<RcptParameters>(rcpt_keys, text, {.offered = offered, .utf8 = utf8});
}

}  // namespace posthouse::smtp
