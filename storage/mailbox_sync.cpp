// Synchronisation: stats first, then the uidlist's tail, then the folders; doubts are settled under the locks.
#include "storage/mailbox_sync.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <unordered_map>

#include "lib/base/ascii.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "storage/mailbox_each.h"
#include "storage/uid_validity.h"

#include <fcntl.h>

namespace posthouse::storage {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
/// A folder is read again to be sure at most so often that this part of the time is spent on it.
constexpr std::int64_t verify_share = 50;
constexpr std::int64_t cheap_ns = 1'000'000;

/// A name that can stand in dovecot-uidlist.
bool is_usable(const std::string& name) {
    return !base_of(name).empty() && std::ranges::none_of(name, ascii::is_control);
}

/// Order of arrival: by the time in the name.
auto arrival_key(std::string_view file) {
    const std::string_view base = base_of(file);
    std::uint64_t micros = 0;
    if (const auto m = base.find(".M"); m != std::string_view::npos)
        for (std::size_t i = m + 2; i < base.size() && ascii::is_digit(base[i]) && i < m + 8; ++i)
            micros = micros * 10 + static_cast<std::uint64_t>(base[i] - '0');
    return std::tuple(time_in_name(base), micros, base);
}

}  // namespace

Result<> MailboxSync::run(bool holds_flock, bool must_scan) {
    if (Result<> alive = m_.check_alive(); !alive) return alive;
    if (Result<> read = read_list(); !read) return read;
    if (Result<> read = read_keywords(); !read) return read;
    const Result<Stamp> cur = stamp_of(m_.folder_->cur());
    const Result<Stamp> fresh = stamp_of(m_.folder_->fresh());
    if (!cur) return fail(cur.error());
    if (!fresh) return fail(fresh.error());
    const bool scan_cur = must_scan || !m_.loaded_ || list_changed_ || is_due(m_.look_cur_, *cur, false);
    const bool scan_fresh = scan_cur || is_due(m_.look_fresh_, *fresh, true);
    const std::uint64_t before = m_.log_.now();
    if (scan_fresh) {
        if (Result<> scanned = scan(scan_cur); !scanned) return scanned;
        // What left new/ went to cur/, or is gone; and what is new here may have come from cur/ this moment.
        const Result<Stamp> after = stamp_of(m_.folder_->cur());
        if (!scan_cur && (!missing_.empty() || (!pending_.empty() && after && *after != m_.look_cur_.stamp)))
            if (Result<> scanned = scan(true); !scanned) return scanned;
    }
    const bool has_list = m_.list_.exists() && !m_.list_.header().guid.empty();
    if (!has_list || !pending_.empty() || !missing_.empty() || has_unsettled_lines())
        if (Result<> settled = settle(holds_flock); !settled) {
            // On a full disk what is numbered stays usable (it is to be deleted), the rest is shown when there is room.
            if (settled.error().code != ErrorCode::no_space || !m_.list_.exists()) return settled;
            log::warning("no space to number new messages", {{"error", settled.error().message()}});
            m_.look_cur_.at_ns = 0;
            m_.look_fresh_.at_ns = 0;
        }
    m_.loaded_ = true;
    m_.settled_uid_ = m_.list_.next_uid() - 1;
    if (m_.log_.now() != before) m_.noted();
    return {};
}

Result<> MailboxSync::read_list() {
    Result<UidListFile::News> news = m_.list_.reload(*m_.folder_);
    if (!news) return fail(news.error());
    return take_list(std::move(*news));
}

