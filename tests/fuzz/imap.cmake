posthouse_fuzz_target(imap_command DEPENDS imap)
posthouse_fuzz_target(imap_names DEPENDS imap)
posthouse_fuzz_target(imap_thread DEPENDS imap)
posthouse_fuzz_target(imap_url DEPENDS imap)
