posthouse_fuzz_target(dsn_report DEPENDS dsn)
