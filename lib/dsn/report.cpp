// multipart/report (RFC 6522).
#include "lib/dsn/report.h"

#include <algorithm>

#include "lib/base/ascii.h"
#include "lib/dsn/delivery_status.h"
#include "lib/dsn/printable.h"
#include "lib/mime/header.h"
#include "lib/mime/message_id.h"
#include "lib/smtp/trace.h"

namespace posthouse::dsn {
namespace {

/// The id of the original, fit for In-Reply-To; empty when there is none that is.
std::string original_id(const Content& content) {
    constexpr std::size_t longest = 500;
    const auto field = mime::first_field(content.header, {0, content.header.size()}, "Message-ID");
    if (!field) return {};
    const std::string id = mime::parse_message_id(field->text()).value_or("");
    const auto strange = [](char c) { return c <= ' ' || c > '~' || c == '<' || c == '>'; };
    return id.size() > longest || std::ranges::any_of(id, strange) ? "" : id;
}

void begin_part(std::string& out, const Stamp& stamp, std::string_view description, std::string_view type,
                std::string_view encoding) {
    out.append("\r\n--").append(stamp.boundary) += "\r\n";
    append_field(out, "Content-Description", description);
    append_field(out, "Content-Type", type);
    append_field(out, "Content-Transfer-Encoding", encoding);
    out += "\r\n";
}

/// A line of `text` begins with the delimiter.
bool holds_delimiter(std::string_view text, const Stamp& stamp) {
    const std::string delimiter = "\n--" + stamp.boundary;
    return text.starts_with(std::string_view(delimiter).substr(1)) || text.find(delimiter) != std::string_view::npos;
}

/// A part that is in memory: as it is if 7-bit lines can hold it, and it holds no delimiter. Lines of the first two
/// parts never begin with one: strangers' words are indented there, or stand behind a field's name.
void append_part(std::string& out, const Stamp& stamp, std::string_view description, std::string_view type,
                 std::string_view text) {
    if (is_seven_bit(text) && !holds_delimiter(text, stamp)) {
        begin_part(out, stamp, description, type, "7bit");
        out += text;
    } else {
        begin_part(out, stamp, description, type, "quoted-printable");
        out += encode_quoted_printable(text);
    }
}

void append_header(Report& report, const Reporter& reporter, std::span<const Recipient> recipients,
                   const Content& content, const Stamp& stamp, Audience audience) {
    constexpr std::size_t max_address = 500;
    std::string& out = report.head;
    append_field(out, "Date", smtp::format_date(stamp.now));
    append_field(out, "From", "Mail Delivery System <" + printable_ascii(reporter.postmaster, max_address) + ">");
    append_field(out, "To", "<" + printable_utf8(report.recipient, max_address) + ">");
    append_field(out, "Subject", subject(recipients, audience));
    append_field(out, "Message-ID", "<" + printable_ascii(stamp.message_id, max_address) + ">");
    if (const std::string id = original_id(content); !id.empty()) {
        append_field(out, "In-Reply-To", "<" + id + ">");
        append_field(out, "References", "<" + id + ">");
    }
    // RFC 3834 §5: an answer to a message, or one that nothing was sent for.
    append_field(out, "Auto-Submitted", audience == Audience::sender ? "auto-replied" : "auto-generated");
    append_field(out, "MIME-Version", "1.0");
    append_field(out, "Content-Type",
                 "multipart/report; report-type=delivery-status; boundary=\"" + stamp.boundary + "\"");
    out += "\r\nThis is a delivery report in several parts (RFC 3464).\r\n";
}

/// The third part: the whole message, or its header.
void append_original(Report& report, const Message& message, bool failure, const Content& content, const Stamp& stamp) {
    const bool global = message.smtputf8 && content.header_eight_bit && ascii::is_utf8(content.header);
    const bool whole = failure && message.ret != smtp::DsnReturn::headers && content.whole && content.size > 0 &&
                       content.size <= stamp.max_returned && !content.boundary_occurs;
    if (!whole) {
        if (content.header.empty()) return;
        append_part(report.head, stamp, "Header of the message",
                    global ? "message/global-headers" : "text/rfc822-headers", content.header);
        return;
    }
    // message/global may be encoded (RFC 6532 §3.7), and so travels everywhere; message/rfc822 must not be.
    report.eight_bit = content.eight_bit && !global;
    report.returned = Returned{content.size, global};
    begin_part(report.head, stamp, "The message", global ? "message/global" : "message/rfc822",
               global              ? "quoted-printable"
               : content.eight_bit ? "8bit"
                                   : "7bit");
}

Report compose(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
               const Content& content, const Stamp& stamp, Audience audience) {
    recipients = recipients.first(std::min(recipients.size(), max_recipients));
    Report report;
    report.recipients = recipients.size();
    report.recipient = audience == Audience::sender ? message.sender : reporter.postmaster;
    report.smtputf8 = !ascii::is_ascii(report.recipient);
    append_header(report, reporter, recipients, content, stamp, audience);

    const std::string words = explanation(reporter, message, recipients, content, audience);
    append_part(report.head, stamp, "Explanation",
                ascii::is_ascii(words) ? "text/plain; charset=us-ascii" : "text/plain; charset=utf-8", words);

    // Deviates from RFC 6533 §4: quoted-printable also where 8-bit would pass, as the way of the report isn't known.
    const std::string status =
        delivery_status(reporter, message, recipients, message.smtputf8 ? StatusForm::utf8 : StatusForm::seven_bit);
    append_part(report.head, stamp, "Delivery report",
                ascii::is_ascii(status) ? "message/delivery-status" : "message/global-delivery-status", status);

    const bool failure = std::ranges::any_of(recipients, [](const Recipient& r) { return r.action == Action::failed; });
    append_original(report, message, failure, content, stamp);
    report.tail = "\r\n--" + stamp.boundary + "--\r\n";
    return report;
}

}  // namespace

void ReturnedWriter::feed(std::string_view piece, std::string& out) {
    if (returned_.quoted_printable) {
        encoder_.feed(piece, out);
    } else {
        out += piece;
    }
}

void ReturnedWriter::finish(std::string& out) {
    if (returned_.quoted_printable) encoder_.finish(out);
}

Report report_to_sender(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
                        const Content& content, const Stamp& stamp) {
    return compose(reporter, message, recipients, content, stamp, Audience::sender);
}

Report report_to_postmaster(const Reporter& reporter, const Message& message, std::span<const Recipient> recipients,
                            const Content& content, const Stamp& stamp) {
    return compose(reporter, message, recipients, content, stamp, Audience::postmaster);
}

}  // namespace posthouse::dsn
