// perform(): one way for every command from line to answer, driven by the rows of a table.
#include "pop3d/commands/table.h"

#include <array>
#include <utility>
#include <variant>

#include "lib/pop3/command.h"
#include "pop3d/commands/commands.h"

namespace posthouse::pop3d {
namespace {

enum class Allowed { authorization, transaction, always };
enum class Password { no, sent };

struct Row {
    std::string_view verb;
    Allowed allowed;
    Password password;
    net::Async<Answer> (*run)(Session&, pop3::Command&&);
};

template <typename T, net::Async<Answer> (*handler)(Session&, T)>
net::Async<Answer> call(Session& session, pop3::Command&& command) {
    return handler(session, std::get<T>(std::move(command)));
}

/// In the order of pop3::Command's alternatives.
constexpr std::array rows{
    Row{"USER", Allowed::authorization, Password::sent, call<pop3::User, user>},
    Row{"PASS", Allowed::authorization, Password::sent, call<pop3::Pass, pass>},
    Row{"APOP", Allowed::authorization, Password::no, call<pop3::Apop, apop>},
    Row{"AUTH", Allowed::authorization, Password::sent, call<pop3::Auth, auth>},
    Row{"STLS", Allowed::authorization, Password::no, call<pop3::Stls, stls>},
    Row{"CAPA", Allowed::always, Password::no, call<pop3::Capa, capa>},
    Row{"STAT", Allowed::transaction, Password::no, call<pop3::Stat, stat>},
    Row{"LIST", Allowed::transaction, Password::no, call<pop3::List, list>},
    Row{"UIDL", Allowed::transaction, Password::no, call<pop3::Uidl, uidl>},
    Row{"RETR", Allowed::transaction, Password::no, call<pop3::Retr, retr>},
    Row{"TOP", Allowed::transaction, Password::no, call<pop3::Top, top>},
    Row{"DELE", Allowed::transaction, Password::no, call<pop3::Dele, dele>},
    Row{"NOOP", Allowed::transaction, Password::no, call<pop3::Noop, noop>},
    Row{"RSET", Allowed::transaction, Password::no, call<pop3::Rset, rset>},
    Row{"QUIT", Allowed::always, Password::no, call<pop3::Quit, quit>},
};
static_assert(rows.size() == std::variant_size_v<pop3::Command>);

bool is_allowed(const Row& row, State state) {
    switch (row.allowed) {
        case Allowed::authorization: return state == State::authorization;
        case Allowed::transaction: return state == State::transaction;
        case Allowed::always: return true;
    }
    return false;
}

void count(const Session& session, std::string_view verb) {
    session.services()
        .metrics.counter("posthouse_pop3_commands_total", "POP3 commands", {{"command", std::string(verb)}})
        .add();
}

}  // namespace

net::Async<Answer> perform(Session& session, std::string_view line) {
    Result<pop3::Command> command = pop3::parse_command(line);
    if (!command) {
        session.count_error();
        count(session, "invalid");
        co_return pop3::err(command.error().text);
    }
    const Row& row = rows[command->index()];
    count(session, row.verb);
    if (!is_allowed(row, session.state())) {
        session.count_error();
        co_return pop3::err(session.state() == State::authorization ? "Log in first" : "Already logged in");
    }
    if (row.password == Password::sent && !session.may_send_password()) {
        session.count_error();
        co_return pop3::err(pop3::ResponseCode::sys_perm, "Passwords are taken only over TLS: use STLS first");
    }
    Answer answer = co_await row.run(session, std::move(*command));
    co_return answer;
}

}  // namespace posthouse::pop3d
