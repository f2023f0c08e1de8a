// What one client of the load does, in whatever protocol.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace posthouse::load {

struct Options {
    std::string kind;
    std::string place;
    std::size_t clients = 10;
    double seconds = 5;
    std::string user = "u%d@example.org";
    std::size_t users = 1000;
    std::string password = "secret";
    bool each_user_once = false;
    std::vector<std::string> setup;
    std::vector<std::string> commands;
    std::size_t numbers = 1;
    std::size_t mailboxes = 1;
    std::size_t append = 0;
    std::size_t size = 4096;
};

[[noreturn]] void give_up(const std::string& what);

/// One after the other, or at random.
class Users {
  public:
    explicit Users(const Options& options) : options_(options) {}
    std::optional<std::string> next() {
        if (options_.each_user_once && number_ == options_.users) return std::nullopt;
        const std::size_t number = options_.each_user_once
                                       ? number_++
                                       : std::uniform_int_distribution<std::size_t>(0, options_.users - 1)(random_);
        std::string user = options_.user;
        if (const auto at = user.find("%d"); at != std::string::npos) user.replace(at, 2, std::to_string(number));
        return user;
    }

  private:
    const Options& options_;
    std::size_t number_ = 0;
    std::mt19937_64 random_{4711};
};

/// What one client does, step by step: it is asked what to send, and told what comes.
class Conversation {
  public:
    virtual ~Conversation() = default;
    /// Begins the next piece of work; what is sent first, "" when the server speaks first. Nothing: there is no more.
    virtual std::optional<std::string> begin() = 0;
    enum class Next { more, send, done, close, failed };
    /// Looks at what has come, and takes what it understands out of it. send: `out` is to be sent; done: the piece of
    /// work is, and the connection stays; close: the server will end the connection, which ends the piece of work.
    virtual Next take(std::string& in, std::string& out) = 0;
    /// Whether each piece of work wants a connection of its own.
    virtual bool connects_each_time() const { return false; }
    /// Whether the first piece of work may begin; else `out` is to be sent, and more to be awaited.
    virtual bool is_prepared(std::string& in, std::string& out) {
        static_cast<void>(in), static_cast<void>(out);
        return true;
    }
};

// imap.cpp
std::unique_ptr<Conversation> imap_login(Users& users, const Options& options);
std::unique_ptr<Conversation> imap_commands(Users& users, const Options& options);
// auth.cpp
std::unique_ptr<Conversation> auth_plain(Users& users, const Options& options);
std::unique_ptr<Conversation> map_look_ups(Users& users, const std::string& map);
// smtp.cpp
std::unique_ptr<Conversation> smtp_messages(Users& users, const Options& options);

}  // namespace posthouse::load
