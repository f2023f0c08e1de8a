// imapd: gives users their mail by IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051), on the listeners imap and imaps.
#include "imapd/application.h"

int main(int argc, char** argv) { return posthouse::daemon::run_daemon(argc, argv, posthouse::imapd::spec()); }