Result<> MailboxSync::take_list(UidListFile::News news) {
    if (!news.whole && news.entries.empty()) return {};
    list_changed_ = true;
    if (!news.whole) {
        for (UidListEntry& entry : news.entries)
            m_.absent_.insert_or_assign(std::move(entry.base),
                                        MailboxState::Absent{entry.uid, std::move(entry.extras)});
        return {};
    }
    const UidListHeader& header = m_.list_.header();
    if (m_.loaded_ && (header.uid_validity != m_.known_validity_ || !m_.list_.exists())) {
        // Another mailbox in the same place, as far as a client can tell: its sessions end.
        m_.deleted_ = true;
        m_.store_->forget(m_);
        return fail(ErrorCode::not_found, "Mailbox was deleted", "its UIDVALIDITY changed");
    }
    m_.known_validity_ = header.uid_validity;
    m_.absent_.clear();
    for (UidListEntry& entry : news.entries)
        m_.absent_.insert_or_assign(std::move(entry.base), MailboxState::Absent{entry.uid, std::move(entry.extras)});
    // A record whose line is gone or tells another UID is no longer that message.
    std::vector<std::uint32_t> strangers;
    for (Record& record : m_.records_) {
        const auto line = m_.absent_.find(record.base());
        if (line == m_.absent_.end() || line->second.uid != record.uid) {
            strangers.push_back(record.uid);
            continue;
        }
        record.extras = std::move(line->second.extras);
        m_.absent_.erase(line);
    }
    if (strangers.empty()) return {};
    MailboxState::AbsentLines lines = m_.absent_;
    m_.drop(strangers);
    m_.absent_ = std::move(lines);
    return {};
}

Result<> MailboxSync::read_keywords() {
    const Result<bool> changed = m_.keywords_.reload(*m_.folder_);
    if (!changed) return fail(changed.error());
    if (*changed) m_.keyword_sets_.clear();
    return {};
}

bool MailboxSync::is_due(const MailboxState::Look& look, const Stamp& now, bool is_fresh) {
    if (look.at_ns == 0 || look.stamp != now) return true;
    // Folder times tick: a change just after the reading may have left the same time.
    if (look.at_ns - now.changed_ns >= second_ns) return false;
    const std::int64_t clock = wall_clock_ns();
    const bool affordable = clock - look.at_ns >= verify_share * look.cost_ns;
    if (is_fresh) return affordable || look.cost_ns < cheap_ns;
    return affordable && clock - now.changed_ns >= second_ns;
}

Result<> MailboxSync::read_folder(bool fresh) {
    const int folder = m_.folder_of(fresh);
    MailboxState::Look& look = fresh ? m_.look_fresh_ : m_.look_cur_;
    look.at_ns = 0;
    const std::int64_t began = wall_clock_ns();
    const Result<Stamp> stamp = stamp_of(folder);
    if (!stamp) return fail(stamp.error());
    Result<std::vector<std::string>> names = names_in(folder);
    if (!names) return fail(names.error());
    for (std::string& name : *names)
        if (is_usable(name)) found_.push_back({std::move(name), fresh});
    look = {*stamp, began, std::max<std::int64_t>(wall_clock_ns() - began, 0)};
    return {};
}

Result<> MailboxSync::scan(bool with_cur) {
    found_.clear();
    // new/ first: what moves to cur/ meanwhile is then seen twice, not never.
    if (Result<> read = read_folder(true); !read) return read;
    if (with_cur)
        if (Result<> read = read_folder(false); !read) return read;
    merge(with_cur);
    return {};
}

void MailboxSync::merge(bool with_cur) {
    pending_.clear();
    missing_.clear();
    std::unordered_map<std::string_view, std::size_t> by_base;
    by_base.reserve(found_.size());
    for (std::size_t i = 0; i < found_.size(); ++i) {
        const auto [place, is_first] = by_base.emplace(base_of(found_[i].file), i);
        if (is_first) continue;
        // Seen twice while it was renamed: cur/ was read last; within a folder either will do.
        const Found& other = found_[place->second];
        if (other.fresh || (!found_[i].fresh && found_[i].file > other.file)) place->second = i;
    }
    for (Record& record : m_.records_) {
        if (!with_cur && !record.fresh) continue;
        const auto place = by_base.find(record.base());
        if (place == by_base.end()) {
            missing_.push_back(record.uid);
            continue;
        }
        Found& found = found_[place->second];
        by_base.erase(place);
        if (found.file != record.file || found.fresh != record.fresh)
            m_.rename_record(record, std::move(found.file), found.fresh);
    }
    std::vector<std::size_t> others;
    others.reserve(by_base.size());
    for (const auto& [base, index] : by_base) others.push_back(index);
    for (const std::size_t index : others)
        if (!take_from_absent(found_[index])) pending_.push_back(std::move(found_[index]));
    m_.sort_records();
}

