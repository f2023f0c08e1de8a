// Reports of anything: lines stay bounded, and no byte of a stranger becomes a field, a recipient or a part.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/dsn/report.h"
#include "lib/mime/transfer.h"

using namespace posthouse;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

/// Lines end in CRLF, nothing else does, and they are short enough to be sent.
void check_lines(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        const std::string_view line = text.substr(0, end);
        require(line.size() <= 998);
        require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 2);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // One byte of choices, then texts between 0xff bytes; the last one is the message.
    if (size == 0) return 0;
    const std::uint8_t choice = data[0];
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto next = [&rest] {
        const std::size_t end = rest.find('\xff');
        const std::string text(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        return text;
    };
    const dsn::Stamp stamp{.now = 1'790'000'000, .message_id = "id@host", .boundary = dsn::make_boundary("b")};
    dsn::Message message{.sender = next(), .envelope_id = next(), .smtputf8 = (choice & 1) != 0};
    message.ret = (choice & 2) != 0 ? smtp::DsnReturn::headers : smtp::DsnReturn::full;
    message.received_from = next();
    message.received_address = next();
    message.id = next();
    dsn::Recipient recipient{.address = next(), .original = dsn::OriginalRecipient{next(), next()}};
    recipient.action = static_cast<dsn::Action>((choice >> 2) % 5);
    recipient.status = next();
    recipient.remote_host = next();
    recipient.remote_address = next();
    recipient.answer = next();
    recipient.reason = next();
    const std::string_view original = rest;

    dsn::ContentScanner scanner(stamp.boundary);
    const std::size_t half = original.size() / 2;
    scanner.feed(original.substr(0, half));
    scanner.feed(original.substr(half));
    const dsn::Content content = scanner.finish(true);
    require(content.size == original.size());
    require(content.header.size() <= dsn::max_returned_header);

    const dsn::Reporter reporter{.host = "host.example", .postmaster = "postmaster@host.example"};
    const std::vector recipients = {recipient};
    const dsn::Report report = (choice & 0x40) != 0
                                   ? dsn::report_to_postmaster(reporter, message, recipients, content, stamp)
                                   : dsn::report_to_sender(reporter, message, recipients, content, stamp);
    check_lines(report.head);
    std::string whole = report.head;
    if (report.returned) {
        require(recipient.action == dsn::Action::failed && message.ret == smtp::DsnReturn::full);
        std::string returned;
        dsn::ReturnedWriter writer(*report.returned);
        writer.feed(original.substr(0, half), returned);
        writer.feed(original.substr(half), returned);
        writer.finish(returned);
        if (report.returned->quoted_printable) {
            require(dsn::is_seven_bit(returned));
        } else {
            require(returned == original);
        }
        whole += returned;
    }
    whole += report.tail;

    const std::string_view body = std::string_view(report.head).substr(report.head.find("\r\n\r\n"));
    require(ascii::is_ascii(body));
    if (!report.smtputf8) require(ascii::is_ascii(report.head));
    const std::size_t parts = report.returned || !content.header.empty() ? 3 : 2;
    require(count(whole, "\n--" + stamp.boundary) == parts + 1);
    require(count(whole, "\n--" + stamp.boundary + "--\r\n") == 1);
    const std::size_t status = report.head.find("Content-Description: Delivery report");
    const std::string_view header = std::string_view(report.head).substr(0, report.head.find("\r\n\r\n"));
    require(count(header, "\nContent-Type: ") == 1 && count(header, "\nSubject: ") == 1 &&
            count(header, "\nTo: ") == 1);
    const std::size_t end = std::min(report.head.find("\n--" + stamp.boundary, status), report.head.size());
    const std::string_view fields = std::string_view(report.head).substr(status, end - status);
    require(count(fields, "\nAction: ") == 1 && count(fields, "\nFinal-Recipient: ") == 1);
    require(count(fields, "\r\n\r\n") == 2);  // after the part's own header, and before the recipient
    return 0;
}
