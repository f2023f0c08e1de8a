// authd's protocols: log-ins, and look-ups in socketmaps.
#include <cstdlib>
#include <string_view>
#include <utility>

#include "tests/bench/load/conversation.h"

namespace posthouse::load {
namespace {

std::string base64(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            text += i + k <= bytes.size() || k < 2 ? letters[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

class AuthPlain final : public Conversation {
  public:
    AuthPlain(Users& users, const Options& options) : users_(users), password_(options.password) {}
    bool is_prepared(std::string& in, std::string&) override {
        if (in.find("DONE\n") == std::string::npos) return false;
        in.clear();
        return true;
    }
    std::optional<std::string> begin() override {
        static unsigned clients = 0;
        const std::optional<std::string> user = users_.next();
        if (!user) return std::nullopt;
        std::string line;
        if (id_ == 0) line = "VERSION\t1\t2\nCPID\t" + std::to_string(10'000 + ++clients) + "\n";
        line += "AUTH\t" + std::to_string(++id_) + "\tPLAIN\tservice=imap\trip=127.0.0.1\tsecured\tno-penalty\tresp=";
        return line + base64(std::string("\0", 1) + *user + std::string("\0", 1) + password_) + "\n";
    }
    Next take(std::string& in, std::string&) override {
        if (!in.ends_with('\n')) return Next::more;
        const Next next = in.starts_with("OK\t") ? Next::done : Next::failed;
        in.clear();
        return next;
    }

  private:
    Users& users_;
    std::string password_;
    unsigned id_ = 0;
};

class MapLookup final : public Conversation {
  public:
    MapLookup(Users& users, std::string map) : users_(users), map_(std::move(map)) {}
    std::optional<std::string> begin() override {
        const std::optional<std::string> user = users_.next();
        if (!user) return std::nullopt;
        const std::string text = map_ + " " + *user;
        return std::to_string(text.size()) + ":" + text + ",";
    }
    Next take(std::string& in, std::string&) override {
        const std::size_t colon = in.find(':');
        if (colon == std::string::npos) return Next::more;
        if (in.size() < colon + 2 + std::strtoul(in.c_str(), nullptr, 10)) return Next::more;
        const Next next = in.compare(colon + 1, 3, "OK ") == 0 ? Next::done : Next::failed;
        in.clear();
        return next;
    }

  private:
    Users& users_;
    std::string map_;
};

}  // namespace

std::unique_ptr<Conversation> auth_plain(Users& users, const Options& options) {
    return std::make_unique<AuthPlain>(users, options);
}
std::unique_ptr<Conversation> map_look_ups(Users& users, const std::string& map) {
    return std::make_unique<MapLookup>(users, map);
}

}  // namespace posthouse::load
