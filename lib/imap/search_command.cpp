// Arguments of SEARCH.
#include "lib/imap/search_command.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "lib/base/ascii.h"
#include "lib/imap/limits.h"

namespace posthouse::imap {
namespace {

using Kind = SearchKey::Kind;

/// Keys without an argument that test one flag.
struct FlagKey {
    std::string_view name;
    std::uint8_t flag;
    bool negative;
};
constexpr std::array<FlagKey, 10> kFlagKeys{{{"ANSWERED", kAnswered, false},
                                             {"DELETED", kDeleted, false},
                                             {"DRAFT", kDraft, false},
                                             {"FLAGGED", kFlagged, false},
                                             {"SEEN", kSeen, false},
                                             {"UNANSWERED", kAnswered, true},
                                             {"UNDELETED", kDeleted, true},
                                             {"UNDRAFT", kDraft, true},
                                             {"UNFLAGGED", kFlagged, true},
                                             {"UNSEEN", kSeen, true}}};

/// What follows a key's name.
enum class Argument { none, day, size, seconds, id, field_text, text };
struct PlainKey {
    std::string_view name;
    Kind kind;
    Argument argument;
};
constexpr std::array<PlainKey, 26> kPlainKeys{{{"ALL", Kind::all, Argument::none},
                                               {"RECENT", Kind::recent, Argument::none},
                                               {"NEW", Kind::fresh, Argument::none},
                                               {"BEFORE", Kind::before, Argument::day},
                                               {"ON", Kind::on, Argument::day},
                                               {"SINCE", Kind::since, Argument::day},
                                               {"SENTBEFORE", Kind::sent_before, Argument::day},
                                               {"SENTON", Kind::sent_on, Argument::day},
                                               {"SENTSINCE", Kind::sent_since, Argument::day},
                                               {"SAVEDBEFORE", Kind::saved_before, Argument::day},
                                               {"SAVEDON", Kind::saved_on, Argument::day},
                                               {"SAVEDSINCE", Kind::saved_since, Argument::day},
                                               {"SAVEDATESUPPORTED", Kind::save_date_supported, Argument::none},
                                               {"OLDER", Kind::older, Argument::seconds},
                                               {"YOUNGER", Kind::younger, Argument::seconds},
                                               {"EMAILID", Kind::email_id, Argument::id},
                                               {"THREADID", Kind::thread_id, Argument::id},
                                               {"LARGER", Kind::larger, Argument::size},
                                               {"SMALLER", Kind::smaller, Argument::size},
                                               {"FROM", Kind::envelope, Argument::field_text},
                                               {"TO", Kind::envelope, Argument::field_text},
                                               {"CC", Kind::envelope, Argument::field_text},
                                               {"BCC", Kind::envelope, Argument::field_text},
                                               {"SUBJECT", Kind::envelope, Argument::field_text},
                                               {"BODY", Kind::body, Argument::text},
                                               {"TEXT", Kind::text, Argument::text}}};

SearchKey negated(SearchKey key) {
    SearchKey outer;
    outer.kind = Kind::negate;
    outer.children.push_back(std::move(key));
    return outer;
}

class KeyReader {
  public:
    explicit KeyReader(Arguments& arguments) : arguments_(arguments) {}

    /// search-key *(SP search-key), up to ")" or the end.
    SearchKey conjunction(int depth) {
        SearchKey all;
        all.kind = Kind::conjunction;
        do {
            all.children.push_back(key(depth));
        } while (arguments_.accept(' '));
        if (all.children.size() == 1) return std::move(all.children.front());
        return all;
    }

    bool asks_modseq() const { return asks_modseq_; }

  private:
    SearchKey key(int depth) {
        SearchKey found;
        if (depth > arguments_.limits().search_depth) {
            arguments_.fail("Search keys nested too deep", ErrorCode::limit);
            return found;
        }
        if (++count_ > arguments_.limits().search_keys) {
            arguments_.fail("Too many search keys", ErrorCode::limit);
            return found;
        }
        if (arguments_.accept('(')) {
            found = conjunction(depth + 1);
            arguments_.expect(')');
            return found;
        }
        if (ascii::is_digit(arguments_.peek()) || arguments_.peek() == '*' || arguments_.peek() == '$') {
            found.kind = Kind::sequence;
            found.set = read_sequence_set(arguments_);
            return found;
        }
        return named(arguments_.keyword(), depth);
    }

