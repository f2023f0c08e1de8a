// guardd: connections and failed log-ins, counted once for all daemons.
#include "guardd/guardd.h"

int main(int argc, char** argv) { return posthouse::guard::run_guardd(argc, argv); }
