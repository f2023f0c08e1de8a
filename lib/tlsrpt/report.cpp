// TLS reports, compressed and as messages.
#include "lib/tlsrpt/report.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "lib/base/ascii.h"
#include "lib/base/base64.h"
#include "lib/smtp/trace.h"

namespace posthouse::tlsrpt {
namespace {

constexpr std::size_t max_id = 60;  ///< a boundary has 70 characters at most (RFC 2046 §5.1.1)

/// Can stand in a Message-ID, a file name and a boundary.
bool is_plain_id(std::string_view id) {
    return !id.empty() && id.size() <= max_id &&
           std::ranges::all_of(id, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string base64_lines(std::string_view bytes) {
    constexpr std::size_t bytes_per_line = 57;  // 76 characters
    std::string out;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes_per_line, bytes.size())))
        out += base64::encode(bytes.substr(0, bytes_per_line)) + "\r\n";
    return out;
}

}  // namespace

Result<std::string> gzip(std::string_view bytes) {
    constexpr int gzip_format = 15 + 16;
    constexpr int memory_level = 8;
    if (bytes.size() > std::numeric_limits<uInt>::max()) return fail(ErrorCode::limit, "Too long to be compressed");
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_format, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
        return fail(ErrorCode::internal, "Compression is not available");
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int done = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (done != Z_STREAM_END) return fail(ErrorCode::internal, "Compression failed");
    return out;
}

std::string file_name(const Report& report, std::string_view submitter) {
    std::string name(submitter);
    for (const std::string& part : {report.domain, std::to_string(report.start), std::to_string(report.end), report.id})
        name.append("!").append(part);
    return name + ".json.gz";
}

Result<std::string> report_mail(const Report& report, std::string_view submitter, const smtp::Mailbox& from,
                                const smtp::Mailbox& to, std::int64_t date) {
    if (!smtp::is_domain(report.domain) || !smtp::is_domain(submitter) || !is_plain_id(report.id))
        return fail(ErrorCode::invalid, "A domain or the id of a TLS report cannot stand in a header");
    if (from.needs_utf8() || to.needs_utf8())
        return fail(ErrorCode::invalid, "An address of a TLS report needs SMTPUTF8");
    const Result<std::string> content = gzip(to_json(report));
    if (!content) return fail(content.error());
    const std::string sender(submitter);
    const std::string boundary = "=_tlsrpt_" + report.id;
    std::string mail;
    mail += "From: <" + from.to_string() + ">\r\n";
    mail += "To: <" + to.to_string() + ">\r\n";
    mail += "Date: " + smtp::format_date(date) + "\r\n";
    mail += "Message-ID: <" + report.id + "@" + sender + ">\r\n";
    mail += "Subject: Report Domain: " + report.domain + "\r\n Submitter: " + sender + "\r\n Report-ID: <" + report.id +
            "@" + sender + ">\r\n";
    mail += "TLS-Report-Domain: " + report.domain + "\r\n";
    mail += "TLS-Report-Submitter: " + sender + "\r\n";
    mail += "TLS-Required: No\r\n";
    mail += "MIME-Version: 1.0\r\n";
    mail += "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"" + boundary + "\"\r\n";
    mail += "\r\nThis is a multipart message in MIME format.\r\n\r\n";
    mail += "--" + boundary + "\r\n";
    mail += "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
    mail += "This is an aggregate TLS report from " + sender + "\r\n\r\n";
    mail += "--" + boundary + "\r\n";
    mail += "Content-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n";
    mail += "Content-Disposition: attachment;\r\n filename=\"" + file_name(report, submitter) + "\"\r\n\r\n";
    mail += base64_lines(*content);
    mail += "\r\n--" + boundary + "--\r\n";
    return mail;
}

}  // namespace posthouse::tlsrpt
