// The tagged reply of a command: from an error to its words, and to bytes.
#include "imapd/reply.h"

#include <utility>

#include "lib/imap/strings.h"

namespace posthouse::imapd {
namespace {

/// The response code with its brackets and a space.
std::string_view code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::not_found: return "[NONEXISTENT] ";
        case ErrorCode::exists: return "[ALREADYEXISTS] ";
        case ErrorCode::denied: return "[NOPERM] ";
        case ErrorCode::unauthorized: return "[AUTHORIZATIONFAILED] ";
        case ErrorCode::expired: return "[EXPIRED] ";
        case ErrorCode::invalid:
        case ErrorCode::unsupported: return "[CANNOT] ";
        case ErrorCode::limit: return "[LIMIT] ";
        case ErrorCode::over_quota: return "[OVERQUOTA] ";
        case ErrorCode::busy: return "[INUSE] ";
        case ErrorCode::internal: return "[SERVERBUG] ";
        case ErrorCode::timeout:
        case ErrorCode::closed:
        case ErrorCode::cancelled:
        case ErrorCode::unavailable:
        case ErrorCode::no_space:
        case ErrorCode::io: return "[UNAVAILABLE] ";
    }
    return "";
}

std::string text_of(const Error& error) {
    if (!error.text.empty()) return imap::reply_text(error.text);
    return "Internal error, try again later";
}

}  // namespace

Reply ok(std::string text, Reply::Then then) { return {Reply::Kind::ok, std::move(text), then, {}, {}}; }
Reply no(std::string text) { return {Reply::Kind::no, std::move(text), Reply::Then::go_on, {}, {}}; }
Reply bad(std::string text) { return {Reply::Kind::bad, std::move(text), Reply::Then::go_on, {}, {}}; }

Reply no(const Error& error) {
    Reply reply = no(std::string(code_of(error.code)) + text_of(error));
    reply.error = error;
    return reply;
}

Reply no_target(const Error& error) {
    Reply reply = no(error);
    if (error.code == ErrorCode::not_found) reply.text = "[TRYCREATE] No such mailbox";
    return reply;
}

Reply refused(const Error& error) {
    if (error.code == ErrorCode::unsupported) return no(error.text);
    return bad(imap::reply_text(error.text));
}

std::string print(std::string_view tag, const Reply& reply) {
    std::string line(tag);
    switch (reply.kind) {
        case Reply::Kind::ok: line += " OK "; break;
        case Reply::Kind::no: line += " NO "; break;
        case Reply::Kind::bad: line += " BAD "; break;
    }
    line += reply.text;
    line += "\r\n";
    return line;
}

}  // namespace posthouse::imapd
