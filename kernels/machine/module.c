/* embdistill.kernels.machine._simd: a module without anything in it, so that products.c and windows.c are built and
 * installed as an extension is. Kernels call their functions by name (kernels/machine/simd.py). */
#include <Python.h>

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_simd", "Loops over floats, in C.", 0, NULL, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__simd(void) { return PyModuleDef_Init(&definition); }
