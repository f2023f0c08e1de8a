posthouse_fuzz_target(smtp_command DEPENDS smtp)
posthouse_fuzz_target(smtp_address DEPENDS smtp)
posthouse_fuzz_target(smtp_reply DEPENDS smtp)
posthouse_fuzz_target(smtp_data DEPENDS smtp)
