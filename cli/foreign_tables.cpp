// The tables of other programs, read as a document to import.
#include "cli/foreign_tables.h"

#include <algorithm>
#include <set>

#include "cli/quota_size.h"
#include "lib/base/ascii.h"

namespace posthouse::cli {
namespace {

constexpr const char* default_scheme = "CRYPT";
constexpr std::string_view separators = ", \t\r\n";

/// The queries of one program. Columns are told beside each.
struct Queries {
    const char* domains;             ///< name; active; backupmx
    const char* aliases_of_domains;  ///< name; target; active
    const char* users;               ///< address; password; quota in bytes; active
    const char* aliases;             ///< address; where to, separated by commas; active
    const char* grants;              ///< user; address, or null: there are none
};

constexpr Queries postfixadmin{
    "SELECT domain, active, backupmx FROM domain WHERE domain <> 'ALL' ORDER BY domain",
    "SELECT alias_domain, target_domain, active FROM alias_domain ORDER BY alias_domain",
    "SELECT username, password, quota, active FROM mailbox ORDER BY username",
    "SELECT address, goto, active FROM alias ORDER BY address",
    nullptr,
};

constexpr Queries mailcow{
    "SELECT domain, active, backupmx FROM domain ORDER BY domain",
    "SELECT alias_domain, target_domain, active FROM alias_domain ORDER BY alias_domain",
    // Places and things that have calendars are no users.
    "SELECT username, password, quota, active FROM mailbox WHERE kind = '' ORDER BY username",
    "SELECT address, goto, active FROM alias ORDER BY address",
    "SELECT logged_in_as, send_as FROM sender_acl ORDER BY logged_in_as, send_as",
};

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

/// Destinations that the other program's own Postfix does something with: PostfixAdmin's vacation
/// (joe#example.org@autoreply.example.org), mailcow's null@localhost, spam@localhost and ham@localhost.
bool is_for_that_program(const auth::MailAddress& destination) {
    return destination.domain == "localhost" ||
           (destination.domain.starts_with("autoreply.") && destination.local.find('#') != std::string::npos);
}

class Reader {
  public:
    Reader(auth::Connection& connection, const Queries& queries, auth::LocalPart form, Remarks& remarks)
        : connection_(connection), queries_(queries), form_(form), remarks_(remarks) {}

    Result<DirectoryDocument> read() {
        if (const Result<> begun = connection_.begin(false); !begun) return fail(begun.error());
        Result<> done;
        for (const auto part :
             {&Reader::domain_aliases, &Reader::domains, &Reader::users, &Reader::aliases, &Reader::grants}) {
            done = (this->*part)();
            if (!done) break;
        }
        connection_.rollback();
        if (!done) return fail(done.error());
        return std::move(document_);
    }

  private:
    template <typename Take>
    Result<> each(const char* sql, Take take) {
        Result<auth::Statement> query = connection_.prepare(sql);
        if (!query) return fail(query.error());
        for (;;) {
            const Result<bool> row = query->step();
            if (!row) return fail(row.error());
            if (!*row) return {};
            take(*query);
        }
    }
    void remark(std::string text) { remarks_.push_back(std::move(text)); }

    Result<> domain_aliases() {
        return each(queries_.aliases_of_domains, [&](const auth::Statement& row) {
            const Result<std::string> name = auth::canonical_domain(row.text(0));
            const Result<std::string> target = auth::canonical_domain(row.text(1));
            if (!name) return remark("Domain alias: " + name.error().text);
            if (!target) return remark("Domain alias " + *name + ": " + target.error().text);
            if (row.number(2) != 1) return remark("Domain alias " + *name + " is not active, and is left out");
            domain_alias_names_.insert(*name);
            document_.domain_aliases.push_back({*name, *target, 0});
        });
    }

    // PostfixAdmin has a domain of the same name for each domain alias.
    Result<> domains() {
        return each(queries_.domains, [&](const auth::Statement& row) {
            const Result<std::string> name = auth::canonical_domain(row.text(0));
            if (!name) return remark("Domain: " + name.error().text);
            if (row.number(2) == 1) return remark("Domain " + *name + " is a backup MX, and is left out");
            if (row.number(1) != 1) return remark("Domain " + *name + " is not active, and is left out");
            if (domain_alias_names_.contains(*name)) return;
            domains_.insert(*name);
            document_.domains.push_back(*name);
        });
    }

