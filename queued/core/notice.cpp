// Notice: states of recipients become a report, the report becomes a message in the queue.
#include "queued/core/notice.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lib/base/hash.h"
#include "lib/base/random.h"
#include "lib/dsn/content.h"
#include "lib/dsn/report.h"
#include "lib/smtp/srs.h"

namespace posthouse::queued {
namespace {

using spool::EventKind;

/// The name for the client of reports to the postmaster, as Postfix calls their sender.
constexpr std::string_view double_bounce = "double-bounce";

constexpr std::size_t piece_bytes = 64u << 10;

/// Where a recipient's notice goes. A list's owner is told instead of the sender; an address of SRS is the sender's, on
/// a way that only others need.
const smtp::ReversePath& told(const spool::Envelope& envelope, const spool::Recipient& recipient) {
    if (!recipient.sender || (*recipient.sender && smtp::is_srs((*recipient.sender)->local_part)))
        return envelope.sender;
    return *recipient.sender;
}

dsn::Action action_of(const spool::Recipient& recipient, const spool::RecipientState& state, bool delayed) {
    if (delayed) return dsn::Action::delayed;
    if (state.fate == EventKind::delivered && recipient.transport == spool::alias_transport)
        return dsn::Action::expanded;
    if (state.fate == EventKind::delivered) return dsn::Action::delivered;
    if (state.fate == EventKind::relayed) return dsn::Action::relayed;
    return dsn::Action::failed;
}

dsn::Recipient reported(const spool::Recipient& recipient, const spool::RecipientState& state, const Notice& notice) {
    dsn::Recipient result;
    result.address = recipient.address.to_string();
    if (recipient.original) result.original = {recipient.original->type, recipient.original->address};
    result.action = action_of(recipient, state, notice.delayed);
    result.status = state.status;
    std::tie(result.remote_host, result.remote_address) = host_and_address(state.remote);
    (state.remote.empty() ? result.reason : result.answer) = state.reply;
    // Only what was put off was tried as long as messages are; who was refused for good was refused at once.
    result.expired = result.action == dsn::Action::failed && !state.status.starts_with('5');
    result.last_attempt = state.last_try;
    result.retry_until = notice.retry_until;
    return result;
}

dsn::Message reported(const spool::Envelope& envelope, const Notice& notice) {
    dsn::Message message;
    if (notice.audience == Notice::Audience::sender) message.sender = notice.to.to_string();
    message.envelope_id = envelope.envelope_id;
    message.ret = envelope.ret;
    message.smtputf8 = envelope.smtputf8;
    message.received_from = envelope.client.helo;
    message.received_address = envelope.client.address;
    message.arrival = envelope.arrived;
    message.id = envelope.id;
    message.remark = notice.remark;
    return message;
}

/// Feeds the message to `take` from its beginning until it says that it has enough.
template <typename Take>
Result<bool> read_all(spool::Entry& entry, std::uint64_t size, Take take) {
    std::string buffer(piece_bytes, '\0');
    for (std::uint64_t offset = 0; offset < size;) {
        const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - offset));
        const Result<std::size_t> got = entry.read(offset, {buffer.data(), most});
        if (!got) return fail(got.error());
        if (*got == 0) return fail(ErrorCode::invalid, "The message is shorter than its head says");
        offset += *got;
        const Result<bool> more = take(std::string_view(buffer).substr(0, *got));
        if (!more) return fail(more.error());
        if (!*more) return false;
    }
    return true;
}

/// What a report has to know of the message. More than its header only when it may go back whole.
Result<dsn::Content> scan(spool::Entry& entry, const std::string& boundary, bool may_return_whole) {
    dsn::ContentScanner scanner(boundary);
    const auto feed = [&](std::string_view piece) -> Result<bool> {
        scanner.feed(piece);
        return may_return_whole || !scanner.header_done();
    };
    const Result<bool> whole = read_all(entry, entry.message_bytes(), feed);
    if (!whole) return fail(whole.error());
    return scanner.finish(*whole);
}

