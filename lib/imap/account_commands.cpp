// Arguments of AUTHENTICATE, LOGIN, ID, ENABLE, COMPRESS, GETQUOTA and SETQUOTA.
#include "lib/base/base64.h"
#include "lib/imap/command.h"
#include "lib/imap/limits.h"

namespace posthouse::imap {

void read(Arguments& arguments, Authenticate& command) {
    arguments.space();
    command.mechanism = arguments.keyword();
    if (!arguments.accept(' ')) return;
    if (arguments.accept('=')) {
        command.initial_response.emplace();
        return;
    }
    auto decoded = base64::decode(arguments.rest());
    if (!decoded || arguments.at_end()) return arguments.fail("Invalid base64 in the initial response");
    while (!arguments.at_end()) arguments.accept(arguments.peek());
    command.initial_response.emplace(std::move(*decoded));
}

void read(Arguments& arguments, Login& command) {
    arguments.space();
    command.user = arguments.astring();
    arguments.space();
    command.password = Secret(arguments.astring());
}

void read(Arguments& arguments, Id& command) {
    arguments.space();
    if (arguments.accept_word("NIL")) return;
    arguments.expect('(');
    if (arguments.accept(')')) return;
    do {
        if (command.fields.size() >= kMaxIdPairs) return arguments.fail("Too many ID fields", ErrorCode::limit);
        std::string field = arguments.string();
        arguments.space();
        std::optional<std::string> value = arguments.nstring();
        if (field.size() > kMaxIdValue || (value && value->size() > kMaxIdValue)) {
            return arguments.fail("ID field too long", ErrorCode::limit);
        }
        if (!arguments.failed()) command.fields.emplace_back(std::move(field), std::move(value));
    } while (arguments.accept(' '));
    arguments.expect(')');
}

void read(Arguments& arguments, QuotaRoot& command) {
    arguments.space();
    command.root = arguments.astring();
}

void read(Arguments& arguments, SetQuota& command) {
    arguments.space();
    command.root = arguments.astring();
    arguments.space();
    arguments.expect('(');
    if (arguments.accept(')')) return;
    do {
        if (command.limits.size() >= kMaxWords) return arguments.fail("Too many resources", ErrorCode::limit);
        std::string resource = arguments.keyword();
        arguments.space();
        command.limits.emplace_back(std::move(resource), arguments.number64());
    } while (arguments.accept(' '));
    arguments.expect(')');
}

void read(Arguments& arguments, Compress& command) {
    arguments.space();
    command.mechanism = arguments.keyword();
}

void read(Arguments& arguments, Enable& command) {
    arguments.space();
    do {
        if (command.capabilities.size() >= kMaxWords) return arguments.fail("Too many arguments", ErrorCode::limit);
        command.capabilities.push_back(arguments.keyword());
    } while (arguments.accept(' '));
}

}  // namespace posthouse::imap
