// Writes example reports into the folder named on the command line: what dsn_test.py reads with Python's email package.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lib/dsn/report.h"

using namespace posthouse::dsn;

namespace {

const Reporter kReporter{.host = "mail.example.org", .postmaster = "postmaster@example.org"};

struct Example {
    std::string name;
    Message message;
    std::vector<Recipient> recipients;
    std::string original;
};

std::vector<Example> examples() {
    const Recipient failed{.address = "bob@example.net",
                           .original = OriginalRecipient{"rfc822", "Bob@Example.Net"},
                           .action = Action::failed,
                           .status = "5.1.1",
                           .remote_host = "mx.example.net",
                           .remote_address = "192.0.2.1",
                           .answer = "550 5.1.1 <bob@example.net>: no such user, " + std::string(200, 'x') + " " +
                                     std::string(300, 'y') + " see http://example.net/help",
                           .last_attempt = 1'790'000'100};
    const Recipient delayed{.address = "carol@example.com",
                            .action = Action::delayed,
                            .status = "4.4.1",
                            .reason = "Connection timed out",
                            .last_attempt = 1'790'000'100,
                            .retry_until = 1'790'432'000};
    const Recipient international{.address = "jörg@bücher.example",
                                  .original = OriginalRecipient{"utf-8", "jörg@bücher.example"},
                                  .action = Action::failed,
                                  .status = "5.2.2",
                                  .remote_host = "mx.xn--bcher-kva.example",
                                  .answer = "552 5.2.2 Kein Platz für jörg"};
    const std::string plain =
        "From: alice@example.org\r\nTo: bob@example.net\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
        "Message-ID: <lunch@example.org>\r\n\r\nAt noon?\r\n.\r\nFrom here\r\n";
    const std::string utf8 = "From: älice@example.org\r\nSubject: Grüße\r\n\r\nGrüße =  \r\n";
    const Message message{.sender = "alice@example.org",
                          .envelope_id = "QQ 314159",
                          .received_from = "client.example.org",
                          .received_address = "192.0.2.9",
                          .arrival = 1'790'000'000,
                          .id = "01ABC"};
    Message headers = message;
    headers.ret = posthouse::smtp::DsnReturn::headers;
    Message smtputf8 = message;
    smtputf8.sender = "älice@example.org";
    smtputf8.smtputf8 = true;
    Message smtputf8_headers = smtputf8;
    smtputf8_headers.ret = posthouse::smtp::DsnReturn::headers;
    return {{"failed", message, {failed}, plain},
            {"failed_headers", headers, {failed, delayed}, plain},
            {"delayed", message, {delayed}, plain},
            {"eight_bit",
             message,
             {failed, international},
             "Subject: x\r\n\r\nGr\xfc\xdf"
             "e\r\n"},
            {"international", smtputf8, {international}, utf8},
            {"international_headers", smtputf8_headers, {international}, utf8}};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    for (const Example& example : examples()) {
        const Stamp stamp{.now = 1'790'000'200,
                          .message_id = "01DEF@mail.example.org",
                          .boundary = make_boundary("0123456789abcdef0123456789abcdef")};
        ContentScanner scanner(stamp.boundary);
        scanner.feed(example.original);
        const Report report =
            report_to_sender(kReporter, example.message, example.recipients, scanner.finish(true), stamp);
        std::string text = report.head;
        if (report.returned) {
            ReturnedWriter writer(*report.returned);
            writer.feed(example.original, text);
            writer.finish(text);
        }
        const std::filesystem::path folder = argv[1];
        std::ofstream(folder / (example.name + ".eml"), std::ios::binary) << text << report.tail;
        std::ofstream(folder / (example.name + ".original"), std::ios::binary) << example.original;
    }
    return 0;
}
