/* The runtime and the model of this library. */
#include "embdistill.h"
#include "model_data.h"
