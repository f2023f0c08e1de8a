posthouse_fuzz_target(proxy_header DEPENDS net)
