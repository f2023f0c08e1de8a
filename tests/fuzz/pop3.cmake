posthouse_fuzz_target(pop3_command DEPENDS pop3)
posthouse_fuzz_target(pop3_body DEPENDS pop3)