    SearchKey named(const std::string& name, int depth) {
        SearchKey found;
        for (const FlagKey& known : kFlagKeys) {
            if (known.name != name) continue;
            found.kind = Kind::flag;
            found.flag = known.flag;
            return known.negative ? negated(std::move(found)) : found;
        }
        for (const PlainKey& known : kPlainKeys) {
            if (known.name != name) continue;
            found.kind = known.kind;
            read_argument(known, found);
            return found;
        }
        if (name == "OLD") {
            found.kind = Kind::recent;
            return negated(std::move(found));
        }
        if (name == "NOT") {
            arguments_.space();
            return negated(key(depth + 1));
        }
        if (name == "OR") {
            found.kind = Kind::disjunction;
            for (int i = 0; i < 2; ++i) {
                arguments_.space();
                found.children.push_back(key(depth + 1));
            }
            return found;
        }
        if (name == "KEYWORD" || name == "UNKEYWORD") {
            arguments_.space();
            found.kind = Kind::keyword;
            found.text = arguments_.atom();
            return name == "KEYWORD" ? std::move(found) : negated(std::move(found));
        }
        if (name == "UID") {
            arguments_.space();
            found.kind = Kind::uid;
            found.set = read_sequence_set(arguments_);
            return found;
        }
        if (name == "UIDAFTER" || name == "UIDBEFORE") {
            // RFC 9738 §3.2
            arguments_.space();
            const std::uint32_t uid = arguments_.nz_number();
            constexpr std::uint32_t greatest = std::numeric_limits<std::uint32_t>::max();
            if (name == "UIDAFTER" ? uid == greatest : uid <= 1) return negated(std::move(found));
            found.kind = Kind::uid;
            found.set.add(name == "UIDAFTER" ? uid + 1 : 1, name == "UIDAFTER" ? greatest : uid - 1);
            return found;
        }
        if (name == "MODSEQ") {
            arguments_.space();
            // A flag may be named (RFC 7162 §3.1.5); all of a message's flags share one MODSEQ here.
            if (arguments_.peek() == '"') {
                arguments_.string();
                arguments_.space();
                const std::string type = arguments_.keyword();
                if (type != "PRIV" && type != "SHARED" && type != "ALL") arguments_.fail("Unknown kind of flag");
                arguments_.space();
            }
            found.kind = Kind::modseq;
            found.number = arguments_.number64();
            asks_modseq_ = true;
            return found;
        }
        if (name == "HEADER") {
            arguments_.space();
            found.kind = Kind::header;
            found.field = arguments_.astring();
            arguments_.space();
            found.text = text();
            return found;
        }
        if (name == "ANNOTATION") {
            arguments_.space();
            found.kind = Kind::annotation;
            found.annotation = read_annotation_search(arguments_);
            if (found.annotation->text && !ascii::is_utf8(*found.annotation->text))
                arguments_.fail("Search text is not valid in its charset");
            return found;
        }
        if (!arguments_.failed()) arguments_.fail("Unknown search key " + name.substr(0, 32));
        return found;
    }

    void read_argument(const PlainKey& known, SearchKey& found) {
        if (known.argument == Argument::none) return;
        arguments_.space();
        switch (known.argument) {
            case Argument::none: return;
            case Argument::day: found.day = read_date(arguments_); return;
            case Argument::size: found.number = arguments_.number64(); return;
            case Argument::seconds: found.number = arguments_.nz_number(); return;
            case Argument::id: found.text = arguments_.atom(); return;
            case Argument::field_text: found.field = ascii::lower(known.name); [[fallthrough]];
            case Argument::text: found.text = text(); return;
        }
    }

    std::string text() {
        std::string value = arguments_.astring();
        if (!ascii::is_utf8(value)) arguments_.fail("Search text is not valid in its charset");
        return value;
    }

