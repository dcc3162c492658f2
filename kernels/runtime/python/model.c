/* The type Model: a model over an .edm image, and what the image says of itself. */
#include <stdlib.h>
#include <string.h>

#include "binding.h"

/* ---- Errors ----------------------------------------------------------------------------------------------------- */

/* Raises the embdistill.errors.FormatError of an image. */
static void raise_format_error(embdistill_error error)
{
    const char *fix = error == EMBDISTILL_ERROR_VERSION ? "update embdistill" : "fetch or make the file again";
    PyObject *errors = PyImport_ImportModule("embdistill.errors");
    PyObject *type = errors ? PyObject_GetAttrString(errors, "FormatError") : NULL;
    if (type) PyErr_Format(type, "%s; %s", embdistill_error_text(error), fix);
    Py_XDECREF(type);
    Py_XDECREF(errors);
}

void raise_mark_error(Model *self, PyObject *text, Py_ssize_t index)
{
    PyObject *runtime = PyImport_ImportModule("embdistill.model.edm");
    PyObject *error = runtime ? PyObject_CallMethod(runtime, "mark_error", "OOn", self, text, index) : NULL;
    if (error) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    Py_XDECREF(runtime);
}

/* ---- Opening and closing ---------------------------------------------------------------------------------------- */

/* The image is checked, and must not change afterwards. Only bytes never do: a read-only view of another buffer may. */
static int open_image(Model *self, PyObject *image)
{
    if (PyObject_GetBuffer(image, &self->image, PyBUF_SIMPLE) < 0) return -1;
    if (!PyBytes_CheckExact(self->image.obj)) {
        PyObject *copy = PyBytes_FromStringAndSize(self->image.buf, self->image.len);
        PyBuffer_Release(&self->image);
        int held = copy ? PyObject_GetBuffer(copy, &self->image, PyBUF_SIMPLE) : -1;
        Py_XDECREF(copy); /* the buffer holds it */
        if (held < 0) return -1;
    }
    embdistill_error error;
    Py_BEGIN_ALLOW_THREADS
    error = embdistill_open(&self->model, self->image.buf, (size_t)self->image.len);
    Py_END_ALLOW_THREADS
    if (error == EMBDISTILL_OK) return 0;
    raise_format_error(error);
    return -1;
}

static int name_labels(Model *self)
{
    self->labels = PyTuple_New((Py_ssize_t)self->model.classes);
    const char *label = self->model.labels;
    for (uint32_t i = 0; self->labels && i < self->model.classes; i++, label += strlen(label) + 1) {
        PyObject *name = PyUnicode_DecodeUTF8(label, (Py_ssize_t)strlen(label), "replace");
        if (!name || PyTuple_SetItem(self->labels, (Py_ssize_t)i, name) < 0) Py_CLEAR(self->labels);
    }
    return self->labels ? 0 : -1;
}

static int precompute(Model *self, size_t words)
{
    size_t bytes = embdistill_precompute_bytes(&self->model, words);
    if (words == 0 || bytes == 0) return 0;
    self->precomputed = bytes == SIZE_MAX ? NULL : malloc(bytes);
    if (!self->precomputed) {
        PyErr_NoMemory();
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    (void)embdistill_precompute(&self->model, words, self->precomputed, bytes); /* cannot fail with such memory */
    Py_END_ALLOW_THREADS
    return 0;
}

static int unpack(Model *self)
{
    const size_t bytes = embdistill_unpack_bytes(&self->model);
    if (bytes == 0) return 0;
    self->unpacked = bytes == SIZE_MAX ? NULL : malloc(bytes);
    if (!self->unpacked) {
        PyErr_NoMemory();
        return -1;
    }
    embdistill_unpack(&self->model, self->unpacked);
    return 0;
}

static int allocate_buffers(Model *self)
{
    self->scratch_bytes = embdistill_scratch_bytes(&self->model, SHORT_TEXT);
    self->scratch = self->scratch_bytes == SIZE_MAX ? NULL : malloc(self->scratch_bytes);
    self->logits = malloc(self->model.classes * sizeof(float));
    if (self->scratch && self->logits) return 0;
    PyErr_NoMemory();
    return -1;
}

static PyObject *model_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"image", "precompute", "correct", "subwords", NULL};
    PyObject *image;
    Py_ssize_t words = 0;
    int correct = 1, subwords = 1;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O|npp:Model", names, &image, &words, &correct, &subwords))
        return NULL;
    if (words < 0) {
        PyErr_Format(PyExc_ValueError, "precompute: %zd words, must be 0 or more", words);
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Model *self = (Model *)allocate(type, 0); /* all zero */
    if (!self) return NULL;
    int opened = open_image(self, image);
    self->model.correct &= correct;
    self->model.subwords &= subwords;
    if (opened == 0 && name_labels(self) == 0 && unpack(self) == 0 && precompute(self, (size_t)words) == 0
        && make_filter(&self->model, &self->filter) == 0 && allocate_buffers(self) == 0)
        return (PyObject *)self;
    Py_DECREF(self);
    return NULL;
}

