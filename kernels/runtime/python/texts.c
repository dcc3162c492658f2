/* Texts from Python objects. */
#include <stdlib.h>
#include <string.h>

#include "binding.h"

int text_bytes(PyObject *text, struct text *found, PyObject **owned)
{
    Py_ssize_t length = 0;
    char *bytes = NULL;
    *owned = NULL;
    if (PyUnicode_Check(text)) {
        found->bytes = PyUnicode_AsUTF8AndSize(text, &length);
        found->length = (size_t)length;
        if (found->bytes) return 0;
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
        PyErr_Clear(); /* lone surrogates cannot be encoded, and become question marks */
        *owned = PyUnicode_AsEncodedString(text, "utf-8", "replace");
        if (!*owned) return -1;
        text = *owned;
    }
    if (!PyBytes_Check(text)) {
        PyErr_Format(PyExc_TypeError, "%R: not a text; make it a str", text);
        return -1;
    }
    if (PyBytes_AsStringAndSize(text, &bytes, &length) < 0) Py_CLEAR(*owned);
    found->bytes = bytes;
    found->length = (size_t)length;
    return bytes ? 0 : -1;
}

void release_texts(texts *t)
{
    free(t->at);
    Py_XDECREF(t->owned);
    Py_XDECREF(t->held);
}

/* In place of "expected bytes": which text is none. */
static void no_text(size_t i, PyObject *value)
{
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return;
    PyErr_Format(PyExc_TypeError, "texts[%zu]: %R, not a text; make it a str, or remove it", i, value);
}

int hold_texts(texts *t, PyObject *sequence)
{
    memset(t, 0, sizeof *t);
    if (PyUnicode_Check(sequence) || PyBytes_Check(sequence)) {
        PyErr_SetString(PyExc_TypeError, "predict takes a list of texts, not one text");
        return -1;
    }
    t->held = PySequence_Tuple(sequence);
    if (!t->held) return -1;
    t->count = (size_t)PyTuple_Size(t->held);
    t->at = calloc(t->count ? t->count : 1, sizeof *t->at);
    if (!t->at) PyErr_NoMemory();
    for (size_t i = 0; t->at && i < t->count; i++) {
        PyObject *owned;
        PyObject *text = PyTuple_GetItem(t->held, (Py_ssize_t)i);
        if (text_bytes(text, &t->at[i], &owned) < 0) {
            no_text(i, text);
            break;
        }
        if (t->at[i].length > t->longest) t->longest = t->at[i].length;
        if (owned && !t->owned) t->owned = PyList_New(0);
        int kept = owned ? (t->owned ? PyList_Append(t->owned, owned) : -1) : 0;
        Py_XDECREF(owned);
        if (kept < 0) break;
    }
    if (!PyErr_Occurred()) return 0;
    release_texts(t);
    return -1;
}
