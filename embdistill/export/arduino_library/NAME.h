/* The runtime and the model of this library. */
#ifdef __AVR__
#error "An AVR reads its flash by instructions of their own, and the model is read as memory: take another board."
#endif
#include "embdistill.h"
#include "model_data.h"
