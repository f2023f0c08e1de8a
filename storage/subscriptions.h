// The file `subscriptions` of an account, as Dovecot writes it (version 2) and wrote it (a name per line).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "storage/layout.h"
#include "storage/mailbox_name.h"

namespace posthouse::storage {

/// The subscribed names in the file's order. What can't be a name is kept as it stands.
class Subscriptions {
  public:
    /// As many as an account can have mailboxes.
    static constexpr std::size_t max_count = 100'000;

    explicit Subscriptions(const Layout& layout) : layout_(layout) {}
    /// From the file's text, whichever version: at most max_count lines.
    static Subscriptions parse(std::string_view text, const Layout& layout);
    /// From courierimapsubscribed.
    static Subscriptions from_courier(std::string_view text, const Layout& layout);
    /// The text of version 2: "V\t2\n\n", then a name per line as the layout spells it, tabs between its levels.
    std::string text() const;

    bool is_empty() const { return lines_.empty(); }
    std::size_t count() const { return lines_.size(); }
    /// There was more than can be here.
    bool is_damaged() const { return is_damaged_; }
    void set_damaged() { is_damaged_ = true; }
    std::vector<MailboxName> names() const;
    /// Lines that tell no name; write them no more with drop_senseless().
    std::size_t senseless() const;
    void drop_senseless();
    /// False: it was there already. Errors: the layout can't spell the name; limit: there are max_count, or the file
    /// would take more than 16 MiB.
    Result<bool> add(const MailboxName& name);
    /// False: it wasn't there. Errors as add().
    Result<bool> remove(const MailboxName& name);

  private:
    Layout layout_;
    std::vector<std::string> lines_;  ///< as in version 2: "Work\tOpen", "INBOX"
    bool is_damaged_ = false;
};

/// Its name in the account's folder.
constexpr const char* subscriptions_file = "subscriptions";
/// Reads the file; as long as there is none, Courier's; neither: empty. Of what can't be such a file (a folder, more
/// than 16 MiB) what can be read is taken, and it is logged.
Result<Subscriptions> read_subscriptions(int account_root, const Layout& layout);
/// Writes the file, durably, when there is none and Courier's tells of subscriptions. One that another writes at the
/// same time stays.
Result<> take_over_subscriptions(int account_root, const Layout& layout);
/// Replaces the file durably; one that was damaged is kept (small_file.h).
Result<> write_subscriptions(int account_root, const Subscriptions& subscriptions);

}  // namespace posthouse::storage