static void model_dealloc(PyObject *object)
{
    Model *self = (Model *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free(self->scratch);
    free(self->logits);
    free(self->precomputed);
    free(self->filter);
    free(self->unpacked);
    Py_XDECREF(self->labels);
    if (self->image.obj) PyBuffer_Release(&self->image);
    release(object);
    Py_DECREF(type);
}

/* ---- What the image says ---------------------------------------------------------------------------------------- */

static PyObject *get_settings(PyObject *self, void *closure)
{
#define NETWORK_NAME(code, name) #name,
    static const char *const networks[] = {EMBDISTILL_NETWORKS(NETWORK_NAME)};
#undef NETWORK_NAME
    const embdistill_model *model = &((Model *)self)->model;
    (void)closure;
    PyObject *widths = PyTuple_New((Py_ssize_t)model->width_count);
    for (uint32_t i = 0; widths && i < model->width_count; i++) {
        PyObject *width = PyLong_FromUnsignedLong(model->widths[i]);
        if (!width || PyTuple_SetItem(widths, (Py_ssize_t)i, width) < 0) Py_CLEAR(widths);
    }
    if (!widths) return NULL;
    const char *pooling = model->recurrent[0].rows == 0 ? NULL : model->max_pooling ? "max" : "last"; /* NULL: None */
    return Py_BuildValue("{s:s,s:I,s:N,s:z,s:I,s:I,s:I,s:I,s:s,s:O,s:i,s:I,s:I,s:I,s:y#}",
                         "network", networks[model->network], "hidden", model->hidden, "widths", widths,
                         "pooling", pooling, "dim", model->table.columns, "position_dim", model->positions[0].columns,
                         "max_distance", model->max_distance, "words", model->words,
                         "mode", model->mode == EMBDISTILL_WHITESPACE ? "whitespace" : "english",
                         "lowercase", model->lowercase ? Py_True : Py_False,
                         "correct", model->correct, "buckets", model->subwords ? model->ngrams.rows : 0,
                         "shortest_ngram", model->shortest_ngram, "longest_ngram", model->longest_ngram,
                         "about", model->about, (Py_ssize_t)model->about_bytes);
}

static PyObject *get_labels(PyObject *self, void *closure)
{
    (void)closure;
    return PySequence_List(((Model *)self)->labels);
}

static PyObject *get_image(PyObject *self, void *closure)
{
    (void)closure;
    return PyMemoryView_FromObject(((Model *)self)->image.obj);
}

/* Whether a str is a word of the model: `word in model`. */
static int model_contains(PyObject *self, PyObject *word)
{
    Py_ssize_t length;
    const char *bytes = PyUnicode_AsUTF8AndSize(word, &length);
    return bytes ? embdistill_lookup(&((Model *)self)->model, (const unsigned char *)bytes, (size_t)length) != 0 : -1;
}

static PyGetSetDef model_fields[] = {
    {"labels", get_labels, NULL, "The names of the classes, in the order of the logits.", NULL},
    {"_settings", get_settings, NULL,
     "A dict of network, hidden, widths, pooling (None unless recurrent), dim, position_dim, max_distance, words,\n"
     "mode, lowercase, correct (1 or 0), buckets (0 without subwords), shortest_ngram, longest_ngram, and about,\n"
     "UTF-8 JSON (None or empty if the image has none).", NULL},
    {"_image", get_image, NULL, "The image, a memoryview.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

/* ---- The type --------------------------------------------------------------------------------------------------- */

PyDoc_STRVAR(model_doc, "Model(image, precompute=0, correct=True, subwords=True)\n--\n\n"
                        "An .edm model over an image: bytes are used in place, other buffers are copied.\n\n"
                        "precompute: for how many of the most frequent words the first layer is precomputed.\n"
                        "correct, subwords: whether unknown words are read so, if the image has what it takes.\n"
                        "embdistill.FormatError for an image that is not sound. Users see model.edm.EdmModel.");

static PyType_Slot model_slots[] = {{Py_tp_doc, (void *)model_doc},        {Py_tp_new, (void *)model_new},
                                    {Py_tp_dealloc, (void *)model_dealloc}, {Py_tp_methods, model_methods},
                                    {Py_tp_getset, model_fields},           {Py_sq_contains, (void *)model_contains},
                                    {0, NULL}};

PyType_Spec model_spec = {"embdistill.kernels.runtime._runtime.Model", (int)sizeof(Model), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, model_slots};
