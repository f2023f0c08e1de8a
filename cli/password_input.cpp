// Where a password comes from.
#include "cli/password_input.h"

#include <termios.h>
#include <unistd.h>

#include <istream>
#include <ostream>

#include "auth/passwords/password.h"
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

}  // namespace

void add_password_options(CLI::App& command, PasswordOptions& options) {
    CLI::Option* from_stdin =
        command.add_flag("--password-stdin", options.from_stdin, "Read the password from standard input (one line)");
    command.add_flag("--generate", options.generate, "Generate a password and print it")->excludes(from_stdin);
}

Result<Secret> read_password(Context& context, const std::string& email, const PasswordOptions& options) {
    if (options.generate) return Secret(auth::generate_password());
    if (!options.from_stdin) return prompt(email);
    std::string line;
    std::getline(context.in, line);
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return fail(ErrorCode::invalid, "No password on standard input");
    return Secret(std::move(line));
}

}  // namespace posthouse::cli
