posthouse_fuzz_target(spool_envelope DEPENDS spool)
posthouse_fuzz_target(spool_file DEPENDS spool)
posthouse_fuzz_target(queue_route DEPENDS delivery wake)
