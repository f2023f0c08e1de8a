// Names of queue files, written and parsed.
#include "queued/spool/queue_name.h"

#include "lib/base/random.h"
#include "queued/spool/fields.h"

namespace posthouse::spool {
namespace {

constexpr std::size_t random_count = 8;

}  // namespace

std::string to_file_name(const QueueName& name) {
    return name.due == 0 ? name.id : name.id + "." + std::to_string(name.due);
}

std::optional<QueueName> parse_file_name(std::string_view text) {
    const auto dot = text.find('.');
    const std::string_view id = text.substr(0, dot);
    if (!is_id(id)) return std::nullopt;
    if (dot == std::string_view::npos) return QueueName{std::string(id), 0};
    const std::optional<std::int64_t> due = parse_time(text.substr(dot + 1));
    if (!due || *due == 0) return std::nullopt;
    return QueueName{std::string(id), *due};
}

std::string make_temporary_name() { return "." + random_hex(random_count); }

bool is_temporary_name(std::string_view text) {
    return text.size() == 1 + 2 * random_count && text[0] == '.' &&
           text.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

}  // namespace posthouse::spool
