/* The model, an .edm image; the bytes of an array of numbers, on a little-endian machine. */
#ifndef MODEL_DATA_H
#define MODEL_DATA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __AVR__
#include <avr/pgmspace.h> /* an image lies in program memory */
extern const uint32_t model_data[] PROGMEM;
#else
extern const uint32_t model_data[];
#endif
extern const size_t model_data_bytes;

#ifdef __cplusplus
}
#endif

#endif
