// historyd: the story of every message.
#include "historyd/historyd.h"
#include "lib/daemon/daemon.h"

int main(int argc, char** argv) { return posthouse::daemon::run_daemon(argc, argv, posthouse::history::spec()); }
