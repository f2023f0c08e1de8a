// message/delivery-status (RFC 3464 §2).
#include "lib/dsn/delivery_status.h"

#include "lib/base/ascii.h"
#include "lib/dsn/printable.h"
#include "lib/dsn/status.h"
#include "lib/smtp/trace.h"
#include "lib/smtp/xtext.h"

namespace posthouse::dsn {
namespace {

/// More than any address has (RFC 5321 §4.5.3.1.3), and ORCPT (RFC 3461 §5.4).
constexpr std::size_t max_address = 500;
constexpr std::size_t max_envelope_id = 100;  // RFC 3461 §4.4

std::string printable(std::string_view text, std::size_t max, StatusForm form) {
    return form == StatusForm::utf8 ? printable_utf8(text, max) : printable_ascii(text, max);
}

/// "rfc822; …" or "utf-8; …" (RFC 3464 §2.3.1, RFC 6533 §3).
std::string typed_address(std::string_view type, std::string_view address, StatusForm form) {
    const bool is_ascii = ascii::is_ascii(address);
    if (!is_ascii && ascii::iequals(type, "rfc822")) type = "utf-8";
    std::string text;
    if (ascii::iequals(type, "utf-8") && form == StatusForm::seven_bit) {
        text = smtp::encode_utf8_xtext(printable_utf8(address, max_address));
    } else {
        text = printable(address, max_address, form);
    }
    return printable_name(type.substr(0, 30)) + "; " + text;
}

/// "dns; host", "dns; [192.0.2.1]" for one without a name.
std::string typed_host(std::string_view name, std::string_view address) {
    const std::string literal = (address.contains(':') ? "[IPv6:" : "[") + printable_name(address) + "]";
    if (name.empty()) return "dns; " + literal;
    return "dns; " + printable_name(name) + (address.empty() ? "" : " (" + literal + ")");
}

void append_date(std::string& out, std::string_view name, std::int64_t time) {
    if (time != 0) append_field(out, name, smtp::format_date(time));
}

void append_message(std::string& out, const Reporter& reporter, const Message& message) {
    if (message.envelope_id) {
        append_field(out, "Original-Envelope-Id", printable_ascii(*message.envelope_id, max_envelope_id));
    }
    append_field(out, "Reporting-MTA", typed_host(reporter.host, {}));
    if (!message.received_from.empty()) {
        append_field(out, "Received-From-MTA", typed_host(message.received_from, message.received_address));
    }
    append_date(out, "Arrival-Date", message.arrival);
}

void append_recipient(std::string& out, const Message& message, const Recipient& recipient, StatusForm form) {
    out += "\r\n";
    if (recipient.original) {
        append_field(out, "Original-Recipient",
                     typed_address(recipient.original->type, recipient.original->address, form));
    }
    append_field(out, "Final-Recipient", typed_address("rfc822", recipient.address, form));
    append_field(out, "Action", to_string(recipient.action));
    append_field(out, "Status", status_of(recipient));
    if (!recipient.remote_host.empty() || !recipient.remote_address.empty()) {
        append_field(out, "Remote-MTA", typed_host(recipient.remote_host, recipient.remote_address));
    }
    if (!recipient.answer.empty()) {
        append_field(out, "Diagnostic-Code", "smtp; " + printable(recipient.answer, max_answer, form));
    } else if (!recipient.reason.empty()) {
        append_field(out, "Diagnostic-Code", "x-posthouse; " + printable(recipient.reason, max_answer, form));
    }
    append_date(out, "Last-Attempt-Date", recipient.last_attempt);
    if (!message.id.empty()) append_field(out, "Final-Log-ID", printable_name(message.id));
    if (recipient.action == Action::delayed) append_date(out, "Will-Retry-Until", recipient.retry_until);
}

}  // namespace

std::string delivery_status(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
                            StatusForm form) {
    std::string out;
    append_message(out, reporter, message);
    for (const Recipient& recipient : recipients) append_recipient(out, message, recipient, form);
    return out;
}

}  // namespace posthouse::dsn
