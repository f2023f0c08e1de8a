// smtpd: receives messages by SMTP and submission, and delivers them to lmtpd before it says 250.
#include "lib/daemon/daemon.h"
#include "smtpd/receiver.h"

int main(int argc, char** argv) { return posthouse::daemon::run_daemon(argc, argv, posthouse::smtpd::spec()); }
