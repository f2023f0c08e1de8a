// Forwarding: SRS with this server's secrets.
#include "smtpd/delivery/forwarding.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/random.h"

namespace posthouse::smtpd {
namespace {

constexpr std::size_t max_secrets_bytes = 64u << 10;
constexpr std::size_t secret_bytes = 24;

/// Several workers may want to make it at one time: who comes second reads what the first has made. So it gets its name
/// when it is whole.
Result<> make_secret_file(const std::string& path) {
    const std::string temporary = path + "." + random_hex(8);
    if (Result<> written = write_file_durably(temporary, random_hex(secret_bytes) + "\n"); !written) return written;
    const bool named = ::link(temporary.c_str(), path.c_str()) == 0;
    const int error = errno;
    ::unlink(temporary.c_str());
    if (!named && error != EEXIST) return fail_errno("link " + path, error);
    return {};
}

std::vector<Secret> secrets_in(std::string_view text) {
    std::vector<Secret> secrets;
    for (const std::string_view line : ascii::split(text, '\n')) {
        const std::string_view secret = ascii::trim(line);
        if (!secret.empty() && !secret.starts_with('#')) secrets.emplace_back(std::string(secret));
    }
    return secrets;
}

}  // namespace

Forwarding::Forwarding(const config::Config& config)
    : file_(config.smtpd.srs_secret_file),
      own_file_(file_.empty()),
      domain_(ascii::lower(config.smtpd.srs_domain.empty() ? config.general.hostname : config.smtpd.srs_domain)) {
    if (own_file_) file_ = config.general.state_folder + "/srs.secret";
}

Result<> Forwarding::load() {
    Result<std::string> text = read_file(file_, max_secrets_bytes);
    if (!text && own_file_ && text.error().code == ErrorCode::not_found) {
        if (Result<> made = make_secret_file(file_); !made) return made;
        text = read_file(file_, max_secrets_bytes);
    }
    if (!text) return fail(text.error());
    std::vector<Secret> secrets = secrets_in(*text);
    wipe(*text);
    if (secrets.empty()) return fail(ErrorCode::invalid, "The file of SRS secrets holds none", file_);
    srs_.emplace(std::move(secrets), smtp::SrsOptions{.domain = domain_});
    return {};
}

bool Forwarding::is_ours(const smtp::Mailbox& recipient) const {
    return recipient.domain == domain_ && smtp::is_srs(recipient.local_part);
}

Result<smtp::Mailbox> Forwarding::undo(const smtp::Mailbox& recipient, std::int64_t now) const {
    if (!srs_) return fail(ErrorCode::unavailable, "SRS has no secret");
    return srs_->reverse(recipient, now);
}

Result<smtp::ReversePath> Forwarding::sender(const smtp::ReversePath& sender, std::int64_t now) const {
    if (!srs_) return fail(ErrorCode::unavailable, "SRS has no secret");
    Result<smtp::ReversePath> rewritten = srs_->forward(sender, now);
    if (!rewritten && rewritten.error().code == ErrorCode::limit) return sender;
    return rewritten;
}

}  // namespace posthouse::smtpd
