// authd: who is who.
#include "auth/server/authd.h"

int main(int argc, char** argv) { return posthouse::auth::run_authd(argc, argv); }
