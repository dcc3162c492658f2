/* embdistill.kernels._vectors: what takes longest when word vectors are read as text, over the limited API. Only what
 * is as usual is done here; embdistill/vectors.py judges the rest. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <float.h>
#include <stdint.h>
#include <string.h>

/* ---- Lines ---------------------------------------------------------------------------------------------------- */

static size_t count_spaces(const char *bytes, size_t size)
{
    size_t spaces = 0;
    while (size > 0) {
        const size_t piece = size < UINT8_MAX ? size : UINT8_MAX;
        uint8_t some = 0; /* in a byte, so that the compiler counts many bytes at a time */
        for (size_t i = 0; i < piece; i++) some = (uint8_t)(some + (bytes[i] == ' '));
        spaces += some;
        bytes += piece;
        size -= piece;
    }
    return spaces;
}

PyDoc_STRVAR(skip_doc, "skip(lines, at, dim, wanted, /)\n--\n\n"
                       "(count, at, spaces): how many lines from byte `at` on can be passed over, where the next one\n"
                       "begins, and how many spaces it has; those at the end of a line do not count.\n\n"
                       "Passed over are lines with `dim` spaces, and before the first a word that is not in `wanted`,\n"
                       "a set of bytes, or None if every word is. lines: bytes.");

static PyObject *skip(PyObject *module, PyObject *arguments)
{
    Py_ssize_t start, count = 0;
    PyObject *lines, *number, *wanted;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "SnOO:skip", &lines, &start, &number, &wanted)) return NULL;
    const Py_ssize_t dim = PyNumber_AsSsize_t(number, NULL); /* cut down, if a header gives more than any line can have */
    if (dim == -1 && PyErr_Occurred()) return NULL;
    if (start < 0 || start > PyBytes_Size(lines) || dim < 1) {
        PyErr_SetString(PyExc_ValueError, "skip: begins outside of the lines, or dim is not from 1 on");
        return NULL;
    }
    const char *const bytes = PyBytes_AsString(lines), *const end = bytes + PyBytes_Size(lines), *line = bytes + start;
    size_t spaces = 0;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
        while (stop > line && (stop[-1] == ' ' || stop[-1] == '\r')) stop--;
        spaces = count_spaces(line, (size_t)(stop - line));
        if (spaces != (size_t)dim || wanted == Py_None) break;
        const char *space = memchr(line, ' ', (size_t)(stop - line)); /* there is one, as dim >= 1 */
        PyObject *word = PyBytes_FromStringAndSize(line, space - line);
        const int is_wanted = word ? PySet_Contains(wanted, word) : -1;
        Py_XDECREF(word);
        if (is_wanted < 0) return NULL;
        if (is_wanted) break;
        line = newline ? newline + 1 : end;
        count++;
    }
    return Py_BuildValue("nnn", count, (Py_ssize_t)(line - bytes), (Py_ssize_t)spaces);
}

/* ---- Numbers -------------------------------------------------------------------------------------------------- */

static int is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/* The float32 of a decimal that begins at `at` in a string with a NUL at its end: rounded to double, then to float, as
 * NumPy does. Returns where it ends, or NULL for what is no plain decimal or might be rounded another way.
 *
 * Whole numbers to 2^53 and powers of ten to 22 are exact doubles, so one product or quotient of them is rounded
 * correctly (Clinger, How to Read Floating Point Numbers Accurately, PLDI 1990). With more digits it is off by less
 * than 2^-51 of itself, which seldom matters to a float; where it might, the two ends differ. */
static const char *decimal(const char *at, float *number)
{
    static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                          1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int negative = *at == '-';
    if (negative || *at == '+') at++;
    const char *const first = at, *point = NULL;
    uint64_t digits = 0;
    for (;; at++) {
        if (is_digit(*at)) {
            if (digits > (UINT64_MAX - 9) / 10) return NULL;
            digits = 10 * digits + (uint64_t)(*at - '0');
        } else if (*at == '.' && !point)
            point = at;
        else
            break;
    }
    if (at - first == (point != NULL)) return NULL; /* not a digit */
    Py_ssize_t exponent = point ? point + 1 - at : 0;
    if (*at == 'e' || *at == 'E') {
        const int below = *++at == '-';
        int power = 0;
        if (below || *at == '+') at++;
        if (!is_digit(*at)) return NULL;
        for (; is_digit(*at); at++)
            if ((power = 10 * power + (*at - '0')) > 999) return NULL;
        exponent += below ? -power : power;
    }
    if (FLT_EVAL_METHOD != 0 || exponent < -22 || exponent > 22) return NULL;
    double value = (double)digits;
    value = exponent < 0 ? value / power_of_ten[-exponent] : value * power_of_ten[exponent];
    if (negative) value = -value;
    if (value > 1e38 || value < -1e38) return NULL; /* may be too large for a float */
    *number = (float)value;
    if (digits > UINT64_C(1) << 53 &&
        (float)(value * (1 - 4 * DBL_EPSILON)) != (float)(value * (1 + 4 * DBL_EPSILON)))
        return NULL;
    return at;
}

PyDoc_STRVAR(numbers_doc, "numbers(line, at, vector, /)\n--\n\n"
                          "Read the line (bytes) from byte `at` to its end into vector (D,) float32, a space between.\n\n"
                          "False, with any numbers in the vector, if these are not D plain decimals, each of which is\n"
                          "certain to become what NumPy makes of it.");

static PyObject *numbers(PyObject *module, PyObject *arguments)
{
    PyObject *line;
    Py_ssize_t start;
    Py_buffer vector;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "Snw*:numbers", &line, &start, &vector)) return NULL;
    const char *const bytes = PyBytes_AsString(line), *const end = bytes + PyBytes_Size(line); /* there is a NUL */
    const char *at = start >= 0 && start <= end - bytes ? bytes + start : NULL;
    char *out = vector.buf;
    for (Py_ssize_t left = vector.len / (Py_ssize_t)sizeof(float); at && left > 0; left--) {
        float number;
        at = decimal(at, &number);
        if (!at) break;
        memcpy(out, &number, sizeof number);
        out += sizeof number;
        if (left > 1) at = *at == ' ' ? at + 1 : NULL;
    }
    PyBuffer_Release(&vector);
    return PyBool_FromLong(at == end);
}

static PyMethodDef methods[] = {{"skip", skip, METH_VARARGS, skip_doc},
                                {"numbers", numbers, METH_VARARGS, numbers_doc},
                                {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_vectors", "Word vectors as text, fast.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__vectors(void) { return PyModuleDef_Init(&definition); }
