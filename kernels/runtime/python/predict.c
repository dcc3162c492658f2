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

/* ---- The most probable classes of each text --------------------------------------------------------------------- */

/* Whether class a ranks before class b: by the larger logit, then by the smaller index. */
static int ranks_before(const float *logits, uint32_t a, uint32_t b)
{
    return logits[a] > logits[b] || (!(logits[a] < logits[b]) && a < b);
}

/* Moves heap[at] down to its place in a heap of classes, whose root is the one that ranks last. */
static void sift_down(uint32_t *heap, uint32_t count, uint32_t at, const float *logits)
{
    uint32_t class = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && ranks_before(logits, heap[child], heap[child + 1])) child++;
        if (!ranks_before(logits, class, heap[child])) break;
        heap[at] = heap[child];
    }
    heap[at] = class;
}

/* The `top` classes of the largest logits, best first, in time proportional to classes * log(top). */
static void rank(uint32_t *best, uint32_t top, const float *logits, uint32_t classes)
{
    for (uint32_t c = 0; c < top; c++) best[c] = c;
    for (uint32_t at = top / 2; at-- > 0;) sift_down(best, top, at, logits);
    for (uint32_t c = top; c < classes; c++)
        if (ranks_before(logits, c, best[0])) {
            best[0] = c;
            sift_down(best, top, 0, logits);
        }
    for (uint32_t end = top; end-- > 1;) {
        uint32_t last = best[0];
        best[0] = best[end];
        best[end] = last;
        sift_down(best, end, 0, logits);
    }
}

/* A list of the `top` best (label, probability) of one text. Its logits become probabilities. */
static PyObject *ranked_labels(const Model *self, float *logits, uint32_t *best, uint32_t top)
{
    rank(best, top, logits, self->model.classes);
    embdistill_softmax(logits, self->model.classes);
    PyObject *pairs = PyList_New((Py_ssize_t)top);
    for (uint32_t i = 0; pairs && i < top; i++) {
        PyObject *label = PyTuple_GetItem(self->labels, (Py_ssize_t)best[i]);
        PyObject *pair = Py_BuildValue("Od", label, (double)logits[best[i]]);
        if (!pair || PyList_SetItem(pairs, (Py_ssize_t)i, pair) < 0) Py_CLEAR(pairs);
    }
    return pairs;
}

PyDoc_STRVAR(ranked_doc, "_ranked(texts, top, /)\n--\n\n"
                         "(ranked, known): for each text a list of its `top` most probable (label, probability), or\n"
                         "of all if there are fewer; and a bytearray of size_t (B), as of _logits.");

static PyObject *model_ranked(PyObject *object, PyObject *arguments)
{
    const Model *self = (Model *)object;
    PyObject *sequence;
    Py_ssize_t wanted;
    if (!PyArg_ParseTuple(arguments, "On:_ranked", &sequence, &wanted)) return NULL;
    if (wanted < 1) {
        PyErr_Format(PyExc_ValueError, "top: %zd labels, must be at least 1", wanted);
        return NULL;
    }
    const uint32_t top = (size_t)wanted < self->model.classes ? (uint32_t)wanted : self->model.classes;
    PyObject *computed = model_logits(object, sequence);
    if (!computed) return NULL;
    PyObject *known = PyTuple_GetItem(computed, 1), *result = NULL;
    float *row = floats_of(PyTuple_GetItem(computed, 0)); /* (C), of each text in turn */
    Py_ssize_t texts = PyByteArray_Size(known) / (Py_ssize_t)sizeof(size_t);
    uint32_t *best = malloc(top * sizeof *best);
    PyObject *ranked = best ? PyList_New(texts) : PyErr_NoMemory();
    for (Py_ssize_t i = 0; ranked && i < texts; i++, row += self->model.classes) {
        PyObject *pairs = ranked_labels(self, row, best, top);
        if (!pairs || PyList_SetItem(ranked, i, pairs) < 0) Py_CLEAR(ranked);
    }
    free(best);
    if (ranked) result = PyTuple_Pack(2, ranked, known);
    Py_XDECREF(ranked);
    Py_DECREF(computed);
    return result;
}

/* ---- The methods ------------------------------------------------------------------------------------------------ */

PyMethodDef model_methods[] = {{"find", find, METH_O, find_doc},
                               {"correct", correct, METH_O, correct_doc},
                               {"is_spelling", is_spelling, METH_O, is_spelling_doc},
                               {"classify", model_classify, METH_O, classify_doc},
                               {"_predict", model_predict, METH_O, predict_doc},
                               {"_logits", model_logits, METH_O, logits_doc},
                               {"_probabilities", model_probabilities, METH_O, probabilities_doc},
                               {"_ranked", model_ranked, METH_VARARGS, ranked_doc},
                               {"_read", model_read, METH_O, read_doc},
                               {"_leave_out", model_leave_out, METH_VARARGS, leave_out_doc},
                               {"_shares", model_shares, METH_VARARGS, shares_doc},
                               {NULL, NULL, 0, NULL}};
