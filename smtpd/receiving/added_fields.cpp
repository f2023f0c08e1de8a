// What submission adds to a message that lacks it.
#include "smtpd/receiving/added_fields.h"

#include "lib/mime/header.h"
#include "lib/smtp/trace.h"

namespace posthouse::smtpd {

std::string added_fields(const HeaderCollector& header, std::string_view id, std::string_view hostname,
                         std::int64_t time) {
    if (header.is_cut()) return {};
    bool has_date = false;
    bool has_message_id = false;
    mime::HeaderReader reader(header.text());
    while (const auto field = reader.next()) {
        has_date = has_date || field->is("Date");
        has_message_id = has_message_id || field->is("Message-ID");
    }
    std::string fields;
    if (!has_date) fields += "Date: " + smtp::format_date(time) + "\r\n";
    if (!has_message_id) fields.append("Message-ID: <").append(id).append("@").append(hostname).append(">\r\n");
    return fields;
}

}  // namespace posthouse::smtpd
