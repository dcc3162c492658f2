/* embdistill.kernels._simd: loops over floats whose sums have to stay in vector registers, which no compiler makes of
 * a plain loop. Kernels call them by name (embdistill/kernels/simd.py); this module only tells their addresses.
 *
 * A product is computed in tiles of as many sums as the registers hold (Goto & van de Geijn 2008, "Anatomy of
 * High-Performance Matrix Multiplication", ACM TOMS 34(3)). The matrices of a step of training are small: so only the
 * second is rearranged, and only where that pays, while a BLAS rearranges both. Each number is one sum in the order of
 * the inner dimension, at most DEPTH terms at a time, whichever rows and columns are computed with it. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    DEPTH = 256,      /* most rows of b at a time: a panel of them two vectors wide is 32 KB at most, as the first cache */
    PACKED_ROWS = 24, /* rearranging b pays from as many rows of a on ... */
    PACKED_DEPTH = 128, /* ... and as many of b, if those are contiguous */
    CHUNK = 16,       /* filters at a time, as in kernels/simd.py */
    STRIPE = 4        /* vectors of a window at a time, each of which takes two registers */
};

/* An array as Numba lays it out (numba/_arraystruct.h): the sizes are the shape, then the strides in bytes. */
typedef struct {
    void *owner, *parent;
    ptrdiff_t items, item_bytes;
    void *data;
    ptrdiff_t sizes[];
} array;

/* How many floats, or others of that size, lie between neighbours along an axis of a matrix. */
#define STEP(matrix, axis) ((matrix)->sizes[2 + (axis)] / (ptrdiff_t)sizeof(float))

/* ---- For each length of vectors ------------------------------------------------------------------------------------ */

#if defined __GNUC__
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static
#endif
#if defined __clang__ /* loops over registers, whose bounds are known, are to become none */
#define UNROLL _Pragma("clang loop unroll(full)")
#elif defined __GNUC__
#define UNROLL _Pragma("GCC unroll 24")
#else
#define UNROLL
#endif

#define LANES 1
#define ROWS 2
#define TARGET
#include "simd.h"

#if defined __GNUC__
#define LANES 4
#define ROWS 6
#define TARGET
#define NARROWER 1
#include "simd.h"
#endif

#if defined __GNUC__ && defined __x86_64__
#define LANES 8
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#define NARROWER 4
#include "simd.h"

#define LANES 16
#define ROWS 12
#define TARGET __attribute__((target("avx512f")))
#define NARROWER 8
#include "simd.h"
#endif

/* ---- Python -------------------------------------------------------------------------------------------------------- */

typedef void (*function)(void);

enum { FUNCTIONS = 4 };
static const char *const names[FUNCTIONS] = {"multiply", "multiply_piece", "max_windows", "add_windows"};

#define INSTANCE(lanes) \
    {lanes, {(function)multiply_##lanes, (function)multiply_piece_##lanes, (function)max_windows_##lanes, \
             (function)add_windows_##lanes}}
static const struct {
    int lanes;
    function functions[FUNCTIONS];
} instances[] = {
    INSTANCE(1),
#if defined __GNUC__
    INSTANCE(4),
#endif
#if defined __GNUC__ && defined __x86_64__
    INSTANCE(8),
    INSTANCE(16),
#endif
};

static int processor_has(int lanes)
{
#if defined __GNUC__ && defined __x86_64__
    __builtin_cpu_init();
    if (lanes == 8) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (lanes == 16) return __builtin_cpu_supports("avx512f");
#endif
    return lanes <= 4;
}

PyDoc_STRVAR(addresses_doc, "addresses(/)\n--\n\n"
                            "{floats in a vector: {name of a function: its address}}, as far as the processor can do\n"
                            "it, the longest vectors last.");

static PyObject *addresses(PyObject *module, PyObject *nothing)
{
    PyObject *all = PyDict_New();
    (void)module, (void)nothing;
    for (size_t i = 0; all && i < sizeof instances / sizeof *instances; i++) {
        if (!processor_has(instances[i].lanes)) continue;
        PyObject *lanes = PyLong_FromLong(instances[i].lanes), *where = PyDict_New();
        for (int f = 0; where && f < FUNCTIONS; f++) {
            PyObject *address = PyLong_FromUnsignedLongLong((uintptr_t)instances[i].functions[f]);
            if (!address || PyDict_SetItemString(where, names[f], address) < 0) Py_CLEAR(where);
            Py_XDECREF(address);
        }
        if (!lanes || !where || PyDict_SetItem(all, lanes, where) < 0) Py_CLEAR(all);
        Py_XDECREF(lanes);
        Py_XDECREF(where);
    }
    return all;
}

static PyMethodDef methods[] = {{"addresses", addresses, METH_NOARGS, addresses_doc}, {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_simd", "Where the loops over floats are.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__simd(void) { return PyModuleDef_Init(&definition); }
