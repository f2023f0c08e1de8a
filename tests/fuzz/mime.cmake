posthouse_fuzz_target(mime_message DEPENDS imap mime)
posthouse_fuzz_target(mime_header DEPENDS mime)
posthouse_fuzz_target(mime_downgrade DEPENDS mime)
