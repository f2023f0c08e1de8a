// File names of a Maildir: flags as letters, sizes as fields, base names that are unique.
#include "storage/maildir_name.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <utility>

#include "lib/base/ascii.h"

namespace posthouse::storage {
namespace {

std::size_t count_digits(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, ascii::is_digit) - text.begin());
}

constexpr std::string_view info_mark = ":2,";
constexpr std::array<std::pair<char, Flag>, 5> letters{
    {{'D', Flag::draft}, {'F', Flag::flagged}, {'R', Flag::answered}, {'S', Flag::seen}, {'T', Flag::deleted}}};

}  // namespace

std::string_view base_of(std::string_view file_name) { return file_name.substr(0, file_name.find(':')); }

bool is_message_name(std::string_view file_name) {
    return !base_of(file_name).empty() && std::ranges::none_of(file_name, ascii::is_control);
}

NameFlags flags_of(std::string_view file_name) {
    NameFlags flags;
    const auto info = file_name.find(info_mark);
    if (info == std::string_view::npos) return flags;
    for (const char c : file_name.substr(info + info_mark.size())) {
        if (ascii::is_lower(c)) {
            flags.keywords |= 1u << (c - 'a');
            continue;
        }
        const auto letter = std::ranges::find(letters, c, &std::pair<char, Flag>::first);
        if (letter != letters.end())
            flags.system.set(letter->second);
        else
            flags.other += c;
    }
    return flags;
}

std::string name_with_flags(std::string_view base, const NameFlags& flags) {
    std::string name(base);
    name += info_mark;
    const auto begin = static_cast<std::ptrdiff_t>(name.size());
    for (const auto& [letter, flag] : letters)
        if (flags.system.has(flag)) name += letter;
    name += flags.other;
    std::sort(name.begin() + begin, name.end());
    for (unsigned bit = 0; bit < 26; ++bit)
        if ((flags.keywords >> bit & 1) != 0) name += static_cast<char>('a' + bit);
    return name;
}

std::optional<std::uint64_t> size_in_name(std::string_view base, char key) {
    const std::array<char, 3> mark{',', key, '='};
    const auto at = base.find(std::string_view(mark.data(), mark.size()));
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = base.substr(at + mark.size());
    return ascii::parse_number(rest.substr(0, count_digits(rest)));
}

std::string base_with_sizes(std::string_view base, std::uint64_t physical_size, std::uint64_t wire_size) {
    std::string rest(base);
    for (const std::string_view mark : {",S=", ",W="})
        for (auto at = rest.find(mark); at != std::string::npos; at = rest.find(mark))
            rest.erase(at, mark.size() + count_digits(std::string_view(rest).substr(at + mark.size())));
    return rest + ",S=" + std::to_string(physical_size) + ",W=" + std::to_string(wire_size);
}

std::int64_t time_in_name(std::string_view base) {
    const auto time = ascii::parse_number(base.substr(0, base.find('.')));
    constexpr std::uint64_t far = 1ull << 40;  // in 34,000 years: not a time
    return time && *time < far ? static_cast<std::int64_t>(*time) : 0;
}

std::string_view id_in_name(std::string_view base) {
    const auto begin = base.find('.');
    if (begin == std::string_view::npos) return {};
    std::string_view part = base.substr(begin + 1);
    for (const char key : {'M', 'P', 'Q'}) {
        if (part.empty() || part.front() != key) return {};
        part.remove_prefix(1);
        part.remove_prefix(count_digits(part));
    }
    if (part.empty() || part.front() != 'I') return {};
    part.remove_prefix(1);
    const auto end = part.find('.');
    return end == std::string_view::npos ? std::string_view() : part.substr(0, end);
}

std::string make_base_name(std::string_view host, std::string_view id, std::uint64_t physical_size,
                           std::uint64_t wire_size) {
    static std::atomic<std::uint64_t> counter{0};
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    std::string name = std::to_string(now / 1'000'000) + ".M" + std::to_string(now % 1'000'000) + "P" +
                       std::to_string(::getpid()) + "Q" + std::to_string(++counter);
    if (!id.empty()) name.append("I").append(id);
    name.append(".").append(host);
    name += ",S=" + std::to_string(physical_size) + ",W=" + std::to_string(wire_size);
    return name;
}

std::string host_for_names(std::string_view host) {
    std::string out;
    for (const char c : host.substr(0, 63)) {
        if (c == '/')
            out += "\\057";
        else if (c == ':')
            out += "\\072";
        else if (c == ',' || ascii::is_control(c) || c == ' ')
            out += '_';
        else
            out += c;
    }
    return out.empty() ? "localhost" : out;
}

}  // namespace posthouse::storage
