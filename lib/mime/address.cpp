// Address lists.
#include "lib/mime/address.h"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/mime/limits.h"
#include "lib/mime/scanner.h"

namespace posthouse::mime {
namespace {

/// What ends an atom here (specials of RFC 5322 §3.2.3 without the dot).
constexpr std::string_view atom_ends = "()<>[]:;@\\,\"";

/// Is an atom as it stands in a local part, dots included.
bool is_dot_atom(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.contains("..")) return false;
    return std::ranges::none_of(text, [](char c) {
        return is_space(c) || ascii::is_control(c) || atom_ends.find(c) != std::string_view::npos;
    });
}

/// Reads one address list; every step consumes, so that it ends in linear time.
class AddressReader {
  public:
    explicit AddressReader(std::string_view value) : in_(value) {}

    std::vector<Address> read() {
        while (true) {
            in_.skip_cfws();
            if (in_.at_end() || found_.size() >= max_addresses) break;
            if (in_.take(',')) continue;
            if (in_.take(';')) {
                end_group();
                continue;
            }
            read_one();
        }
        end_group();
        return std::move(found_);
    }

  private:
    static Address group_mark(Address::Kind kind, std::string name) {
        Address address;
        address.kind = kind;
        address.name = std::move(name);
        return address;
    }

    void add(Address address) {
        if (found_.size() < max_addresses) found_.push_back(std::move(address));
    }

    void end_group() {
        // Not through add(): the end of a group that was begun may be one over the bound.
        if (std::exchange(in_group_, false)) found_.push_back(group_mark(Address::Kind::group_end, {}));
    }

    bool at_list_end() const { return in_.at_end() || in_.at(',') || in_.at(';'); }

    /// An address or the start of a group.
    void read_one() {
        std::string comment;
        std::string phrase = words(comment);
        if (in_.take(':')) return start_group(std::move(phrase));
        Address address;
        if (in_.at('<')) {
            angle_address(address, comment);
            address.name = std::move(phrase);
        } else if (in_.take('@')) {
            address.local = std::move(phrase);
            address.domain = domain(comment);
            phrase_in_disguise(address, comment);
        } else {
            if (phrase.empty()) {
                if (!at_list_end()) in_.advance();  // a stray special
                return;
            }
            // "root" is a mailbox without a domain, "Mary Smith" a name without a mailbox.
            (phrase.contains(' ') ? address.name : address.local) = std::move(phrase);
        }
        skip_to_list_end(comment);
        if (address.name.empty()) address.name = ascii::trim(comment);
        add(std::move(address));
    }

    void start_group(std::string name) {
        end_group();
        in_group_ = true;
        add(group_mark(Address::Kind::group_start, std::move(name)));
        if (found_.empty() || found_.back().kind != Address::Kind::group_start) in_group_ = false;
    }

    /// Words up to a special that means something: a display name or a local part. Words that stood apart are joined
    /// by one space, but not around a dot.
    std::string words(std::string& comment) {
        std::string out;
        in_.skip_cfws(&comment);
        bool space = false;
        while (!in_.at_end()) {
            const char c = in_.peek();
            if (c == '<' || c == ':' || c == ',' || c == ';' || c == '@' || c == '>') break;
            if (space && !out.empty() && c != '.' && !(dotted_ && out.back() == '.')) out += ' ';
            word(out);
            space = in_.skip_cfws(&comment);
        }
        return out;
    }

    void word(std::string& out) {
        dotted_ = false;
        if (in_.at('"')) return in_.quoted_string(out);
        if (in_.rest().starts_with("=?")) {
            const std::size_t length = encoded_word_length(in_.rest());
            out += in_.rest().substr(0, length);
            in_.move_to(in_.position() + length);
            if (length > 0) return;
        }
        const std::string_view atom = in_.word(atom_ends);
        out += atom;
        if (atom.empty()) in_.advance();  // a stray special or control
        dotted_ = atom.ends_with('.') && atom.size() == 1;
    }

    /// The length of the encoded word that `text` starts with, 0 when it is none: its inside may hold specials, which
    /// RFC 2047 §5 forbids in a phrase but senders write.
    static std::size_t encoded_word_length(std::string_view text) {
        text = text.substr(0, max_encoded_word);
        std::size_t questions = 0;
        for (std::size_t i = 2; i < text.size() && !is_space(text[i]); ++i) {
            if (text[i] != '?') continue;
            if (++questions >= 3) return i + 1 < text.size() && text[i + 1] == '=' ? i + 2 : 0;
        }
        return 0;
    }

    /// At "<".
    void angle_address(Address& address, std::string& comment) {
        in_.advance();
        in_.skip_cfws(&comment);
        while (in_.at('@') || (in_.at(',') && !address.route.empty())) route_part(address.route, comment);
        if (!address.route.empty()) in_.take(':');
        address.local = words(comment);
        if (in_.take('@')) address.domain = domain(comment);
        while (!in_.at_end() && !in_.at('>') && !in_.at(',')) in_.advance();
        in_.take('>');
    }

    void route_part(std::string& route, std::string& comment) {
        if (in_.take(',')) {
            in_.skip_cfws(&comment);
            if (!in_.at('@')) return;
        }
        in_.take('@');
        if (!route.empty()) route += ',';
        route += '@';
        route += domain(comment);
    }

    /// Behind "@": atoms and dots, or a domain literal, without white space and comments.
    std::string domain(std::string& comment) {
        std::string out;
        in_.skip_cfws(&comment);
        if (in_.at('[')) {
            while (!in_.at_end() && !in_.at(']')) {
                if (!is_space(in_.peek())) out += in_.peek();
                in_.advance();
            }
            if (in_.take(']')) out += ']';
            in_.skip_cfws(&comment);
            return out;
        }
        while (true) {
            const std::string_view atom = in_.word(atom_ends);
            out += atom;
            in_.skip_cfws(&comment);
            // "example . com" goes on; "example.com Name" doesn't.
            if (atom.empty() || in_.at_end() || (!in_.at('.') && !out.ends_with('.'))) break;
        }
        return out;
    }

    /// "a@b <a@b>" and "a@b, c" look alike up to here: when a "<" comes before the comma, what was read is the name.
    void phrase_in_disguise(Address& address, std::string& comment) {
        if (at_list_end()) return;
        std::string name = address.local + "@" + address.domain;
        while (!at_list_end() && !in_.at('<')) {
            if (in_.at('@') || in_.at(':') || in_.at('>')) {
                name += in_.peek();
                in_.advance();
                continue;
            }
            const std::string more = words(comment);
            if (!more.empty() && !name.ends_with('@')) name += ' ';
            name += more;
        }
        if (!in_.at('<')) return;
        address = {};
        angle_address(address, comment);
        address.name = std::move(name);
    }

    void skip_to_list_end(std::string& comment) {
        in_.skip_cfws(&comment);
        while (!at_list_end()) {
            std::string ignored;
            word(ignored);
            in_.skip_cfws(&comment);
        }
    }

    Scanner in_;
    std::vector<Address> found_;
    bool in_group_ = false;
    bool dotted_ = false;  ///< the last word was a lone dot
};

}  // namespace

std::string Address::spec() const {
    std::string out;
    if (is_dot_atom(local)) {
        out = local;
    } else {
        out += '"';
        for (const char c : local) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    if (!domain.empty()) out += "@" + domain;
    return out;
}

std::vector<Address> parse_addresses(std::string_view value) { return AddressReader(value).read(); }

}  // namespace posthouse::mime
