// SMTP: message after message.
#include <array>
#include <string_view>

#include "tests/bench/load/conversation.h"

namespace posthouse::load {
namespace {

class SmtpMessages final : public Conversation {
  public:
    SmtpMessages(Users& users, const Options& options) : users_(users), body_(body_of(options.size)) {}
    bool is_prepared(std::string& in, std::string& out) override {
        const std::string_view code = code_of(in);
        if (code.empty()) return false;
        if (code != (is_greeted_ ? "250" : "220")) give_up("refused: " + in);
        in.clear();
        if (is_greeted_) return true;
        is_greeted_ = true;
        out = "EHLO client.example.org\r\n";
        return false;
    }
    std::optional<std::string> begin() override {
        user_ = users_.next();
        step_ = 0;
        return user_ ? std::optional<std::string>("MAIL FROM:<sender@example.com>\r\n") : std::nullopt;
    }
    Next take(std::string& in, std::string& out) override {
        constexpr std::array<std::string_view, 4> wanted{"250", "250", "354", "250"};
        const std::string_view code = code_of(in);
        if (code.empty()) return Next::more;
        if (code != wanted.at(step_)) return Next::failed;
        in.clear();
        switch (step_++) {
            case 0: out = "RCPT TO:<" + *user_ + ">\r\n"; return Next::send;
            case 1: out = "DATA\r\n"; return Next::send;
            case 2: out = header() + body_ + ".\r\n"; return Next::send;
            default: return Next::done;
        }
    }

  private:
    /// Of a whole reply; "" when there is more to come.
    static std::string_view code_of(std::string_view in) {
        if (!in.ends_with("\r\n")) return {};
        const std::size_t end = in.rfind('\n', in.size() - 2);
        const std::string_view last = in.substr(end == std::string_view::npos ? 0 : end + 1);
        return last.size() > 3 && last[3] == ' ' ? last.substr(0, 3) : std::string_view();
    }
    /// No two messages are the same.
    std::string header() const {
        static std::size_t number = 0;
        return "Message-ID: <" + std::to_string(++number) + ".load@example.com>\r\nTo: " + *user_ + "\r\n";
    }
    /// All messages share it.
    static const std::string& body_of(std::size_t size) {
        static const std::string body = [size] {
            std::string text =
                "From: Sender <sender@example.com>\r\nSubject: measured\r\nDate: Sat, 28 Nov 2026 10:00:00 +0000\r\n"
                "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
            while (text.size() + 140 < size) text += std::string(70, 'x') + "\r\n";
            return text;
        }();
        return body;
    }

    Users& users_;
    const std::string& body_;
    std::optional<std::string> user_;
    bool is_greeted_ = false;
    std::size_t step_ = 0;
};

}  // namespace

std::unique_ptr<Conversation> smtp_messages(Users& users, const Options& options) {
    return std::make_unique<SmtpMessages>(users, options);
}

}  // namespace posthouse::load
