// The head's body: a magic word with the version, and the three sizes.
#include "queued/spool/layout.h"

namespace posthouse::spool {
namespace {

constexpr std::string_view magic = "PHQUEUE1";

std::unexpected<Error> damaged(std::string detail) {
    return fail(ErrorCode::invalid, "Malformed queue file", std::move(detail));
}

}  // namespace

std::string to_record(const Layout& layout, RecordKind kind) {
    std::string body(magic);
    append_number(body, layout.content_bytes, 8);
    append_number(body, layout.front_bytes, 4);
    append_number(body, layout.envelope_bytes, 4);
    std::string record;
    append_record(record, kind, body);
    return record;
}

Result<Layout> parse_layout(std::string_view bytes, RecordKind kind) {
    const std::optional<std::string_view> body = body_of(bytes, kind);
    if (!body) return damaged(kind == RecordKind::head ? "no head" : "no closing record");
    if (body->size() < magic.size() || !body->starts_with(magic.substr(0, magic.size() - 1))) return damaged("no head");
    if (!body->starts_with(magic))
        return fail(ErrorCode::unsupported, "Queue file of a later version",
                    std::string(body->substr(0, magic.size())));
    if (body->size() != Layout::head_bytes - record_head_bytes) return damaged("size of the head");
    const Layout layout{number_at(*body, 8, 8), static_cast<std::uint32_t>(number_at(*body, 16, 4)),
                        static_cast<std::uint32_t>(number_at(*body, 20, 4))};
    if (layout.content_bytes > max_content_bytes || layout.front_bytes > max_front_bytes ||
        layout.envelope_bytes > max_envelope_bytes || layout.envelope_bytes == 0)
        return damaged("sizes in the head");
    return layout;
}

}  // namespace posthouse::spool
