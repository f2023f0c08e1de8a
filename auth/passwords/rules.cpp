// Rules for passwords that people choose.
#include "auth/passwords/rules.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "auth/passwords/common_passwords.h"
#include "auth/passwords/password.h"
#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/secret.h"

namespace posthouse::auth {
namespace {

constexpr std::size_t min_name = 4;  // shorter names are in many a good password by chance
constexpr const char* known_text = "The password is known to everybody who guesses at passwords";

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string broken_rule(const std::string& email, std::string_view lowered, const PasswordRules& rules) {
    if (characters(lowered) < rules.min_length)
        return "The password must have at least " + std::to_string(rules.min_length) + " characters";
    const std::string name = email.substr(0, email.rfind('@'));
    if (name.size() >= min_name && lowered.find(name) != std::string_view::npos)
        return "The password must not contain the user's name";
    return is_common_password(lowered) ? known_text : "";
}

/// Calls `take` with each line of the file, without its end and in lower case.
template <typename Take>
Result<> each_line(const std::string& path, Take take) {
    const Result<UniqueFd> file = open_file(path, O_RDONLY);
    if (!file) return fail(file.error());
    std::array<char, 64 << 10> piece{};
    std::string line;
    bool too_long = false;
    const auto end_line = [&] {
        if (line.ends_with('\r')) line.pop_back();
        if (!too_long && !line.empty()) take(std::string_view(line));
        line.clear();
        too_long = false;
    };
    for (;;) {
        const ssize_t count = ::read(file->get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("read " + path, errno);
        if (count == 0) break;
        for (const char c : std::string_view(piece.data(), static_cast<std::size_t>(count))) {
            if (c == '\n')
                end_line();
            else if (line.size() > max_password)
                too_long = true;
            else
                line += ascii::to_lower(c);
        }
    }
    end_line();
    return {};
}

}  // namespace

std::optional<PasswordRules> password_rules(const config::Config& config) {
    if (!config.auth.password_rules) return std::nullopt;
    return PasswordRules{static_cast<std::size_t>(config.auth.password_min_length), config.auth.password_denylist};
}

Result<std::vector<std::string>> check_chosen(std::span<const ChosenPassword> passwords, const PasswordRules& rules) {
    std::vector<std::string> wrong(passwords.size());
    std::vector<Secret> lowered;
    lowered.reserve(passwords.size());
    std::multimap<std::string_view, std::size_t> wanted;  // those of `lowered`
    for (std::size_t i = 0; i < passwords.size(); ++i) {
        lowered.emplace_back(ascii::lower(passwords[i].password));
        wrong[i] = broken_rule(ascii::lower(passwords[i].email), lowered[i].view(), rules);
        if (wrong[i].empty()) wanted.emplace(lowered[i].view(), i);
    }
    if (rules.denylist.empty() || wanted.empty()) return wrong;
    const Result<> read = each_line(rules.denylist, [&](std::string_view line) {
        const auto [first, last] = wanted.equal_range(line);
        for (auto found = first; found != last; ++found) wrong[found->second] = known_text;
    });
    if (!read) return fail(ErrorCode::unsupported, "auth.password_denylist cannot be read", read.error().message());
    return wrong;
}

}  // namespace posthouse::auth
