// What FETCH shows of a message's annotations (RFC 5257 §4.3).
#pragma once

#include <cstdint>
#include <string>

#include "lib/imap/annotations.h"
#include "storage/message_annotations.h"

namespace posthouse::imapd {

/// "(/comment (value.priv "My comment" value.shared NIL))". An entry that is named is shown in any case, others when
/// they match and have a value of a kind that is asked for. Empty: there are none. `work` grows by as many octets as
/// could have been read while the names were matched.
std::string annotation_item(const imap::AnnotationQuery& query, const storage::AnnotationTables& tables,
                            storage::Uid uid, std::uint64_t& work);

}  // namespace posthouse::imapd
