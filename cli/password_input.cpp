// Where a password comes from.
#include "cli/password_input.h"

#include <termios.h>
#include <unistd.h>

#include <istream>
#include <ostream>

#include "auth/passwords/password.h"
#include "auth/passwords/scram_beside.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"

#include <fcntl.h>

namespace posthouse::cli {
namespace {

/// A terminal whose echo is off until this goes.
class SilentTerminal {
  public:
    explicit SilentTerminal(int fd) : fd_(fd), works_(::tcgetattr(fd, &before_) == 0) {
        if (!works_) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        works_ = ::tcsetattr(fd, TCSAFLUSH, &silent) == 0;
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;
    ~SilentTerminal() {
        if (works_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    }
    bool works() const { return works_; }

  private:
    int fd_;
    termios before_{};
    bool works_;
};

std::string read_terminal_line(int fd) {
    std::string line;
    char c = 0;
    while (::read(fd, &c, 1) == 1 && c != '\n') {
        if (line.size() <= auth::max_password) line += c;
    }
    return line;
}

Result<Secret> prompt(const std::string& email) {
    const Result<UniqueFd> terminal = open_file("/dev/tty", O_RDWR | O_NOCTTY);
    if (!terminal)
        return fail(ErrorCode::invalid, "No terminal to ask for the password: use --password-stdin or --generate");
    const SilentTerminal silent(terminal->get());
    if (!silent.works())
        return fail(ErrorCode::invalid, "The terminal's echo cannot be switched off: use --password-stdin");
    (void)write_all(terminal->get(), "Password for " + email + ": ");
    Secret first(read_terminal_line(terminal->get()));
    (void)write_all(terminal->get(), "\nThe same again: ");
    const Secret second(read_terminal_line(terminal->get()));
    (void)write_all(terminal->get(), "\n");
    if (!constant_time_equal(first.view(), second.view())) return fail(ErrorCode::invalid, "The two passwords differ");
    return first;
}

Result<std::string> read_input_line(Context& context) {
    std::string line;
    std::getline(context.in, line);
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return fail(ErrorCode::invalid, "No password on standard input");
    return line;
}

}  // namespace

void add_password_options(CLI::App& command, PasswordOptions& options) {
    CLI::Option* from_stdin =
        command.add_flag("--password-stdin", options.from_stdin, "Read the password from standard input (one line)");
    CLI::Option* hash_from_stdin = command.add_flag(
        "--hash-stdin", options.hash_from_stdin,
        "Read a ready hash from standard input (one line): {SCHEME}hash, as doveadm pw and PostfixAdmin write it");
    hash_from_stdin->excludes(from_stdin);
    command.add_flag("--generate", options.generate, "Generate a password and print it")
        ->excludes(from_stdin)
        ->excludes(hash_from_stdin);
    command.add_flag("--must-change", options.must_change,
                     "The user must set another one, by webmail, before it serves for mail programs");
}

Result<Secret> read_password_line(Context& context) {
    Result<std::string> line = read_input_line(context);
    if (!line) return fail(line.error());
    return Secret(std::move(*line));
}

auth::PasswordSettings password_settings(const Context& context) {
    const Result<config::Snapshot> config = context.config();
    return config ? auth::password_settings(**config) : auth::PasswordSettings();
}

Result<std::vector<std::string>> check_chosen(const Context& context, std::span<const auth::ChosenPassword> passwords) {
    const Result<config::Snapshot> config = context.config();
    if (!config) return fail(config.error());
    const std::optional<auth::PasswordRules> rules = auth::password_rules(**config);
    if (!rules) return std::vector<std::string>(passwords.size());
    return auth::check_chosen(passwords, *rules);
}

Result<NewPassword> read_password(Context& context, const std::string& email, const PasswordOptions& options) {
    const auth::PasswordSettings settings = password_settings(context);
    if (options.hash_from_stdin) {
        Result<std::string> hash = read_input_line(context);
        if (!hash) return fail(hash.error());
        if (const Result<> known = auth::check_stored_password(*hash, settings.default_scheme); !known)
            return fail(ErrorCode::invalid, known.error().text);
        return NewPassword{std::move(*hash), {}, {}};
    }
    Secret password;
    if (options.generate) {
        password = Secret(auth::generate_password());
    } else if (options.from_stdin) {
        Result<Secret> line = read_password_line(context);
        if (!line) return fail(line.error());
        password = std::move(*line);
    } else {
        Result<Secret> typed = prompt(email);
        if (!typed) return fail(typed.error());
        password = std::move(*typed);
    }
    if (!options.generate) {
        const auth::ChosenPassword chosen{email, password.view()};
        const Result<std::vector<std::string>> wrong = check_chosen(context, std::span(&chosen, 1));
        if (!wrong) return fail(wrong.error());
        if (!wrong->front().empty()) return fail(ErrorCode::invalid, wrong->front());
    }
    Result<std::string> hash = auth::hash_password(password.view(), settings);
    if (!hash) return fail(hash.error());
    Result<std::string> keys = auth::make_scram_beside(*hash, password.view(), settings);
    if (!keys) return fail(keys.error());
    NewPassword fresh{std::move(*hash), {}, std::move(*keys)};
    if (options.generate) fresh.generated = std::move(password);
    return fresh;
}

}  // namespace posthouse::cli
