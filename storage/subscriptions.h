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
    explicit Subscriptions(const Layout& layout) : layout_(layout) {}
    /// From the file's text, whichever version.
    static Subscriptions parse(std::string_view text, const Layout& layout);
    /// From courierimapsubscribed.
    static Subscriptions from_courier(std::string_view text, const Layout& layout);
    /// The text of version 2: "V\t2\n\n", then a name per line as the layout spells it, tabs between its levels.
    std::string text() const;

    bool is_empty() const { return lines_.empty(); }
    std::vector<MailboxName> names() const;
    /// Lines that tell no name; write them no more with drop_senseless().
    std::size_t senseless() const;
    void drop_senseless();
    /// False: it was there already. Errors: the layout can't spell the name.
    Result<bool> add(const MailboxName& name);
    /// False: it wasn't there. Errors as add().
    Result<bool> remove(const MailboxName& name);

  private:
    Layout layout_;
    std::vector<std::string> lines_;  ///< as in version 2: "Work\tOpen", "INBOX"
};

/// Its name in the account's folder.
constexpr const char* subscriptions_file = "subscriptions";
/// Reads the file; as long as there is none, Courier's; neither: empty.
Result<Subscriptions> read_subscriptions(int account_root, const Layout& layout);
/// Writes the file, durably, when there is none and Courier's tells of subscriptions. One that another writes at the
/// same time stays.
Result<> take_over_subscriptions(int account_root, const Layout& layout);
/// Replaces the file durably.
Result<> write_subscriptions(int account_root, const Subscriptions& subscriptions);

}  // namespace posthouse::storage
