// ESMTP parameters of MAIL and RCPT (RFC 5321 §4.1.2, esmtp-param): writing.
#include "lib/smtp/date_time.h"
#include "lib/smtp/parameters.h"
#include "lib/smtp/xtext.h"

namespace posthouse::smtp {
namespace {

std::string write_body(Body body, const Offered& offered) {
    switch (body) {
        case Body::seven_bit: return " BODY=7BIT";
        case Body::eight_bit_mime: return " BODY=8BITMIME";
        case Body::binary_mime: break;
    }
    return offered.binarymime ? " BODY=BINARYMIME" : "";
}

std::string write_deliver_by(const DeliverBy& by) {
    return " BY=" + std::to_string(by.seconds) + (by.mode == DeliverBy::Mode::notify ? ";N" : ";R") +
           (by.trace ? "T" : "");
}

std::string write_notify(const DsnNotify& notify) {
    std::string words;
    if (notify.success) words += ",SUCCESS";
    if (notify.failure) words += ",FAILURE";
    if (notify.delay) words += ",DELAY";
    return " NOTIFY=" + (words.empty() ? "NEVER" : words.substr(1));
}

}  // namespace

std::string write_mail_parameters(const MailParameters& parameters, const Offered& offered) {
    std::string out;
    if (parameters.size && offered.size) out += " SIZE=" + std::to_string(*parameters.size);
    if (parameters.body && offered.eightbitmime) out += write_body(*parameters.body, offered);
    if (parameters.smtputf8 && offered.smtputf8) out += " SMTPUTF8";
    if (parameters.auth && offered.auth) out += " AUTH=" + encode_xtext(*parameters.auth);
    if (parameters.ret && offered.dsn) out += *parameters.ret == DsnReturn::full ? " RET=FULL" : " RET=HDRS";
    if (parameters.envelope_id && offered.dsn) out += " ENVID=" + encode_xtext(*parameters.envelope_id);
    if (parameters.require_tls && offered.requiretls) out += " REQUIRETLS";
    if (parameters.hold_for && offered.futurerelease) out += " HOLDFOR=" + std::to_string(*parameters.hold_for);
    if (parameters.hold_until && offered.futurerelease) out += " HOLDUNTIL=" + format_date_time(*parameters.hold_until);
    if (parameters.deliver_by && offered.deliverby) out += write_deliver_by(*parameters.deliver_by);
    if (parameters.priority && offered.mt_priority) out += " MT-PRIORITY=" + std::to_string(*parameters.priority);
    return out;
}

std::string write_rcpt_parameters(const RcptParameters& parameters, const Offered& offered) {
    std::string out;
    if (!offered.dsn) return out;
    if (parameters.notify) out += write_notify(*parameters.notify);
    if (!parameters.original_type.empty()) {
        const bool utf8 = parameters.original_type == "utf-8";
        out += " ORCPT=" + parameters.original_type + ";" +
               (utf8 ? encode_utf8_xtext(parameters.original_recipient) : encode_xtext(parameters.original_recipient));
    }
    return out;
}

}  // namespace posthouse::smtp
