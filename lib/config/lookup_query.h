// LookupQuery: a look-up that an administrator writes, with parameters in Dovecot's and Postfix's way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace posthouse::config {

/// SQL with parameters: `%u` or `%s` what is looked up (an address, `@domain`, or a domain), `%n` its local part, `%d`
/// its domain, `%%` a percent sign; also as `%{user}`, `%{username}`, `%{domain}`, and with Dovecot's modifier `L`,
/// which changes nothing here: what is looked up is in lower case already. Postfix's `%u` is `%n`.
///
/// Parameters are bound, never pasted. A string in quotes that has parameters in it is bound as a whole, so that
/// `'%u'` and `'/mail/%d/%n'` mean what they mean there, whatever is looked up.
class LookupQuery {
  public:
    /// No query: the look-up finds nothing.
    LookupQuery() = default;
    /// One statement; a semicolon at its end is left out. Errors: invalid, with the reason (an unknown parameter, a
    /// `?`, a quote without an end, a backslash or a second kind of quotes around a parameter, several statements).
    static Result<LookupQuery> parse(std::string_view text);

    bool empty() const { return sql_.empty(); }
    /// With a `?` for each value.
    const std::string& sql() const { return sql_; }
    /// What to bind, in order, when `key` is looked up.
    std::vector<std::string> values(std::string_view key) const;

  private:
    friend class LookupQueryParser;
    enum class Variable { whole, local, domain };
    struct Piece {
        std::string literal;  ///< comes before the variable
        Variable variable = Variable::whole;
    };
    struct Template {
        std::vector<Piece> pieces;
        std::string rest;  ///< after the last variable
    };
    std::string sql_;
    std::vector<Template> values_;
};

}  // namespace posthouse::config
