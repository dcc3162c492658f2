/* Vectors of eight floats, as the compilers of GNU C have them; one float where there is none. Private to this
 * folder. */
#ifndef SIMD_H
#define SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __GNUC__
enum { LANES = 8 };
/* Aligned as a float is, since rows begin anywhere. */
typedef float vector __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t integers __attribute__((vector_size(32), aligned(4), may_alias));
#define CHOOSE(type, where, a, b) ((type)(((where) & (integers)(a)) | (~(where) & (integers)(b))))
#define INLINE static inline __attribute__((always_inline))
#else
enum { LANES = 1 };
typedef float vector;
typedef int32_t integers;
#define CHOOSE(type, where, a, b) ((where) ? (a) : (b))
#define INLINE static
#endif

/* Loops over registers, whose bounds are known, have to disappear. */
#if defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#elif defined __GNUC__
#define UNROLL _Pragma("GCC unroll 24")
#else
#define UNROLL
#endif

/* Before a function: compile it a second time, for AVX2 and FMA, and choose when the library is loaded. */
#if defined __x86_64__ && defined __GLIBC__ && !defined __clang__ && __GNUC__ >= 12
#define HOT __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define HOT
#endif

#if defined _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED
#endif

/* Arrays as a kernel hands them over (kernels/machine/addresses.py): strides are in bytes, as NumPy's are. */
#define ARRAY(type, dimensions, name) \
    typedef struct { type *at; ptrdiff_t shape[dimensions], strides[dimensions]; } name
ARRAY(float, 1, floats_1);
ARRAY(float, 2, floats_2);
ARRAY(int32_t, 2, int32s_2);
ARRAY(int64_t, 1, int64s_1);
#undef ARRAY

/* The vector that begins at a float. */
#define VECTOR(at) (*(vector *)(void *)(at))

#endif
