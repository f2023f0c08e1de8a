// bridged: what the server says by HTTP: its health, its readiness and its metrics.
#include "webmail-bridge/bridge.h"

int main(int argc, char** argv) { return posthouse::bridge::run_bridged(argc, argv); }
