// The envelope's text: a table of fields for the message, one for each recipient.
#include "queued/spool/envelope.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/base/random.h"
#include "queued/spool/fields.h"

namespace posthouse::spool {
namespace {

std::unexpected<Error> wrong(std::string_view key) {
    return fail(ErrorCode::invalid, "Malformed queue file", "envelope: " + std::string(key));
}

/// "" is the null path.
std::optional<smtp::ReversePath> parse_path_text(std::string_view text) {
    if (text.empty()) return smtp::ReversePath();
    Result<smtp::Mailbox> mailbox = smtp::parse_mailbox(text, smtp::Utf8::allowed);
    if (!mailbox) return std::nullopt;
    return smtp::ReversePath(*std::move(mailbox));
}

std::string notify_text(const smtp::DsnNotify& notify) {
    std::string text;
    if (notify.success) text += ",SUCCESS";
    if (notify.failure) text += ",FAILURE";
    if (notify.delay) text += ",DELAY";
    return text.empty() ? "NEVER" : text.substr(1);
}

std::optional<smtp::DsnNotify> parse_notify(std::string_view text) {
    smtp::DsnNotify notify;
    if (text == "NEVER") return notify;
    for (const std::string_view word : ascii::split(text, ',')) {
        bool* const flag = word == "SUCCESS"   ? &notify.success
                           : word == "FAILURE" ? &notify.failure
                           : word == "DELAY"   ? &notify.delay
                                               : nullptr;
        if (flag == nullptr || *flag) return std::nullopt;
        *flag = true;
    }
    return notify;
}

std::string deliver_by_text(const DeliverBy& by) {
    return std::to_string(by.at) + (by.mode == DeliverBy::Mode::notify ? ";N" : ";R") + (by.trace ? "T" : "");
}

std::optional<DeliverBy> parse_deliver_by(std::string_view text) {
    const auto semicolon = text.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    const std::optional<std::int64_t> at = parse_time(text.substr(0, semicolon));
    std::string_view mode = text.substr(semicolon + 1);
    if (!at || mode.empty() || (mode[0] != 'N' && mode[0] != 'R') || (mode.size() > 1 && mode.substr(1) != "T"))
        return std::nullopt;
    return DeliverBy{*at, mode[0] == 'N' ? DeliverBy::Mode::notify : DeliverBy::Mode::return_message, mode.size() > 1};
}

std::optional<int> parse_priority(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.size() != 1 || !ascii::is_digit(text[0]) || (negative && text[0] == '0')) return std::nullopt;
    const int value = text[0] - '0';
    return negative ? -value : value;
}

bool is_address_type(std::string_view text) {
    return !text.empty() && text.size() <= max_address_type &&
           std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || c == '-'; });
}

/// "type;address"
std::optional<OriginalRecipient> parse_original(std::string_view text) {
    const auto semicolon = text.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    OriginalRecipient original{std::string(text.substr(0, semicolon)), std::string(text.substr(semicolon + 1))};
    if (!is_address_type(original.type) || original.address.empty() || original.address.size() > max_original_recipient)
        return std::nullopt;
    return original;
}

bool take_time(std::string_view value, std::int64_t& to) {
    const std::optional<std::int64_t> time = parse_time(value);
    to = time.value_or(0);
    return time.has_value();
}

/// A field without a value that would be there only if it is true.
bool take_flag(std::string_view value, bool& to) {
    to = value == "yes";
    return to;
}

bool take_text(std::string&& value, std::size_t max, std::string& to) {
    if (value.empty() || value.size() > max) return false;
    to = std::move(value);
    return true;
}

template <typename Value>
bool take(std::optional<Value> parsed, Value& to) {
    if (parsed) to = *std::move(parsed);
    return parsed.has_value();
}

template <typename Value>
bool take(std::optional<Value> parsed, std::optional<Value>& to) {
    to = std::move(parsed);
    return to.has_value();
}

template <typename Owner>
struct Field {
    std::string_view key;
    bool (*take)(Owner& owner, std::string&& value);
};

constexpr std::array message_fields = std::to_array<Field<Envelope>>({
    {"id", [](Envelope& e, std::string&& v) { return is_id(v) && take_text(std::move(v), 64, e.id); }},
    {"arrived", [](Envelope& e, std::string&& v) { return take_time(v, e.arrived); }},
    {"sender", [](Envelope& e, std::string&& v) { return take(parse_path_text(v), e.sender); }},
    {"envid",
     [](Envelope& e, std::string&& v) { return take_text(std::move(v), max_envelope_id, e.envelope_id.emplace()); }},
    {"ret",
     [](Envelope& e, std::string&& v) {
         e.ret = v == "FULL" ? smtp::DsnReturn::full : smtp::DsnReturn::headers;
         return v == "FULL" || v == "HDRS";
     }},
    {"body",
     [](Envelope& e, std::string&& v) {
         e.body = smtp::Body::eight_bit_mime;
         return v == "8BITMIME";
     }},
    {"smtputf8", [](Envelope& e, std::string&& v) { return take_flag(v, e.smtputf8); }},
    {"requiretls", [](Envelope& e, std::string&& v) { return take_flag(v, e.require_tls); }},
    {"tls-required",
     [](Envelope& e, std::string&& v) {
         e.tls_optional = true;
         return v == "no";
     }},
    {"priority", [](Envelope& e, std::string&& v) { return take(parse_priority(v), e.priority); }},
    {"hold-until", [](Envelope& e, std::string&& v) { return take_time(v, e.hold_until.emplace()); }},
    {"deliver-by", [](Envelope& e, std::string&& v) { return take(parse_deliver_by(v), e.deliver_by); }},
    {"untried", [](Envelope& e, std::string&& v) { return take_flag(v, e.untried); }},
    {"client.address",
     [](Envelope& e, std::string&& v) { return take_text(std::move(v), max_client_name, e.client.address); }},
    {"client.helo",
     [](Envelope& e, std::string&& v) { return take_text(std::move(v), max_client_name, e.client.helo); }},
    {"client.user",
     [](Envelope& e, std::string&& v) { return take_text(std::move(v), max_client_name, e.client.user); }},
});

