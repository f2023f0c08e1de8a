// Failure: its words.
#include "lib/transfer/failure.h"

namespace posthouse::transfer {

std::string_view to_string(Step step) {
    switch (step) {
        case Step::greeting: return "while waiting for the greeting";
        case Step::hello: return "while saying EHLO";
        case Step::starttls: return "while saying STARTTLS";
        case Step::handshake: return "in the TLS handshake";
        case Step::login: return "while logging in";
        case Step::envelope: return "while sending the envelope";
        case Step::content: return "while sending the message";
        case Step::end_of_content: return "while waiting for the reply to the message (it may have been delivered)";
    }
    return "";
}

Failure from_error(const Error& error, Step step) {
    Failure failure;
    failure.step = step;
    const auto say = [&](Failure::Kind kind, std::string_view what) {
        failure.kind = kind;
        failure.text = std::string(what) + ' ' + std::string(to_string(step));
    };
    switch (error.code) {
        case ErrorCode::timeout: say(Failure::Kind::lost, "timed out"); break;
        case ErrorCode::closed: say(Failure::Kind::lost, "the connection was closed"); break;
        case ErrorCode::cancelled: say(Failure::Kind::ended, "given up by this side"); break;
        case ErrorCode::invalid:
        case ErrorCode::limit: say(Failure::Kind::nonsense, "the server does not speak SMTP: " + error.text); break;
        default: say(Failure::Kind::lost, error.message()); break;
    }
    return failure;
}

}  // namespace posthouse::transfer
