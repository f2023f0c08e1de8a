// posthouse user add --csv: many users at once.
#include "cli/user_import.h"

#include <unistd.h>

#include <atomic>
#include <istream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <thread>

#include "auth/passwords/password.h"
#include "auth/passwords/scram_beside.h"
#include "cli/change.h"
#include "cli/mail_folder.h"
#include "cli/open_directory.h"
#include "cli/output.h"
#include "cli/password_input.h"
#include "cli/table.h"
#include "cli/user_rows.h"
#include "lib/base/file.h"
#include "lib/base/secret.h"

namespace posthouse::cli {
namespace {

constexpr std::size_t max_csv = std::size_t{1} << 30;  // several million users
constexpr std::size_t max_reported = 20;

Result<std::string> read_input(Context& context, const std::string& path) {
    if (path != "-") return read_file(path, max_csv);
    std::string text{std::istreambuf_iterator<char>(context.in), {}};
    if (text.size() > max_csv) return fail(ErrorCode::limit, "More than 1 GiB of CSV");
    return text;
}

/// Shows how far it is, on a terminal only.
class Progress {
  public:
    Progress(Context& context, std::string what, std::size_t total)
        : err_(context.err), what_(std::move(what)), total_(total), shown_(::isatty(STDERR_FILENO) == 1) {}
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() {
        if (shown_) err_ << "\r\x1b[K" << std::flush;
    }
    void step() {
        const std::scoped_lock lock(mutex_);
        if (shown_ && ++done_ % 20 == 0) err_ << '\r' << what_ << ' ' << done_ << " of " << total_ << std::flush;
    }

  private:
    std::ostream& err_;
    std::string what_;
    std::size_t total_;
    bool shown_;
    std::mutex mutex_;
    std::size_t done_ = 0;
};

/// Whether the passwords that were chosen keep to the rules. Errors: invalid, with the faulty lines (at most 20).
Result<> check_rules(const Context& context, const std::vector<UserRow>& rows) {
    std::vector<auth::ChosenPassword> chosen;
    std::vector<std::size_t> lines;
    for (const UserRow& row : rows) {
        if (row.password.empty() || row.generated) continue;
        chosen.push_back({row.user.email, row.password});
        lines.push_back(row.line);
    }
    const Result<std::vector<std::string>> wrong = check_chosen(context, chosen);
    if (!wrong) return fail(wrong.error());
    std::string problems;
    std::size_t count = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if ((*wrong)[i].empty() || ++count > max_reported) continue;
        problems += (problems.empty() ? "Line " : "\nLine ") + std::to_string(lines[i]) + ": " + (*wrong)[i];
    }
    if (count > max_reported) problems += "\n" + std::to_string(count - max_reported) + " more lines are wrong";
    if (count > 0) return fail(ErrorCode::invalid, problems);
    return {};
}

// Hashing is what takes the time (12 ms each): all processors do it.
Result<> hash_all(Context& context, std::vector<UserRow>& rows, const auth::PasswordSettings& settings) {
    Progress progress(context, "Hashing password", rows.size());
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::optional<Error> failure;
    const auto work = [&] {
        for (std::size_t i = next++; i < rows.size(); i = next++) {
            if (rows[i].user.password.empty()) {
                Result<std::string> hash = auth::hash_password(rows[i].password, settings);
                if (!hash) {
                    const std::scoped_lock lock(mutex);
                    failure =
                        Error{hash.error().code, "Line " + std::to_string(rows[i].line) + ": " + hash.error().text, {}};
                    return;
                }
                Result<std::string> keys = auth::make_scram_beside(*hash, rows[i].password, settings);
                if (!keys) {
                    const std::scoped_lock lock(mutex);
                    failure = keys.error();
                    return;
                }
                rows[i].user.password = std::move(*hash);
                rows[i].scram_keys = std::move(*keys);
            }
            progress.step();
        }
    };
    {
        std::vector<std::jthread> threads;
        const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1u, 16u);
        threads.reserve(count);
        for (unsigned i = 0; i < count; ++i) threads.emplace_back(work);
    }
    if (failure) return fail(*failure);
    return {};
}

Result<> add_all(Context& context, const std::vector<UserRow>& rows) {
    Result<Change> change = Change::begin(context);
    if (!change) return fail(change.error());
    Progress progress(context, "Adding user", rows.size());
    for (const UserRow& row : rows) {
        Result<> added = change->directory().add_user(row.user);
        if (added && !row.scram_keys.empty())
            added = change->directory().set_scram_keys(row.user.email, row.user.password, row.scram_keys);
        if (!added)
            return fail(added.error().code, "Line " + std::to_string(row.line) + ": " + added.error().text,
                        added.error().detail);
        progress.step();
    }
    return change->commit("user.import", {}, std::to_string(rows.size()) + " users");
}

}  // namespace

Exit import_users(Context& context, const std::string& path, const PasswordOptions& options) {
    Result<std::string> csv = read_input(context, path);
    if (!csv) return report(context, csv.error());
    Result<std::vector<UserRow>> rows =
        parse_user_rows(*csv, options.generate, local_part(context), password_settings(context).default_scheme);
    wipe(*csv);
    if (!rows) return report(context, rows.error());
    for (UserRow& row : *rows) row.user.must_change_password = options.must_change;
    if (const Result<> checked = check_rules(context, *rows); !checked) return report(context, checked.error());
    if (const Result<> hashed = hash_all(context, *rows, password_settings(context)); !hashed)
        return report(context, hashed.error());
    if (const Result<> added = add_all(context, *rows); !added) return report(context, added.error());

    nlohmann::json added = nlohmann::json::array();
    Table passwords({"ADDRESS", "PASSWORD"});
    std::vector<std::string> addresses;
    bool any = false;
    for (UserRow& row : *rows) {
        addresses.push_back(row.user.email);
        nlohmann::json user = {{"email", row.user.email}};
        if (row.generated) {
            user["password"] = row.password;
            passwords.add({row.user.email, row.password});
            any = true;
        }
        added.push_back(std::move(user));
        wipe(row.password);
    }
    if (any && !context.json) passwords.print(context.out);
    forget_moves(context, addresses);
    return done(context, std::to_string(rows->size()) + " users added.", {{"users", added}});
}

}  // namespace posthouse::cli
