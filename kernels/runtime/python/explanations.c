/* What each word of a text does to the logits: methods of Model. */
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "explain.h"

const char read_doc[] = "_read(text, /)\n--\n\n"
                        "How each word of a text (UTF-8 bytes) is read, a list of (start, end, reading, spelling): its\n"
                        "bytes; the index of its reading among those of model.words; and, if it is corrected, the known\n"
                        "word that it is read as, else None.";

static PyObject *read_one(const Model *self, const char *text, const embdistill_word *word)
{
    unsigned char spelling[EMBDISTILL_SPELLING_BYTES];
    size_t size = 0;
    if (word->reading == EMBDISTILL_CORRECTED) size = embdistill_spelling(&self->model, text, word, spelling);
    return Py_BuildValue("nnIs#", (Py_ssize_t)word->start, (Py_ssize_t)word->end, word->reading,
                         size ? (const char *)spelling : NULL, (Py_ssize_t)size);
}

PyObject *model_read(PyObject *object, PyObject *text)
{
    const Model *self = (Model *)object;
    struct text found;
    PyObject *owned, *list = NULL;
    if (text_bytes(text, &found, &owned) < 0) return NULL;
    size_t count = embdistill_read_words(&self->model, found.bytes, found.length, NULL, 0);
    embdistill_word *words = malloc((count ? count : 1) * sizeof *words);
    if (!words) PyErr_NoMemory();
    else if ((list = PyList_New((Py_ssize_t)count)) != NULL)
        (void)embdistill_read_words(&self->model, found.bytes, found.length, words, count);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *word = read_one(self, found.bytes, &words[i]);
        if (!word || PyList_SetItem(list, (Py_ssize_t)i, word) < 0) Py_CLEAR(list);
    }
    free(words);
    Py_XDECREF(owned);
    return list;
}

/* embdistill_leave_out or embdistill_shares. */
typedef embdistill_error (*explanation)(const embdistill_model *model, const char *text, size_t length, void *scratch,
                                        size_t scratch_bytes, float *values, size_t first, size_t count);

/* Calls the function with (text, count), and gives a bytearray of float (count, C). */
static PyObject *explain(explanation function, PyObject *object, PyObject *arguments)
{
    Model *self = (Model *)object;
    PyObject *text, *owned, *values = NULL;
    Py_ssize_t count;
    struct text found;
    if (!PyArg_ParseTuple(arguments, "On", &text, &count) || text_bytes(text, &found, &owned) < 0) return NULL;
    const size_t row = self->model.classes * sizeof(float);
    const size_t bytes = embdistill_scratch_bytes(&self->model, found.length + self->model.hidden + 1);
    void *scratch = bytes == SIZE_MAX ? NULL : malloc(bytes);
    if (count < 0 || !scratch || (size_t)count > (size_t)PY_SSIZE_T_MAX / row) PyErr_NoMemory();
    else values = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)((size_t)count * row));
    if (values) {
        float *of = (float *)(void *)PyByteArray_AsString(values);
        embdistill_error error;
        memset(of, 0, (size_t)count * row);
        Py_BEGIN_ALLOW_THREADS
        error = function(&self->model, found.bytes, found.length, scratch, bytes, of, 0, (size_t)count);
        Py_END_ALLOW_THREADS
        if (error != EMBDISTILL_OK) { /* with enough scratch, only marks can be wrong */
            raise_mark_error(self, text, 0);
            Py_CLEAR(values);
        }
    }
    free(scratch);
    Py_XDECREF(owned);
    return values;
}

const char leave_out_doc[] = "_leave_out(text, count, /)\n--\n\n"
                            "The logits of a text without each of its first `count` words in turn, a bytearray of float\n"
                            "(count, C).";

PyObject *model_leave_out(PyObject *object, PyObject *arguments)
{
    return explain(embdistill_leave_out, object, arguments);
}

const char shares_doc[] = "_shares(text, count, /)\n--\n\n"
                         "The shares of the first `count` words of a text in its logits, a bytearray of float (count, C).\n"
                         "None unless the network is `mean`.";

PyObject *model_shares(PyObject *object, PyObject *arguments)
{
    if (((Model *)object)->model.network != EMBDISTILL_MEAN) Py_RETURN_NONE;
    return explain(embdistill_shares, object, arguments);
}
