// FittedContent: looked at, and converted.
#include "queued/outbound/fitted_content.h"

#include <algorithm>
#include <utility>

#include "lib/base/log.h"
#include "lib/mime/header.h"
#include "lib/smtp/internationalized.h"

namespace posthouse::queued {
namespace {

std::unexpected<smtp::Reply> unreadable(const Error& error) {
    return smtp::refuse(451, "4.3.0", "The message can't be read: " + error.text);
}

struct Converted {
    std::optional<ScratchFile> file;
    bool changed = false;
    bool complete = false;
    bool breaks_dkim = false;
};

/// Errors: those of the file.
Result<Converted> converted(ScratchFile& original, mime::LineForm form, const std::string& folder) {
    constexpr std::size_t most_held = 64u << 10;
    const Result<std::string_view> text = original.map();
    if (!text) return fail(text.error());
    const mime::Downgrade downgrade(*text, form);
    Converted out;
    out.complete = downgrade.complete();
    out.changed = downgrade.changes();
    if (!out.complete || !out.changed) return out;
    out.breaks_dkim = downgrade.breaks_dkim();
    Result<ScratchFile> file = ScratchFile::make(folder);
    if (!file) return fail(file.error());
    std::string held;
    Result<> written = downgrade.write([&](std::string_view piece) -> Result<> {
        held += piece;
        if (held.size() < most_held) return {};
        Result<> done = file->append(held);
        held.clear();
        return done;
    });
    if (written) written = file->append(held);
    if (!written) return fail(written.error());
    out.file.emplace(*std::move(file));
    return out;
}

}  // namespace

net::Async<Result<std::string>> TextSource::read(std::uint64_t offset) {
    co_return text_.substr(std::min<std::uint64_t>(offset, text_.size()), piece);
}

net::Async<Result<std::string>> FileSource::read(std::uint64_t offset) {
    Result<std::string> octets = co_await pool_.run([&] { return file_.read(offset, piece); });
    co_return octets;
}

/// The original in one piece.
net::Async<Result<ScratchFile>> FittedContent::copied() {
    Result<ScratchFile> file = co_await pool_.run([&] { return ScratchFile::make(folder_); });
    while (file && file->size() < original_.size()) {
        const Result<std::string> piece = co_await original_.read(file->size());
        if (!piece) co_return fail(piece.error());
        if (piece->empty()) co_return fail(ErrorCode::invalid, "it ends early");
        const Result<> written = co_await pool_.run([&] { return file->append(*piece); });
        if (!written) co_return fail(written.error());
    }
    co_return file;
}

net::Async<Result<std::string>> FittedContent::read_up_to(std::uint64_t most) {
    std::string text;
    while (text.size() < std::min(most, original_.size())) {
        Result<std::string> piece = co_await original_.read(text.size());
        if (!piece) co_return fail(piece.error());
        if (piece->empty()) co_return fail(ErrorCode::invalid, "it ends early");
        text += *piece;
    }
    co_return text;
}

net::Async<smtp::Parsed<transfer::Source*>> FittedContent::in(const Form& form) {
    if (form.look == Look::header && !utf8_header_) {
        Result<std::string> begin = co_await read_up_to(max_header);
        if (!begin) co_return unreadable(begin.error());
        utf8_header_ = smtp::has_utf8_header(mime::find_header(*begin).of(*begin));
    }
    if (form.look == Look::header && *utf8_header_)
        co_return smtp::refuse(550, "5.6.7", "The message's header needs SMTPUTF8, which the server does not offer");
    if (!form.downgrade) co_return &original_;
    smtp::Parsed<transfer::Source*> source = co_await convert(*form.downgrade);
    co_return source;
}

net::Async<smtp::Parsed<transfer::Source*>> FittedContent::convert(mime::LineForm line_form) {
    if (converted_form_ == line_form) co_return now();
    if (original_.size() > max_converted)
        co_return smtp::refuse(554, "5.6.3", "The message is too large to be encoded for a server without 8BITMIME");
    Result<ScratchFile> original = co_await copied();
    if (!original) co_return unreadable(original.error());
    Result<Converted> result = co_await pool_.run([&] { return converted(*original, line_form, folder_); });
    if (!result) co_return unreadable(result.error());
    if (!result->complete)
        co_return smtp::refuse(
            554, "5.6.3", "The message has 8-bit octets where they can't be encoded, and the server doesn't take them");
    if (result->breaks_dkim)
        log::warning("outbound: a signature (DKIM) is broken, as the server takes no 8-bit content", {{"id", id_}});
    converted_form_ = line_form;
    converted_.reset();
    if (result->changed) converted_.emplace(*std::move(result->file), pool_);
    co_return now();
}

transfer::Source* FittedContent::now() { return converted_ ? &*converted_ : &original_; }

}  // namespace posthouse::queued