    /// Rows of domains that are left out are passed over: the remark on the domain says enough.
    bool is_taken(std::string_view address) const { return domains_.contains(std::string(domain_of(address))); }

    Result<> users() {
        return each(queries_.users, [&](const auth::Statement& row) {
            const Result<auth::MailAddress> address = auth::parse_user_address(row.text(0), form_);
            if (!address) return remark("Mailbox: " + address.error().text);
            if (!is_taken(address->domain)) return remark("Mailbox " + address->text() + ": its domain is left out");
            auth::NewUser user{address->text(), {}, 0, row.number(3) == 1, false};
            user.password = taken_hash(user.email, row.text(1), default_scheme, remarks_);
            const std::int64_t bytes = std::max<std::int64_t>(0, row.number(2));
            user.quota_mb = std::min((bytes >> 20) + ((bytes & ((1 << 20) - 1)) != 0 ? 1 : 0),
                                     static_cast<std::int64_t>(max_quota_mb));
            document_.users.push_back({std::move(user)});
        });
    }

    Result<> aliases() {
        return each(queries_.aliases, [&](const auth::Statement& row) {
            const Result<auth::MailAddress> source = auth::parse_alias_source(row.text(0), form_);
            if (!source) return remark("Alias: " + source.error().text);
            const std::string name = "Alias " + source->text();
            if (!is_taken(source->domain)) return remark(name + ": its domain is left out");
            if (row.number(2) != 1) return remark(name + " is not active, and is left out");
            std::vector<std::string> destinations;
            for (const std::string& text : split(row.text(1))) {
                const Result<auth::MailAddress> destination = auth::parse_alias_destination(text, form_);
                if (!destination)
                    remark(name + ": " + destination.error().text);
                else if (is_for_that_program(*destination))
                    remark(name + ": " + destination->text() + " means nothing here, and is left out");
                else if (destination->local.empty() && !source->local.empty())
                    remark(name + ": only an alias of a whole @domain can lead to " + destination->text());
                else if (std::ranges::find(destinations, destination->text()) == destinations.end())
                    destinations.push_back(destination->text());
            }
            if (destinations == std::vector{source->text()}) return;  // the mailbox itself
            for (std::string& destination : destinations)
                document_.aliases.push_back({source->text(), std::move(destination)});
        });
    }

    Result<> grants() {
        if (queries_.grants == nullptr) return {};
        return each(queries_.grants, [&](const auth::Statement& row) {
            const Result<auth::MailAddress> user = auth::parse_user_address(row.text(0), form_);
            const Result<auth::MailAddress> address = auth::parse_alias_source(row.text(1), form_);
            if (!user) return remark("Sender: " + user.error().text);
            if (row.text(1) == "*") return remark("Sender " + user->text() + " as anybody: is left out");
            if (!address) return remark("Sender " + user->text() + ": " + address.error().text);
            if (!is_taken(user->domain)) return remark("Sender " + user->text() + ": its domain is left out");
            document_.grants.push_back({user->text(), address->text(), 0});
        });
    }

    static std::vector<std::string> split(const std::string& text) {
        std::vector<std::string> parts;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t begin = text.find_first_not_of(separators, at);
            if (begin == std::string::npos) break;
            at = std::min(text.find_first_of(separators, begin), text.size());
            parts.push_back(text.substr(begin, at - begin));
        }
        return parts;
    }

    auth::Connection& connection_;
    const Queries& queries_;
    auth::LocalPart form_;
    Remarks& remarks_;
    DirectoryDocument document_;
    std::set<std::string> domains_;
    std::set<std::string> domain_alias_names_;
};

}  // namespace

Result<DirectoryDocument> read_postfixadmin(auth::Connection& connection, auth::LocalPart local_part,
                                            Remarks& remarks) {
    return Reader(connection, postfixadmin, local_part, remarks).read();
}

Result<DirectoryDocument> read_mailcow(auth::Connection& connection, auth::LocalPart local_part, Remarks& remarks) {
    return Reader(connection, mailcow, local_part, remarks).read();
}

}  // namespace posthouse::cli
