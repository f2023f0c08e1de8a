// IMAP: log-ins, and commands.
#include <array>
#include <string_view>

#include "tests/bench/load/conversation.h"

namespace posthouse::load {
namespace {

class ImapLogin final : public Conversation {
  public:
    ImapLogin(Users& users, const Options& options) : users_(users), password_(options.password) {}
    std::optional<std::string> begin() override {
        user_ = users_.next();
        step_ = 0;
        return user_ ? std::optional<std::string>("") : std::nullopt;
    }
    Next take(std::string& in, std::string& out) override {
        if (!in.ends_with("\r\n")) return Next::more;
        const std::size_t begin = in.rfind('\n', in.size() - 2);
        const std::string_view last = std::string_view(in).substr(begin == std::string::npos ? 0 : begin + 1);
        if (step_ == 0 && in.starts_with("* OK")) {
            out = "a LOGIN " + *user_ + " " + password_ + "\r\n";
        } else if (step_ == 1 && last.starts_with("a OK")) {
            out = "b LOGOUT\r\n";
        } else if (step_ == 2 && last.starts_with("b OK")) {
            return Next::close;
        } else {
            return last.starts_with("a ") || last.starts_with("* BYE") ? Next::failed : Next::more;
        }
        ++step_;
        in.clear();
        return Next::send;
    }
    bool connects_each_time() const override { return true; }

  private:
    Users& users_;
    std::string password_;
    std::optional<std::string> user_;
    int step_ = 0;
};

class ImapCommands final : public Conversation {
  public:
    ImapCommands(Users& users, const Options& options)
        : options_(options), user_(users.next().value_or("")), client_(clients_++ % options.mailboxes) {
        if (options.append != 0) {
            message_ =
                "From: joe@example.org\r\nTo: jane@example.org\r\nSubject: measured\r\nMessage-ID: "
                "<load@example.org>\r\n\r\n";
            while (message_.size() + 72 < options.append) message_ += std::string(70, 'x') + "\r\n";
        }
    }
    bool is_prepared(std::string& in, std::string& out) override {
        if (step_ == 0) {
            if (!in.starts_with("* OK") || !in.ends_with("\r\n")) return false;
        } else if (const Next next = answer(in); next != Next::done) {
            if (next == Next::failed) give_up("refused: " + in);
            return false;
        }
        in.clear();
        if (step_ > options_.setup.size()) return true;
        out = step_ == 0 ? "zq LOGIN " + user_ + " " + options_.password + "\r\n"
                         : "zq " + filled(options_.setup[step_ - 1]) + "\r\n";
        ++step_;
        return false;
    }
    std::optional<std::string> begin() override {
        done_ = 0;
        random_number_ = std::uniform_int_distribution<std::size_t>(1, options_.numbers)(random_);
        if (once_[client_] == options_.numbers) return std::nullopt;
        return next_command();
    }
    Next take(std::string& in, std::string& out) override {
        const Next next = answer(in);
        if (next != Next::done) return next;
        in.clear();
        if (done_ == options_.commands.size()) return Next::done;
        out = next_command();
        return Next::send;
    }

  private:
    std::string next_command() {
        std::string text = "zq " + filled(options_.commands[done_++]);
        if (done_ == options_.commands.size() && !message_.empty())
            text += " {" + std::to_string(message_.size()) + "+}\r\n" + message_;
        return text + "\r\n";
    }
    std::string filled(std::string text) {
        for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1)) {
            const char what = text.at(at + 1);
            std::size_t number = client_;
            if (what == 'r') number = random_number_;
            if (what == 'R') number = random_number_ + 49;
            if (what == 'x') number = done_ == 1 ? ++once_[client_] : once_of_piece_;
            if (what == 'x') once_of_piece_ = number;
            text.replace(at, 2, std::to_string(number));
        }
        return text;
    }
    /// Whether the tagged reply has come; what can't be a part of it is forgotten.
    static Next answer(std::string& in) {
        const bool is_whole = in.ends_with("\n");
        const std::size_t end = in.rfind('\n', in.size() - (is_whole ? 2 : 1));
        if (end != std::string::npos) in.erase(0, end + 1);
        if (!is_whole) return Next::more;
        if (in.starts_with("zq OK")) return Next::done;
        if (in.starts_with("zq ")) return Next::failed;
        in.clear();
        return Next::more;
    }

    static inline std::size_t clients_ = 0;
    static inline std::array<std::size_t, 100> once_{};  // of each mailbox
    const Options& options_;
    std::string user_;
    std::size_t client_;
    std::string message_;
    std::size_t step_ = 0;
    std::size_t done_ = 0;  // commands of this piece of work
    std::size_t random_number_ = 1;
    std::size_t once_of_piece_ = 0;
    std::mt19937_64 random_{clients_};
};

}  // namespace

std::unique_ptr<Conversation> imap_login(Users& users, const Options& options) {
    return std::make_unique<ImapLogin>(users, options);
}
std::unique_ptr<Conversation> imap_commands(Users& users, const Options& options) {
    return std::make_unique<ImapCommands>(users, options);
}

}  // namespace posthouse::load