Result<> write_report(spool::Writer& writer, spool::Entry& entry, const dsn::Report& report) {
    if (Result<> written = writer.write(report.head); !written) return written;
    if (report.returned) {
        dsn::ReturnedWriter returned(*report.returned);
        std::string out;
        const auto pass_on = [&](std::string_view piece) -> Result<bool> {
            returned.feed(piece, out);
            const Result<> written = writer.write(out);
            out.clear();
            if (!written) return fail(written.error());
            return true;
        };
        const Result<bool> passed = read_all(entry, report.returned->size, pass_on);
        if (!passed) return fail(passed.error());
        returned.finish(out);
        if (Result<> written = writer.write(out); !written) return written;
    }
    return writer.write(report.tail);
}

spool::Envelope envelope_of(const dsn::Report& report, const Notice& notice, std::string id,
                            const NoticeTargets& targets, std::int64_t now) {
    spool::Envelope envelope;
    envelope.id = std::move(id);
    envelope.arrived = now;
    envelope.body = report.eight_bit ? smtp::Body::eight_bit_mime : smtp::Body::seven_bit;
    envelope.smtputf8 = report.smtputf8;
    if (notice.audience == Notice::Audience::postmaster) envelope.client.helo = double_bounce;
    envelope.recipients = targets;
    for (spool::Recipient& recipient : envelope.recipients) recipient.notify = smtp::DsnNotify{};  // RFC 3461 §6.1
    return envelope;
}

}  // namespace

std::vector<Notice> notices_for(const spool::Envelope& envelope, const std::vector<std::uint32_t>& recipients,
                                bool delayed, std::int64_t retry_until) {
    std::map<std::string, Notice> by_path;
    for (const std::uint32_t number : recipients) {
        const smtp::ReversePath& path = told(envelope, envelope.recipients[number]);
        if (!path) continue;
        Notice& notice = by_path[path->to_string()];
        notice.to = *path;
        notice.recipients.push_back(number);
        notice.delayed = delayed;
        notice.retry_until = retry_until;
    }
    std::vector<Notice> notices;
    for (auto& [path, notice] : by_path) notices.push_back(std::move(notice));
    return notices;
}

std::pair<std::string, std::string> host_and_address(const std::string& remote) {
    const auto open = remote.find('[');
    if (open == std::string::npos || !remote.ends_with(']')) return {remote, ""};
    return {remote.substr(0, open), remote.substr(open + 1, remote.size() - open - 2)};
}

bool is_last_report(const spool::Envelope& envelope) {
    return !envelope.sender && envelope.client.address.empty() && envelope.client.helo == double_bounce;
}

std::string notice_id(const spool::Envelope& envelope, const Notice& notice) {
    std::string told = envelope.id + (notice.delayed ? " delayed " : " ended ") + notice.to.to_path();
    told += notice.audience == Notice::Audience::postmaster ? " postmaster" : " sender";
    for (const std::uint32_t number : notice.recipients) told += " " + std::to_string(number);
    return make_id(blake2b(told));
}

Result<std::string> write_notice(const spool::Incoming& incoming, spool::Entry& entry,
                                 std::span<const spool::RecipientState> states, const Notice& notice,
                                 const NoticeTargets& targets, const NoticeRules& rules, std::int64_t now) {
    const spool::Envelope& about = entry.envelope();
    std::vector<dsn::Recipient> recipients;
    for (const std::uint32_t number : notice.recipients)
        recipients.push_back(reported(about.recipients[number], states[number], notice));
    const dsn::Stamp stamp{.now = now,
                           .message_id = notice_id(about, notice) + "@" + rules.hostname,
                           .boundary = dsn::make_boundary(random_hex(16)),
                           .max_returned = rules.bounce_size_limit};
    const bool may_return_whole = !notice.delayed && entry.message_bytes() <= rules.bounce_size_limit;
    const Result<dsn::Content> content = scan(entry, stamp.boundary, may_return_whole);
    if (!content) return fail(content.error());
    const auto make = notice.audience == Notice::Audience::sender ? dsn::report_to_sender : dsn::report_to_postmaster;
    const dsn::Report report =
        make({rules.hostname, rules.postmaster}, reported(about, notice), recipients, *content, stamp);

    std::string id = notice_id(about, notice);
    Result<spool::Writer> writer = spool::Writer::begin(incoming);
    if (!writer) return fail(writer.error());
    if (Result<> written = write_report(*writer, entry, report); !written) return fail(written.error());
    const Result<> finished = writer->finish(envelope_of(report, notice, id, targets, now));
    if (!finished && finished.error().code != ErrorCode::exists) return fail(finished.error());
    return id;
}

}  // namespace posthouse::queued