    Arguments& arguments_;
    std::size_t count_ = 0;
    bool asks_modseq_ = false;
};

/// RETURN "(" [option *(SP option)] ")".
void read_returns(Arguments& arguments, SearchProgram& command) {
    command.extended = true;
    arguments.space();
    arguments.expect('(');
    if (!arguments.accept(')')) {
        std::size_t count = 0;
        do {
            if (++count > kMaxWords) return arguments.fail("Too many options", ErrorCode::limit);
            const std::string option = arguments.keyword();
            if (option == "MIN") {
                command.returns |= kReturnMin;
            } else if (option == "MAX") {
                command.returns |= kReturnMax;
            } else if (option == "ALL") {
                command.returns |= kReturnAll;
            } else if (option == "COUNT") {
                command.returns |= kReturnCount;
            } else if (option == "SAVE") {
                command.returns |= kReturnSave;
            } else if (option == "UPDATE") {
                command.returns |= kReturnUpdate;
            } else if (option == "CONTEXT") {
                command.returns |= kReturnContext;
            } else if (option == "PARTIAL") {
                arguments.space();
                command.returns |= kReturnPartial;
                command.partial = read_partial_range(arguments);
            } else {
                arguments.fail("Unknown SEARCH return option");
            }
        } while (arguments.accept(' '));
        arguments.expect(')');
    }
    if (command.returns == 0) command.returns = kReturnAll;
    // RFC 9394 §3.1: one or the other.
    if ((command.returns & kReturnAll) != 0 && command.partial) arguments.fail("ALL and PARTIAL exclude each other");
    arguments.space();
}

/// The charset of the texts in the keys that follow, and its space.
void read_charset(Arguments& arguments) {
    const std::string charset = ascii::upper(arguments.astring());
    if (!arguments.failed() && charset != "UTF-8" && charset != "US-ASCII")
        return arguments.fail("[BADCHARSET (US-ASCII UTF-8)] Unknown charset", ErrorCode::unsupported);
    arguments.space();
}

void read_keys(Arguments& arguments, SearchProgram& command) {
    KeyReader keys(arguments);
    command.key = keys.conjunction(0);
    command.asks_modseq = keys.asks_modseq();
}

/// "(REVERSE DATE SUBJECT)".
void read_criteria(Arguments& arguments, std::vector<SortCriterion>& criteria) {
    constexpr std::array<std::pair<std::string_view, SortKey>, 9> known{{{"ARRIVAL", SortKey::arrival},
                                                                         {"CC", SortKey::cc},
                                                                         {"DATE", SortKey::date},
                                                                         {"FROM", SortKey::from},
                                                                         {"SIZE", SortKey::size},
                                                                         {"SUBJECT", SortKey::subject},
                                                                         {"TO", SortKey::to},
                                                                         {"DISPLAYFROM", SortKey::display_from},
                                                                         {"DISPLAYTO", SortKey::display_to}}};
    std::size_t annotations = 0;
    arguments.expect('(');
    do {
        if (criteria.size() >= kMaxWords) return arguments.fail("Too many sort keys", ErrorCode::limit);
        SortCriterion criterion;
        std::string name = arguments.keyword();
        if (name == "REVERSE") {
            criterion.reverse = true;
            arguments.space();
            name = arguments.keyword();
        }
        if (name == "ANNOTATION") {
            criterion.key = SortKey::annotation;
            arguments.space();
            criterion.entry = read_annotation_entry(arguments);
            arguments.space();
            criterion.scope = read_annotation_scope(arguments);
            criterion.annotation = annotations++;
        } else {
            const auto key = std::ranges::find(known, name, [](const auto& entry) { return entry.first; });
            if (key == known.end()) return arguments.fail("Unknown sort key");
            criterion.key = key->second;
        }
        criteria.push_back(std::move(criterion));
    } while (arguments.accept(' '));
    arguments.expect(')');
}

/// search-return-opts and search-program.
void read_program(Arguments& arguments, SearchProgram& command) {
    if (arguments.accept_word("RETURN")) read_returns(arguments, command);
    if (arguments.accept_word("CHARSET")) {
        arguments.space();
        read_charset(arguments);
        command.names_charset = true;
    }
    read_keys(arguments, command);
}

/// "IN (" source-mbox ")" (RFC 7377 §3); no scope option is defined.
void read_sources(Arguments& arguments, std::vector<MailboxFilter>& sources) {
    arguments.space();
    arguments.expect('(');
    do {
        if (sources.size() >= kMaxFilters) return arguments.fail("Too many sources", ErrorCode::limit);
        if (arguments.peek() == '(') return arguments.fail("Unknown scope option");
        sources.push_back(read_mailbox_filter(arguments));
        // RFC 7377 §2.2: nothing is delayed here.
        if (sources.back().kind == MailboxFilter::Kind::selected_delayed)
            return arguments.fail("SELECTED-DELAYED is no source");
    } while (arguments.accept(' '));
    arguments.expect(')');
    arguments.space();
}

}  // namespace

void read(Arguments& arguments, Search& command) {
    arguments.space();
    read_program(arguments, command);
}

void read(Arguments& arguments, Esearch& command) {
    arguments.space();
    if (arguments.accept_word("IN")) read_sources(arguments, command.sources);
    read_program(arguments, command);
    command.by_uid = true;
    command.extended = true;
    if (command.returns == 0) command.returns = kReturnAll;
}

void read(Arguments& arguments, Sort& command) {
    arguments.space();
    if (arguments.accept_word("RETURN")) read_returns(arguments, command);
    read_criteria(arguments, command.criteria);
    arguments.space();
    read_charset(arguments);
    read_keys(arguments, command);
}

void read(Arguments& arguments, Thread& command) {
    arguments.space();
    const std::string algorithm = arguments.keyword();
    if (algorithm == "ORDEREDSUBJECT")
        command.algorithm = Thread::Algorithm::ordered_subject;
    else if (algorithm == "REFERENCES")
        command.algorithm = Thread::Algorithm::references;
    else if (algorithm == "REFS")
        command.algorithm = Thread::Algorithm::refs;
    else
        return arguments.fail("Unknown threading algorithm");
    arguments.space();
    read_charset(arguments);
    command.key = KeyReader(arguments).conjunction(0);
}

void read(Arguments& arguments, CancelUpdate& command) {
    do {
        if (command.tags.size() >= kMaxWords) return arguments.fail("Too many tags", ErrorCode::limit);
        arguments.space();
        command.tags.push_back(arguments.string());
    } while (!arguments.at_end());
}

}  // namespace posthouse::imap
