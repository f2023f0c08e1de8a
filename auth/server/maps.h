// The maps of the socket `socketmap`: what a domain or an address is.
#pragma once

#include "auth/directory/directory.h"
#include "auth/directory/resolve.h"
#include "lib/sasl/socketmap.h"

namespace posthouse::auth {

/// Answers one look-up; runs on a thread of the pool. Maps, with what is looked up, and what `OK` carries:
///
/// - `domain` (a domain; Postfix: virtual_mailbox_domains): the domain, if its mail is ours, domain aliases too.
/// - `mailbox` (an address; virtual_mailbox_maps): `<domain>/<local part>/`, if it is a user, details left out.
/// - `alias` (an address, @domain; virtual_alias_maps): what the address leads to in one step (resolve_step), separated
///   by `, `; targets of this very @domain, of the name of a domain alias `@domain`. A user without an alias leads to
///   itself, and so does a list without members, which takes no mail.
/// - `sender` (an address, @domain; smtpd_sender_login_maps): who may send as it, separated by `, `: the user of that
///   address, details left out, and who was granted it or its whole domain. An alias gives nobody the right to send as
///   it.
/// - `transport` (an address, a domain, .domain; transport_maps): `transport:nexthop` of it, for an address of the
/// first
///   that there is: the address, without details, its domain, a domain above that (.domain). Of a user without one
///   whose mail another server has, `smtp:[that server]`.
/// - `relay` (a domain; relay_domains): `any` or `listed`, if mail for it is passed on.
/// - `relay_recipient` (an address; relay_recipient_maps): the address, if mail for it is passed on.
/// - `poster` (`list TAB user TAB sender`): `ok`, if a list's rules let somebody post who has logged in as `user`
/// (empty:
///   nobody has) and sends as `sender` (empty: it is not believed, or null). PERM tells who may instead, for the
///   sender.
/// - `sending_limit` (a user's address, @domain): how much it may send, where that is not left to the settings, as
///   auth/client/sending_limit.h has it.
/// - `resolve` (an address): every final recipient, one line each, as auth/client/resolution.h has them:
///   `local TAB <user> [TAB <detail> [TAB <route> …]] LF` or `remote TAB <address> [TAB <route> …] LF`. The route is
///   what `transport` gives of the recipient; but one of a domain above (.domain) is for mail that leaves, not for
///   users of ours. One that says nothing (`:`) and, of users, `local` are left out.
///
/// Of a socketmap Postfix asks only for the whole address (socketmap_table(5)), so details, catch-alls and domains are
/// looked up here. It goes on from alias to alias by itself; `resolve` does all of that. NOTFOUND: there is none. TEMP:
/// the directory is away. PERM: an alias loop (which is named), too many targets, or an unknown map.
sasl::SocketmapReply answer(Lookups& directory, const sasl::SocketmapRequest& request, const ResolveSettings& settings);

}  // namespace posthouse::auth
