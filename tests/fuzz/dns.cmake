posthouse_fuzz_target(dns_records DEPENDS dns)
