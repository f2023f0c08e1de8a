// The maps of the socket `socketmap`: what a domain or an address is.
#pragma once

#include "auth/directory/directory.h"
#include "auth/directory/resolve.h"
#include "lib/sasl/socketmap.h"

namespace posthouse::auth {

/// Answers one look-up; runs on a thread of the pool. Maps, with what `OK` carries:
///   domain   a domain              the domain, if its mail is ours, domain aliases too (Postfix:
///   virtual_mailbox_domains) mailbox  an address            `<domain>/<local part>/`, if it is a user
///   (virtual_mailbox_maps) alias    an address, @domain   targets of this very alias (of the @name of a domain alias:
///   `@domain`), separated by `, `; a user without an alias leads to
///                                  itself, so that a catch-all doesn't take its mail (virtual_alias_maps)
///   resolve  an address            every final recipient, one line each, as auth/client/resolution.h has them:
///                                  `local TAB <user> [TAB <detail>] LF` or `remote TAB <address> LF`
/// `mailbox` and `alias` stay one level and leave details (user+tag) to Postfix; `resolve` does all of that itself.
/// NOTFOUND: there is none. TEMP: the directory is away. PERM: an alias loop (which is named), too many targets, or an
/// unknown map.
sasl::SocketmapReply answer(Lookups& directory, const sasl::SocketmapRequest& request, const ResolveSettings& settings);

}  // namespace posthouse::auth