constexpr std::array recipient_fields = std::to_array<Field<Recipient>>({
    {"recipient.sender", [](Recipient& r, std::string&& v) { return take(parse_path_text(v), r.sender); }},
    {"recipient.original", [](Recipient& r, std::string&& v) { return take(parse_original(v), r.original); }},
    {"recipient.notify", [](Recipient& r, std::string&& v) { return take(parse_notify(v), r.notify); }},
    {"recipient.transport",
     [](Recipient& r, std::string&& v) { return take_text(std::move(v), max_transport, r.transport); }},
    {"recipient.requiretls", [](Recipient& r, std::string&& v) { return take_flag(v, r.require_tls); }},
});

class Parser {
  public:
    Result<> field(std::string_view key, std::string&& value) {
        if (key == "recipient") return begin_recipient(value);
        if (!seen_.emplace(key).second) return wrong(key);
        return envelope_.recipients.empty()
                   ? take_from(message_fields, envelope_, key, std::move(value))
                   : take_from(recipient_fields, envelope_.recipients.back(), key, std::move(value));
    }
    Result<Envelope> finish() {
        if (envelope_.recipients.empty()) return wrong("no recipients");
        return std::move(envelope_);
    }

  private:
    Result<> begin_recipient(std::string_view value) {
        if (envelope_.recipients.empty())
            for (const char* needed : {"id", "arrived", "sender"})
                if (!seen_.contains(needed)) return wrong(needed);
        if (envelope_.recipients.size() == max_recipients)
            return fail(ErrorCode::limit, "Malformed queue file", "envelope: too many recipients");
        Result<smtp::Mailbox> address = smtp::parse_mailbox(value, smtp::Utf8::allowed);
        if (!address) return wrong("recipient");
        envelope_.recipients.emplace_back().address = *std::move(address);
        seen_.clear();
        return {};
    }

    template <typename Owner, std::size_t count>
    static Result<> take_from(const std::array<Field<Owner>, count>& fields, Owner& owner, std::string_view key,
                              std::string&& value) {
        for (const Field<Owner>& field : fields) {
            if (field.key != key) continue;
            if (field.take(owner, std::move(value))) return {};
            return wrong(key);
        }
        return fail(ErrorCode::unsupported, "Queue file of a later version", "envelope: " + std::string(key));
    }

    Envelope envelope_;
    std::set<std::string, std::less<>> seen_;  ///< keys of the message, then of the recipient under way
};

void append_recipient(std::string& text, const Recipient& recipient) {
    append_field(text, "recipient", recipient.address.to_string());
    if (recipient.sender) append_field(text, "recipient.sender", smtp::to_text(*recipient.sender));
    if (recipient.original)
        append_field(text, "recipient.original", recipient.original->type + ";" + recipient.original->address);
    if (recipient.notify) append_field(text, "recipient.notify", notify_text(*recipient.notify));
    if (!recipient.transport.empty()) append_field(text, "recipient.transport", recipient.transport);
    if (recipient.require_tls) append_field(text, "recipient.requiretls", "yes");
}

}  // namespace

std::string to_text(const Envelope& envelope) {
    std::string text;
    append_field(text, "id", envelope.id);
    append_field(text, "arrived", envelope.arrived);
    append_field(text, "sender", smtp::to_text(envelope.sender));
    if (envelope.envelope_id) append_field(text, "envid", *envelope.envelope_id);
    if (envelope.ret) append_field(text, "ret", *envelope.ret == smtp::DsnReturn::full ? "FULL" : "HDRS");
    if (envelope.body != smtp::Body::seven_bit) append_field(text, "body", "8BITMIME");
    if (envelope.smtputf8) append_field(text, "smtputf8", "yes");
    if (envelope.require_tls) append_field(text, "requiretls", "yes");
    if (envelope.tls_optional) append_field(text, "tls-required", "no");
    if (envelope.priority != 0) append_field(text, "priority", envelope.priority);
    if (envelope.hold_until) append_field(text, "hold-until", *envelope.hold_until);
    if (envelope.deliver_by) append_field(text, "deliver-by", deliver_by_text(*envelope.deliver_by));
    if (envelope.untried) append_field(text, "untried", "yes");
    if (!envelope.client.address.empty()) append_field(text, "client.address", envelope.client.address);
    if (!envelope.client.helo.empty()) append_field(text, "client.helo", envelope.client.helo);
    if (!envelope.client.user.empty()) append_field(text, "client.user", envelope.client.user);
    for (const Recipient& recipient : envelope.recipients) append_recipient(text, recipient);
    return text;
}

Result<Envelope> parse_envelope(std::string_view text) {
    if (text.size() > max_envelope_bytes) return fail(ErrorCode::limit, "Malformed queue file", "envelope: too long");
    Parser parser;
    const Result<> parsed = parse_fields(
        text, [&](std::string_view key, std::string&& value) { return parser.field(key, std::move(value)); });
    if (!parsed) return fail(parsed.error());
    return parser.finish();
}

}  // namespace posthouse::spool
