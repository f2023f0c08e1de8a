// queued: sends what lies in the queue, and tells senders of what can't be delivered.
#include "queued/core/queued.h"

int main(int argc, char** argv) { return posthouse::daemon::run_daemon(argc, argv, posthouse::queued::spec()); }
