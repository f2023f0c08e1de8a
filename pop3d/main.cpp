// pop3d: access to a user's INBOX by POP3 (RFC 1939).
#include "lib/daemon/daemon.h"
#include "pop3d/application.h"

int main(int argc, char** argv) { return posthouse::daemon::run_daemon(argc, argv, posthouse::pop3d::spec()); }
