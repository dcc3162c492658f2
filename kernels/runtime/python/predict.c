/* The answers of a model: methods over one text and over a list of texts. */
#include <stdlib.h>

#include "binding.h"

/* Computes logits (count, C) and numbers of known words (count, or NULL) up to the first text that is wrong: its index,
 * count if there is none, -1 with an exception. */
static Py_ssize_t compute(Model *self, const texts *t, float *logits, size_t *known)
{
    const int small = t->count == 1 && t->longest <= SHORT_TEXT; /* under the GIL, in the buffers of the model */
    size_t i = 0, scratch_bytes = small ? self->scratch_bytes : embdistill_scratch_bytes(&self->model, t->longest);
    void *scratch = small ? self->scratch : scratch_bytes == SIZE_MAX ? NULL : malloc(scratch_bytes);
    if (!scratch) {
        PyErr_NoMemory();
        return -1;
    }
    PyThreadState *thread = small ? NULL : PyEval_SaveThread();
    for (; i < t->count; i++, logits += self->model.classes)
        if (embdistill_logits(&self->model, t->at[i].bytes, t->at[i].length, scratch, scratch_bytes, logits,
                              known ? known + i : NULL) != EMBDISTILL_OK)
            break; /* with enough scratch, only marks can be wrong */
    if (!small) {
        PyEval_RestoreThread(thread);
        free(scratch);
    }
    return (Py_ssize_t)i;
}

/* ---- One text --------------------------------------------------------------------------------------------------- */

/* The label and its probability, from logits, which become probabilities. */
static PyObject *answer(const Model *self, float *logits)
{
    uint32_t best = embdistill_argmax(logits, self->model.classes);
    embdistill_softmax(logits, self->model.classes);
    return Py_BuildValue("Od", PyTuple_GetItem(self->labels, (Py_ssize_t)best), (double)logits[best]);
}

PyDoc_STRVAR(classify_doc, "classify(text, /)\n--\n\n"
                           "The most probable label of one text (str, or UTF-8 bytes), and its probability.");

static PyObject *model_classify(PyObject *object, PyObject *text)
{
    Model *self = (Model *)object;
    PyObject *owned, *result = NULL;
    struct text one;
    if (text_bytes(text, &one, &owned) < 0) return NULL;
    const texts t = {.at = &one, .count = 1, .longest = one.length};
    float *logits = one.length <= SHORT_TEXT ? self->logits : malloc(self->model.classes * sizeof *logits);
    Py_ssize_t computed = logits ? compute(self, &t, logits, NULL) : -1;
    if (!logits) PyErr_NoMemory();
    else if (computed == 0) raise_mark_error(self, text, 0);
    else if (computed == 1) result = answer(self, logits);
    if (logits != self->logits) free(logits);
    Py_XDECREF(owned);
    return result;
}

/* ---- A list of texts -------------------------------------------------------------------------------------------- */

/* Makes bytearrays for logits (count, C) and known (count); -1 with an exception. */
static int make_results(const Model *self, size_t count, PyObject **logits, PyObject **known)
{
    size_t row = self->model.classes * sizeof(float) + sizeof(size_t);
    if (count > (size_t)PY_SSIZE_T_MAX / row) {
        PyErr_NoMemory();
        return -1;
    }
    *logits = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(count * self->model.classes * sizeof(float)));
    *known = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(size_t)));
    if (*logits && *known) return 0;
    Py_XDECREF(*logits);
    Py_XDECREF(*known);
    return -1;
}

static float *floats_of(PyObject *bytearray) { return (float *)(void *)PyByteArray_AsString(bytearray); }

PyDoc_STRVAR(logits_doc, "_logits(texts, /)\n--\n\n"
                         "(logits, known): bytearrays of float (B, C), and of size_t (B), the number of known words\n"
                         "in each text.");

static PyObject *model_logits(PyObject *object, PyObject *sequence)
{
    Model *self = (Model *)object;
    texts t;
    PyObject *logits, *known, *result = NULL;
    if (hold_texts(&t, sequence) < 0) return NULL;
    if (make_results(self, t.count, &logits, &known) == 0) {
        Py_ssize_t computed = compute(self, &t, floats_of(logits), (size_t *)(void *)PyByteArray_AsString(known));
        if (computed == (Py_ssize_t)t.count) result = PyTuple_Pack(2, logits, known);
        else if (computed >= 0) raise_mark_error(self, PyTuple_GetItem(t.held, computed), computed);
        Py_DECREF(logits);
        Py_DECREF(known);
    }
    release_texts(&t);
    return result;
}

PyDoc_STRVAR(probabilities_doc, "_probabilities(texts, /)\n--\n\n"
                                "As _logits, with probabilities in place of logits.");

static PyObject *model_probabilities(PyObject *object, PyObject *sequence)
{
    const Model *self = (Model *)object;
    PyObject *result = model_logits(object, sequence);
    if (!result) return NULL;
    PyObject *logits = PyTuple_GetItem(result, 0);
    size_t values = (size_t)PyByteArray_Size(logits) / sizeof(float);
    for (size_t i = 0; i < values; i += self->model.classes)
        embdistill_softmax(floats_of(logits) + i, self->model.classes);
    return result;
}

PyDoc_STRVAR(predict_doc, "_predict(texts, /)\n--\n\n"
                          "The most probable label of each text, a list of str.");

static PyObject *model_predict(PyObject *object, PyObject *sequence)
{
    const Model *self = (Model *)object;
    PyObject *computed = model_logits(object, sequence);
    if (!computed) return NULL;
    const float *row = floats_of(PyTuple_GetItem(computed, 0)); /* (C), of each text in turn */
    Py_ssize_t answers = PyByteArray_Size(PyTuple_GetItem(computed, 1)) / (Py_ssize_t)sizeof(size_t);
    PyObject *labels = PyList_New(answers);
    for (Py_ssize_t i = 0; labels && i < answers; i++, row += self->model.classes) {
        PyObject *label = PyTuple_GetItem(self->labels, (Py_ssize_t)embdistill_argmax(row, self->model.classes));
        Py_INCREF(label);
        if (PyList_SetItem(labels, i, label) < 0) Py_CLEAR(labels);
    }
    Py_DECREF(computed);
    return labels;
}

/* ---- The methods ------------------------------------------------------------------------------------------------ */

PyMethodDef model_methods[] = {{"classify", model_classify, METH_O, classify_doc},
                               {"_predict", model_predict, METH_O, predict_doc},
                               {"_logits", model_logits, METH_O, logits_doc},
                               {"_probabilities", model_probabilities, METH_O, probabilities_doc},
                               {NULL, NULL, 0, NULL}};
