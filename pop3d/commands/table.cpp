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
    std::size_t alternative;  ///< of pop3::Command
    net::Async<Answer> (*run)(Session&, pop3::Command&&);
};

template <typename T, net::Async<Answer> (*handler)(Session&, T)>
net::Async<Answer> call(Session& session, pop3::Command&& command) {
    return handler(session, std::get<T>(std::move(command)));
}

template <typename T, typename... All>
constexpr std::size_t index_in(const std::variant<All...>*) {
    std::size_t index = 0;
    static_cast<void>(((std::is_same_v<T, All> || (++index, false)) || ...));
    return index;
}

template <typename T, net::Async<Answer> (*handler)(Session&, T)>
constexpr Row row(std::string_view verb, Allowed allowed, Password password) {
    return {verb, allowed, password, index_in<T>(static_cast<const pop3::Command*>(nullptr)), call<T, handler>};
}

/// In the order of pop3::Command's alternatives.
constexpr std::array rows{
    row<pop3::User, user>("USER", Allowed::authorization, Password::sent),
    row<pop3::Pass, pass>("PASS", Allowed::authorization, Password::sent),
    row<pop3::Apop, apop>("APOP", Allowed::authorization, Password::no),
    row<pop3::Auth, auth>("AUTH", Allowed::authorization, Password::sent),
    row<pop3::Stls, stls>("STLS", Allowed::authorization, Password::no),
    row<pop3::Capa, capa>("CAPA", Allowed::always, Password::no),
    row<pop3::Stat, stat>("STAT", Allowed::transaction, Password::no),
    row<pop3::List, list>("LIST", Allowed::transaction, Password::no),
    row<pop3::Uidl, uidl>("UIDL", Allowed::transaction, Password::no),
    row<pop3::Retr, retr>("RETR", Allowed::transaction, Password::no),
    row<pop3::Top, top>("TOP", Allowed::transaction, Password::no),
    row<pop3::Dele, dele>("DELE", Allowed::transaction, Password::no),
    row<pop3::Noop, noop>("NOOP", Allowed::transaction, Password::no),
    row<pop3::Rset, rset>("RSET", Allowed::transaction, Password::no),
    row<pop3::Quit, quit>("QUIT", Allowed::always, Password::no),
    row<pop3::Xclient, xclient>("XCLIENT", Allowed::authorization, Password::no),
};
static_assert(rows.size() == std::variant_size_v<pop3::Command>);

constexpr bool rows_stand_in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].alternative != i) return false;
    return true;
}
static_assert(rows_stand_in_order(), "the rows stand in the order of pop3::Command's alternatives");

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
