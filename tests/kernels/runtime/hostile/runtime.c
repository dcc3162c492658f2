/* All of the runtime, also what microcontrollers do not have. */
#include "embdistill.c"
#include "explain.c"