bool MailboxSync::take_from_absent(Found& found) {
    const auto line = m_.absent_.find(base_of(found.file));
    if (line == m_.absent_.end()) return false;
    Record record;
    record.uid = line->second.uid;
    record.extras = std::move(line->second.extras);
    record.fresh = found.fresh;
    record.file = std::move(found.file);
    m_.absent_.erase(line);
    m_.insert(std::move(record));
    return true;
}

bool MailboxSync::has_unsettled_lines() const {
    return m_.list_.next_uid() > m_.settled_uid_ + 1 &&
           std::ranges::any_of(m_.absent_, [&](const auto& line) { return line.second.uid > m_.settled_uid_; });
}

Result<> MailboxSync::settle(bool holds_flock) {
    if (holds_flock) return settle_locked();
    const Result<FileLock> flock = m_.lock_folder();
    if (!flock) return fail(flock.error());
    if (Result<> alive = m_.check_alive(); !alive) return alive;
    return settle_locked();
}

Result<> MailboxSync::settle_locked() {
    const Result<UidListLock> lock =
        UidListLock::take(*m_.folder_, m_.store_->locks(), m_.store_->settings().lock_wait);
    if (!lock) return fail(lock.error());
    if (Result<> read = read_list(); !read) return read;
    if (!m_.list_.exists() || m_.list_.header().guid.empty())
        if (Result<> made = make_list(); !made) return made;
    // Others may have given UIDs to what was found.
    std::erase_if(pending_, [&](Found& found) { return take_from_absent(found); });
    m_.sort_records();
    if (!missing_.empty() || has_unsettled_lines()) {
        const std::vector<std::uint32_t> before = missing_;
        if (Result<> scanned = scan(true); !scanned) return scanned;
        std::vector<std::uint32_t> gone;
        std::ranges::set_intersection(before, missing_, std::back_inserter(gone));
        if (gone.size() != missing_.size()) m_.look_cur_.at_ns = 0;  // missing for the first time: look again
        m_.drop(gone);
        missing_.clear();
    }
    return number();
}

Result<> MailboxSync::make_list() {
    if (m_.list_.exists()) return m_.list_.give_guid(*m_.folder_, random_hex(16));
    const Result<UniqueFd> root = open_file(m_.account_root_, O_RDONLY | O_DIRECTORY);
    if (!root) return fail(root.error());
    const Result<UidValidity> validity = next_uid_validity(root->get());
    if (!validity) return fail(validity.error());
    UidListHeader header;
    header.uid_validity = validity->value();
    header.guid = random_hex(16);
    m_.known_validity_ = header.uid_validity;
    return m_.list_.create(*m_.folder_, header);
}

Result<> MailboxSync::number() {
    if (pending_.empty()) return {};
    if (std::numeric_limits<std::uint32_t>::max() - m_.list_.next_uid() <= pending_.size())
        return fail(ErrorCode::limit, "Mailbox has no UIDs left");
    std::ranges::sort(pending_, {}, [](const Found& found) { return arrival_key(found.file); });
    const std::string saved = std::to_string(wall_clock_seconds());
    std::vector<UidListEntry> entries;
    entries.reserve(pending_.size());
    std::uint32_t uid = m_.list_.next_uid();
    for (const Found& found : pending_) {
        UidListEntry entry{uid++, {}, std::string(base_of(found.file))};
        add_extra(entry.extras, 'D', saved);
        entries.push_back(std::move(entry));
    }
    if (Result<> appended = m_.list_.append(*m_.folder_, entries); !appended) return appended;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        Record record;
        record.uid = entries[i].uid;
        record.extras = std::move(entries[i].extras);
        record.fresh = pending_[i].fresh;
        record.file = std::move(pending_[i].file);
        m_.insert(std::move(record));
    }
    pending_.clear();
    m_.sort_records();
    return {};
}

Result<> MailboxSync::compact() {
    const Result<UidListLock> lock =
        UidListLock::take(*m_.folder_, m_.store_->locks(), m_.store_->settings().lock_wait);
    if (!lock) return fail(lock.error());
    if (Result<> read = read_list(); !read) return read;
    if (Result<> scanned = scan(true); !scanned) return scanned;
    Result<> compacted =
        m_.list_.compact(*m_.folder_, [&](const UidListEntry& entry) { return m_.find(entry.uid) != nullptr; });
    if (compacted) m_.absent_.clear();
    return compacted;
}

}  // namespace posthouse::storage
