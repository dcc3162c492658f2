/* embdistill.kernels._runtime: the C runtime from Python, over the limited API. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "embdistill.h"

/* Borrows the UTF-8 bytes of a str or bytes object. *owned is a new reference to release, or NULL. */
static int text_bytes(PyObject *text, const char **bytes, Py_ssize_t *length, PyObject **owned)
{
    *owned = NULL;
    if (PyUnicode_Check(text)) {
        *bytes = PyUnicode_AsUTF8AndSize(text, length);
        if (*bytes) return 0;
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
        PyErr_Clear(); /* lone surrogates cannot be encoded, and become question marks */
        *owned = PyUnicode_AsEncodedString(text, "utf-8", "replace");
        if (!*owned) return -1;
        text = *owned;
    }
    char *buffer;
    if (PyBytes_AsStringAndSize(text, &buffer, length) < 0) {
        Py_CLEAR(*owned);
        return -1;
    }
    *bytes = buffer;
    return 0;
}

PyDoc_STRVAR(tokenize_doc, "tokenize(text, whitespace, lowercase, /)\n--\n\n"
                           "The tokens of a text (str, or UTF-8 bytes), a list of str.\n\n"
                           "whitespace: split at white space only. lowercase: map to lower case.");

static PyObject *tokenize(PyObject *module, PyObject *arguments)
{
    PyObject *text, *owned, *tokens;
    int whitespace, lowercase;
    const char *bytes;
    Py_ssize_t length;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "Opp:tokenize", &text, &whitespace, &lowercase)) return NULL;
    if (text_bytes(text, &bytes, &length, &owned) < 0) return NULL;

    embdistill_tokenizer tokenizer = {
        (const unsigned char *)bytes, (size_t)length, 0,
        whitespace ? EMBDISTILL_SPLIT_WHITESPACE : EMBDISTILL_SPLIT_ENGLISH, lowercase};
    unsigned char buffer[EMBDISTILL_TOKEN_BYTES];
    size_t size;
    tokens = PyList_New(0);
    while (tokens && (size = embdistill_next_token(&tokenizer, buffer)) != 0) {
        PyObject *token = PyUnicode_DecodeUTF8((const char *)buffer, (Py_ssize_t)size, NULL);
        if (!token || PyList_Append(tokens, token) < 0) Py_CLEAR(tokens);
        Py_XDECREF(token);
    }
    Py_XDECREF(owned);
    return tokens;
}

static PyMethodDef methods[] = {{"tokenize", tokenize, METH_VARARGS, tokenize_doc}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_runtime", "The C runtime of embdistill.", 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__runtime(void) { return PyModuleDef_Init(&definition); }
