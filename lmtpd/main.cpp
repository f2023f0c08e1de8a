// lmtpd: delivers messages into mailboxes, by LMTP (RFC 2033).
#include "lib/daemon/daemon.h"
#include "lmtpd/application.h"

int main(int argc, char** argv) { return posthouse::daemon::run_daemon(argc, argv, posthouse::lmtpd::spec()); }
