// A queue file read: its head, then what lies behind the content, then the journal event by event.
#include "queued/spool/queue_file.h"

#include <algorithm>

#include "queued/spool/file_bytes.h"

namespace posthouse::spool {
namespace {

constexpr std::size_t read_bytes = 64u << 10;
/// A head of a later version may be longer than ours, but not longer than this.
constexpr std::size_t max_head_bytes = 256;

std::unexpected<Error> damaged(std::string detail) {
    return fail(ErrorCode::invalid, "Malformed queue file", std::move(detail));
}

/// The journal, from where it begins.
class JournalReader {
  public:
    JournalReader(int fd, QueueFile& file) : fd_(fd), file_(file) {}

    /// `bytes`: what was read of it already.
    Result<> read(std::string bytes) {
        text_ = std::move(bytes);
        for (;;) {
            const std::optional<std::string_view> body = next();
            if (!body) {
                const Result<bool> more = read_more();
                if (!more) return fail(more.error());
                if (!*more) return {};
                continue;
            }
            const Result<Event> event = parse_event(*body);
            if (!event) return fail(event.error());
            apply_event(*event, file_.states);
            if (event->kind == EventKind::held) file_.held = event->reply;
            if (event->kind == EventKind::released) file_.held.clear();
            taken_ += record_head_bytes + body->size();
            file_.journal_end += record_head_bytes + body->size();
            if (file_.journal_end - file_.layout.journal_at() > max_journal_bytes)
                return fail(ErrorCode::limit, "Malformed queue file", "journal: too long");
        }
    }

  private:
    std::string_view rest() const { return std::string_view(text_).substr(taken_); }
    std::optional<std::string_view> next() const { return body_of(rest(), RecordKind::event); }

    /// False: what is left is no event, and nothing that comes after could make it one.
    Result<bool> read_more() {
        if (rest().size() >= record_head_bytes) {
            const std::size_t needed = record_bytes(rest());
            if (needed > record_head_bytes + max_event_bytes || rest().size() >= needed) return false;
        }
        text_.erase(0, taken_);
        taken_ = 0;
        const Result<std::string> more = read_at(fd_, file_.journal_end + text_.size(), read_bytes);
        if (!more) return fail(more.error());
        text_ += *more;
        return !more->empty();
    }

    int fd_;
    QueueFile& file_;
    std::string text_;
    std::size_t taken_ = 0;  ///< of text_
};

}  // namespace

Result<QueueFile> load(int fd, std::uint64_t file_bytes) {
    QueueFile file;
    const Result<std::string> head = read_at(fd, 0, max_head_bytes);
    if (!head) return fail(head.error());
    const Result<Layout> layout = parse_layout(*head, RecordKind::head);
    if (!layout) return fail(layout.error());
    file.layout = *layout;
    if (layout->journal_at() > file_bytes) return damaged("the file is too short");

    // In one piece with the beginning of the journal.
    const auto behind = static_cast<std::size_t>(layout->journal_at() - layout->envelope_at());
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(file_bytes - layout->envelope_at(), behind + read_bytes));
    Result<std::string> bytes = read_at(fd, layout->envelope_at(), wanted);
    if (!bytes) return fail(bytes.error());
    const std::optional<std::string_view> text = body_of(*bytes, RecordKind::envelope);
    if (!text || text->size() != layout->envelope_bytes) return damaged("envelope: checksum");
    const Result<Layout> closing =
        parse_layout(std::string_view(*bytes).substr(record_head_bytes + text->size()), RecordKind::closing);
    if (!closing) return fail(closing.error());
    if (*closing != *layout) return damaged("the closing record is another's");
    Result<Envelope> envelope = parse_envelope(*text);
    if (!envelope) return fail(envelope.error());
    file.envelope = *std::move(envelope);
    file.states.resize(file.envelope.recipients.size());
    file.journal_end = layout->journal_at();
    bytes->erase(0, behind);
    if (Result<> read = JournalReader(fd, file).read(*std::move(bytes)); !read) return fail(read.error());
    return file;
}

}  // namespace posthouse::spool
