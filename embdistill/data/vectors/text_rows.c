/* embdistill.data.vectors._text_rows: fast reading of word vectors as text, over Python's limited API. It handles the
 * common case, a word and D plain decimals with spaces or tabs between; everything else is left to text.py. */
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
        const size_t chunk = size < UINT8_MAX ? size : UINT8_MAX;
        uint8_t some = 0; /* a byte wide, so that the compiler counts as many bytes at a time as a register holds */
        for (size_t i = 0; i < chunk; i++) some = (uint8_t)(some + (bytes[i] == ' '));
        spaces += some;
        bytes += chunk;
        size -= chunk;
    }
    return spaces;
}

static int is_blank(char byte) { return byte == ' ' || byte == '\t'; }

/* Runs of spaces and tabs. */
static size_t count_gaps(const char *at, const char *end)
{
    size_t gaps = 0;
    for (; at < end; at++) gaps += is_blank(at[0]) && !is_blank(at[-1]);
    return gaps;
}

PyDoc_STRVAR(skip_doc, "skip(lines, start, dim, wanted, /)\n--\n\n"
                       "Skip lines from byte `start` of `lines` (bytes) on, as long as each has `dim` gaps and its\n"
                       "word is not in `wanted`, a set of bytes or the like, or None if every word is. A gap is a\n"
                       "run of spaces and tabs.\n\n"
                       "Returns (how many were skipped, where the next line begins, how many gaps that has, where\n"
                       "its word begins and ends). Blanks at the end of a line do not count, nor those at its start,\n"
                       "unless they are all the word that there is.");

static PyObject *skip(PyObject *module, PyObject *arguments)
{
    Py_ssize_t start, skipped = 0;
    PyObject *lines, *dimension, *wanted;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "SnOO:skip", &lines, &start, &dimension, &wanted)) return NULL;
    const Py_ssize_t dim = PyNumber_AsSsize_t(dimension, NULL); /* clipped: a header may give any number */
    if (dim == -1 && PyErr_Occurred()) return NULL;
    if (start < 0 || start > PyBytes_Size(lines) || dim < 1) {
        PyErr_SetString(PyExc_ValueError, "skip: start is outside of the lines, or dim is below 1");
        return NULL;
    }
    const char *const bytes = PyBytes_AsString(lines), *const end = bytes + PyBytes_Size(lines);
    const char *line = bytes + start, *word = line, *word_end = line;
    size_t gaps = 0;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
        while (stop > line && (is_blank(stop[-1]) || stop[-1] == '\r')) stop--;
        word = line;
        gaps = count_spaces(line, (size_t)(stop - line)); /* one space a gap, as nearly always */
        if (gaps != (size_t)dim) {
            while (word < stop && is_blank(*word)) word++;
            gaps = word < stop ? count_gaps(word + 1, stop) : 0;
            if (word > line && gaps + 1 == (size_t)dim) {
                word = line;
                gaps++;
            }
        }
        for (word_end = word; word_end < stop && !is_blank(*word_end);) word_end++;
        if (gaps != (size_t)dim || wanted == Py_None) break;
        PyObject *name = PyBytes_FromStringAndSize(word, word_end - word);
        const int is_wanted = name ? PySequence_Contains(wanted, name) : -1;
        Py_XDECREF(name);
        if (is_wanted < 0) return NULL;
        if (is_wanted) break;
        word = word_end = line = newline ? newline + 1 : end;
        gaps = 0;
        skipped++;
    }
    return Py_BuildValue("nnnnn", skipped, (Py_ssize_t)(line - bytes), (Py_ssize_t)gaps, (Py_ssize_t)(word - bytes),
                         (Py_ssize_t)(word_end - bytes));
}

/* ---- Numbers -------------------------------------------------------------------------------------------------- */

static int is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/* The float32 of the decimal at `at` in a NUL-terminated string, rounded to double, then to float, as NumPy does.
 * Returns where the decimal ends, or NULL if it is not a plain one or NumPy might round it differently.
 *
 * Whole numbers up to 2^53 and powers of ten up to 10^22 are exact as doubles, so their product or quotient is rounded
 * correctly (Clinger, How to Read Floating Point Numbers Accurately, PLDI 1990). With more digits its relative error is
 * below 2^-51, which seldom changes the float; where it might, the floats at both ends of that interval differ. */
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
    if (at - first == (point != NULL)) return NULL; /* no digit */
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

static const char *after_blanks(const char *at)
{
    while (is_blank(*at)) at++;
    return at;
}

PyDoc_STRVAR(parse_doc, "parse(line, start, vector, /)\n--\n\n"
                        "Read the decimals from byte `start` of `line` (bytes) to its end, spaces or tabs between\n"
                        "them, into `vector` (D,) float32.\n\n"
                        "False, with anything in the vector, unless they are D plain decimals that are certain to be\n"
                        "rounded as NumPy rounds them.");

static PyObject *parse(PyObject *module, PyObject *arguments)
{
    PyObject *line;
    Py_ssize_t start;
    Py_buffer vector;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "Snw*:parse", &line, &start, &vector)) return NULL;
    const char *const bytes = PyBytes_AsString(line), *const end = bytes + PyBytes_Size(line); /* bytes end in a NUL */
    const char *at = start >= 0 && start <= end - bytes ? bytes + start : NULL;
    char *out = vector.buf;
    for (Py_ssize_t left = vector.len / (Py_ssize_t)sizeof(float); at && left > 0; left--) {
        float number;
        at = decimal(at, &number);
        if (!at) break;
        memcpy(out, &number, sizeof number);
        out += sizeof number;
        if (left > 1) at = is_blank(*at) ? after_blanks(at) : NULL;
    }
    PyBuffer_Release(&vector);
    return PyBool_FromLong(at == end);
}

static PyMethodDef methods[] = {{"skip", skip, METH_VARARGS, skip_doc},
                                {"parse", parse, METH_VARARGS, parse_doc},
                                {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_text_rows", "Fast reading of word vectors as text.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__text_rows(void) { return PyModuleDef_Init(&definition); }
