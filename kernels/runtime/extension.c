/* embdistill.kernels._runtime: the C runtime from Python, over the limited API. What the runtime does not do stands here:
 * memory, threads, and the objects of Python. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdlib.h>
#include <string.h>

#include "embdistill.h"

/* ---- Texts ------------------------------------------------------------------------------------------------- */

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

/* The UTF-8 bytes of some texts. They stay as they are without the GIL, as long as the texts are held. */
typedef struct {
    PyObject *held;  /* the tuple of texts */
    PyObject *owned; /* a list of what had to be encoded anew, or NULL */
    struct text {
        const char *bytes;
        size_t length;
    } *at;
    size_t count, longest;
} texts;

static void release_texts(texts *t)
{
    free(t->at);
    Py_XDECREF(t->owned);
    Py_XDECREF(t->held);
}

static int hold_texts(texts *t, PyObject *sequence)
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
        Py_ssize_t length;
        if (text_bytes(PyTuple_GetItem(t->held, (Py_ssize_t)i), &t->at[i].bytes, &length, &owned) < 0) break;
        t->at[i].length = (size_t)length;
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

/* ---- A batch, shared by threads ------------------------------------------------------------------------------ */

enum { PIECE = 16 }; /* texts that a thread takes at a time */
#define NO_THREAD ((unsigned long)-1) /* PYTHREAD_INVALID_THREAD_ID, which the limited API does not name */

typedef struct {
    const embdistill_model *model;
    const texts *texts;
    float *logits; /* (texts, classes) */
    size_t *known; /* (texts) */
    size_t scratch_bytes;
    PyThread_type_lock lock; /* guards what follows */
    size_t next;             /* first text that no thread has taken */
    size_t failed;           /* the first text of which something is wrong; the number of texts if there is none */
    embdistill_error error;
    int out_of_memory;
    size_t helpers;              /* threads besides the caller's that are at work */
    PyThread_type_lock finished; /* released by the last of them */
} batch;

/* The numbers first to end of texts that nobody else computes; false if there are none left. */
static int take_piece(batch *b, size_t *first, size_t *end)
{
    PyThread_acquire_lock(b->lock, WAIT_LOCK);
    size_t left = b->texts->count - b->next;
    *first = b->next;
    *end = b->next += left < PIECE ? left : PIECE;
    if (b->error != EMBDISTILL_OK || b->out_of_memory) *end = *first; /* pieces before a failed one were taken before it */
    PyThread_release_lock(b->lock);
    return *first < *end;
}

static void report_failure(batch *b, size_t text, embdistill_error error)
{
    PyThread_acquire_lock(b->lock, WAIT_LOCK);
    if (text < b->failed) {
        b->failed = text;
        b->error = error;
    }
    PyThread_release_lock(b->lock);
}

static void work(batch *b)
{
    void *scratch = malloc(b->scratch_bytes);
    if (!scratch) {
        PyThread_acquire_lock(b->lock, WAIT_LOCK);
        b->out_of_memory = 1;
        PyThread_release_lock(b->lock);
        return;
    }
    size_t first, end, classes = b->model->classes;
    while (take_piece(b, &first, &end))
        for (size_t i = first; i < end; i++) {
            const struct text *text = &b->texts->at[i];
            embdistill_error error = embdistill_logits(b->model, text->bytes, text->length, scratch, b->scratch_bytes,
                                                       b->logits + i * classes, b->known + i);
            if (error != EMBDISTILL_OK) {
                report_failure(b, i, error);
                break;
            }
        }
    free(scratch);
}

static void leave(batch *b)
{
    PyThread_acquire_lock(b->lock, WAIT_LOCK);
    int last = --b->helpers == 0;
    PyThread_release_lock(b->lock);
    if (last) PyThread_release_lock(b->finished);
}

static void help(void *shared)
{
    work(shared);
    leave(shared);
}

/* Fills in logits and known. The GIL is not held. */
static void run(batch *b, size_t threads)
{
    size_t pieces = (b->texts->count + PIECE - 1) / PIECE, helpers = threads < pieces ? threads : pieces;
    helpers = helpers > 0 ? helpers - 1 : 0;
    b->lock = PyThread_allocate_lock();
    b->finished = PyThread_allocate_lock();
    if (b->lock && b->finished) {
        PyThread_acquire_lock(b->finished, WAIT_LOCK);
        b->helpers = helpers;
        for (size_t i = 0; i < helpers; i++)
            if (PyThread_start_new_thread(help, b) == NO_THREAD) leave(b); /* one helper less */
        work(b);
        if (helpers > 0) PyThread_acquire_lock(b->finished, WAIT_LOCK);
        PyThread_release_lock(b->finished);
    } else
        b->out_of_memory = 1;
    if (b->finished) PyThread_free_lock(b->finished);
    if (b->lock) PyThread_free_lock(b->lock);
}

/* ---- Model ------------------------------------------------------------------------------------------------- */

enum { SHORT_TEXT = 1024 }; /* bytes; one text as short as that is computed under the GIL, in memory that is kept */

typedef struct {
    PyObject_HEAD
    embdistill_model model;
    Py_buffer image;
    PyObject *labels; /* a tuple of str */
    void *folded;     /* or NULL */
    float *logits;    /* (classes); these two are only used under the GIL, and never across a call into Python */
    void *scratch;
    size_t scratch_bytes;
} Model;

static void model_dealloc(PyObject *object)
{
    Model *self = (Model *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free(self->scratch);
    free(self->logits);
    free(self->folded);
    Py_XDECREF(self->labels);
    if (self->image.obj) PyBuffer_Release(&self->image);
    release(object);
    Py_DECREF(type);
}

/* Raises the embdistill.errors.FormatError of an image. */
static void raise_format_error(embdistill_error error)
{
    const char *mend = error == EMBDISTILL_ERROR_VERSION ? "update embdistill" : "fetch or make the file again";
    PyObject *errors = PyImport_ImportModule("embdistill.errors");
    PyObject *type = errors ? PyObject_GetAttrString(errors, "FormatError") : NULL;
    if (type) PyErr_Format(type, "%s; %s", embdistill_error_text(error), mend);
    Py_XDECREF(type);
    Py_XDECREF(errors);
}

/* Raises the MarkError of a text, which Python words. */
static void raise_mark_error(Model *self, PyObject *text, Py_ssize_t number)
{
    PyObject *runtime = PyImport_ImportModule("embdistill.model.edm");
    PyObject *error = runtime ? PyObject_CallMethod(runtime, "mark_error", "OOn", self, text, number) : NULL;
    if (error) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    Py_XDECREF(runtime);
}

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

static int fold(Model *self, size_t words)
{
    size_t bytes = embdistill_fold_bytes(&self->model, words);
    if (bytes == 0) return 0;
    self->folded = bytes == SIZE_MAX ? NULL : malloc(bytes);
    if (!self->folded) {
        PyErr_NoMemory();
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    (void)embdistill_fold(&self->model, words, self->folded, bytes); /* cannot fail: the memory is as it should be */
    Py_END_ALLOW_THREADS
    return 0;
}

static PyObject *model_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"image", "fold", NULL};
    PyObject *image;
    Py_ssize_t words = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "O|n:Model", names, &image, &words)) return NULL;
    if (words < 0) {
        PyErr_SetString(PyExc_ValueError, "fold: the number of words must not be below 0");
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Model *self = (Model *)allocate(type, 0); /* all zero */
    if (!self) return NULL;
    if (open_image(self, image) == 0 && name_labels(self) == 0 && (words == 0 || fold(self, (size_t)words) == 0)) {
        self->scratch_bytes = embdistill_scratch_bytes(&self->model, SHORT_TEXT);
        self->scratch = self->scratch_bytes == SIZE_MAX ? NULL : malloc(self->scratch_bytes);
        self->logits = malloc(self->model.classes * sizeof(float));
        if (self->scratch && self->logits) return (PyObject *)self;
        PyErr_NoMemory();
    }
    Py_DECREF(self);
    return NULL;
}

/* The label and its probability, from logits, which become probabilities. */
static PyObject *answer(const Model *self, float *logits)
{
    uint32_t best = embdistill_best(logits, self->model.classes);
    embdistill_softmax(logits, self->model.classes);
    return Py_BuildValue("Od", PyTuple_GetItem(self->labels, (Py_ssize_t)best), (double)logits[best]);
}

PyDoc_STRVAR(classify_doc, "classify(text, /)\n--\n\n"
                           "The most probable label of one text (str, or UTF-8 bytes), and its probability.");

static PyObject *classify(PyObject *object, PyObject *text)
{
    Model *self = (Model *)object;
    PyObject *owned, *result = NULL;
    const char *bytes;
    Py_ssize_t length;
    if (text_bytes(text, &bytes, &length, &owned) < 0) return NULL;

    embdistill_error error = EMBDISTILL_OK;
    if (length <= SHORT_TEXT) {
        error = embdistill_logits(&self->model, bytes, (size_t)length, self->scratch, self->scratch_bytes, self->logits,
                                  NULL);
        if (error == EMBDISTILL_OK) result = answer(self, self->logits);
    } else {
        size_t scratch_bytes = embdistill_scratch_bytes(&self->model, (size_t)length);
        void *scratch = scratch_bytes == SIZE_MAX ? NULL : malloc(scratch_bytes);
        float *logits = malloc(self->model.classes * sizeof *logits);
        if (scratch && logits) {
            Py_BEGIN_ALLOW_THREADS
            error = embdistill_logits(&self->model, bytes, (size_t)length, scratch, scratch_bytes, logits, NULL);
            Py_END_ALLOW_THREADS
            if (error == EMBDISTILL_OK) result = answer(self, logits);
        } else
            PyErr_NoMemory();
        free(logits);
        free(scratch);
    }
    if (error != EMBDISTILL_OK) raise_mark_error(self, text, 0); /* the scratch is large enough: nothing else is left */
    Py_XDECREF(owned);
    return result;
}

/* ---- Model: methods over a list of texts ---------------------------------------------------------------------- */

/* Logits and numbers of known words of texts, in memory that is the caller's: logits (count, C), known (count). */
static int compute(Model *self, const texts *t, float *logits, size_t *known, size_t threads)
{
    batch b = {&self->model, t, logits, known, embdistill_scratch_bytes(&self->model, t->longest), NULL, 0, t->count,
               EMBDISTILL_OK, 0, 0, NULL};
    if (t->count == 1 && t->longest <= SHORT_TEXT) {
        b.error = embdistill_logits(&self->model, t->at->bytes, t->longest, self->scratch, self->scratch_bytes, logits,
                                    known);
        b.failed = 0;
    } else if (b.scratch_bytes == SIZE_MAX)
        b.out_of_memory = 1;
    else if (t->count > 0) {
        Py_BEGIN_ALLOW_THREADS
        run(&b, threads);
        Py_END_ALLOW_THREADS
    }
    if (b.out_of_memory)
        PyErr_NoMemory();
    else if (b.error != EMBDISTILL_OK) /* the scratch is large enough: only the marks can be at fault */
        raise_mark_error(self, PyTuple_GetItem(t->held, (Py_ssize_t)b.failed), (Py_ssize_t)b.failed);
    else
        return 0;
    return -1;
}

/* What a method over texts is given: (texts, threads=1). */
static int batch_arguments(PyObject *const *arguments, Py_ssize_t count, PyObject *names, size_t *threads)
{
    Py_ssize_t named = names ? PyTuple_Size(names) : 0, number = 1;
    if (named == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GetItem(names, 0), "threads") != 0) named = -1;
    if (count < 1 || named < 0 || count + named > 2) {
        PyErr_SetString(PyExc_TypeError, "takes a list of texts and, if you like, threads, their number");
        return -1;
    }
    if (count + named == 2) number = PyNumber_AsSsize_t(arguments[1], PyExc_OverflowError);
    if (number < 1 && !PyErr_Occurred())
        PyErr_Format(PyExc_ValueError, "threads: %zd, must be a whole number from 1 on", number);
    *threads = (size_t)number;
    return number < 1 ? -1 : 0;
}

/* Room for logits (count, C) and known (count), as bytearrays. */
static int make_room(const Model *self, size_t count, PyObject **logits, PyObject **known)
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

/* (logits, known) as bytearrays, held texts and all, or NULL. */
static PyObject *batch_logits(Model *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    size_t threads;
    texts t;
    PyObject *logits, *known, *result = NULL;
    if (batch_arguments(arguments, count, names, &threads) < 0 || hold_texts(&t, arguments[0]) < 0) return NULL;
    if (make_room(self, t.count, &logits, &known) == 0) {
        if (compute(self, &t, (float *)(void *)PyByteArray_AsString(logits),
                    (size_t *)(void *)PyByteArray_AsString(known), threads) == 0)
            result = PyTuple_Pack(2, logits, known);
        Py_DECREF(logits);
        Py_DECREF(known);
    }
    release_texts(&t);
    return result;
}

PyDoc_STRVAR(logits_doc, "_logits(texts, /, threads=1)\n--\n\n"
                         "(logits, known): bytearrays of float (B, C), and of size_t (B), how many tokens of each text\n"
                         "are words that the model knows.");

static PyObject *model_logits(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    return batch_logits((Model *)self, arguments, count, names);
}

PyDoc_STRVAR(probabilities_doc, "_probabilities(texts, /, threads=1)\n--\n\n"
                                "As _logits, with probabilities in place of logits.");

static PyObject *model_probabilities(PyObject *object, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    const Model *self = (Model *)object;
    PyObject *result = batch_logits((Model *)object, arguments, count, names);
    if (!result) return NULL;
    PyObject *rows = PyTuple_GetItem(result, 0);
    float *row = (float *)(void *)PyByteArray_AsString(rows);
    size_t numbers = (size_t)PyByteArray_Size(rows) / sizeof(float);
    for (size_t i = 0; i < numbers; i += self->model.classes) embdistill_softmax(row + i, self->model.classes);
    return result;
}

PyDoc_STRVAR(predict_doc, "predict(texts, /, threads=1)\n--\n\n"
                          "The most probable label of each text (str, or UTF-8 bytes), a list of str.\n\n"
                          "The texts are shared out among `threads` threads; other Python threads go on meanwhile.\n"
                          "embdistill.data.relations.MarkError, with the number of the text, where an entity is not marked.");

static PyObject *model_predict(PyObject *object, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    const Model *self = (Model *)object;
    PyObject *computed = batch_logits((Model *)object, arguments, count, names);
    if (!computed) return NULL;
    PyObject *rows = PyTuple_GetItem(computed, 0);
    const float *row = (const float *)(void *)PyByteArray_AsString(rows);
    Py_ssize_t answers = PyByteArray_Size(PyTuple_GetItem(computed, 1)) / (Py_ssize_t)sizeof(size_t);
    PyObject *labels = PyList_New(answers);
    for (Py_ssize_t i = 0; labels && i < answers; i++, row += self->model.classes) {
        PyObject *label = PyTuple_GetItem(self->labels, (Py_ssize_t)embdistill_best(row, self->model.classes));
        Py_INCREF(label);
        if (PyList_SetItem(labels, i, label) < 0) Py_CLEAR(labels);
    }
    Py_DECREF(computed);
    return labels;
}

/* ---- Model: what it is ---------------------------------------------------------------------------------------- */

PyDoc_STRVAR(settings_doc, "_settings()\n--\n\n"
                           "What the image says of itself, as a dict: network, hidden, widths, pooling, dim,\n"
                           "position_dim, position_reach, words, split, lowercase, common, folded.");

static PyObject *model_settings(PyObject *object, PyObject *nothing)
{
    static const char *const networks[] = {"mean", "cnn", "lstm"};
    const embdistill_model *model = &((Model *)object)->model;
    (void)nothing;
    PyObject *widths = PyTuple_New((Py_ssize_t)model->width_count);
    for (uint32_t i = 0; widths && i < model->width_count; i++) {
        PyObject *width = PyLong_FromUnsignedLong(model->widths[i]);
        if (!width || PyTuple_SetItem(widths, (Py_ssize_t)i, width) < 0) Py_CLEAR(widths);
    }
    if (!widths) return NULL;
    return Py_BuildValue("{s:s,s:I,s:N,s:s,s:I,s:I,s:I,s:I,s:s,s:O,s:I,s:O}", "network", networks[model->network],
                         "hidden", model->hidden, "widths", widths, "pooling", model->pools_maximum ? "max" : "last", "dim",
                         model->table.columns, "position_dim", model->positions[0].columns, "position_reach",
                         model->reach, "words", model->words, "split",
                         model->split == EMBDISTILL_SPLIT_WHITESPACE ? "whitespace" : "english", "lowercase",
                         model->lowercase ? Py_True : Py_False, "common", model->common_count, "folded",
                         model->folded ? Py_True : Py_False);
}

static PyObject *get_labels(PyObject *self, void *closure)
{
    (void)closure;
    return PySequence_List(((Model *)self)->labels);
}

static PyObject *get_relations(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(embdistill_is_relational(&((Model *)self)->model));
}

static PyObject *get_about_json(PyObject *self, void *closure)
{
    const embdistill_model *model = &((Model *)self)->model;
    (void)closure;
    return PyBytes_FromStringAndSize(model->about, (Py_ssize_t)model->about_bytes);
}

static PyObject *get_image(PyObject *self, void *closure)
{
    (void)closure;
    return PyMemoryView_FromObject(((Model *)self)->image.obj);
}

static PyGetSetDef model_fields[] = {
    {"labels", get_labels, NULL, "The names of the classes, in the order of the logits.", NULL},
    {"relations", get_relations, NULL,
     "Whether texts have entities marked with <e1>, </e1>, <e2>, </e2>, and the classes are their relations.", NULL},
    {"_about_json", get_about_json, NULL, "What the model is, as UTF-8 JSON; empty if it does not say.", NULL},
    {"_image", get_image, NULL, "The image, a memoryview.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

/* Methods that take vectors of arguments, as PyMethodDef wants them. */
#define BATCH_METHOD(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS

static PyMethodDef model_methods[] = {{"classify", classify, METH_O, classify_doc},
                                      {"predict", BATCH_METHOD(model_predict), predict_doc},
                                      {"_logits", BATCH_METHOD(model_logits), logits_doc},
                                      {"_probabilities", BATCH_METHOD(model_probabilities), probabilities_doc},
                                      {"_settings", model_settings, METH_NOARGS, settings_doc},
                                      {NULL, NULL, 0, NULL}};

PyDoc_STRVAR(model_doc, "Model(image, fold=0)\n--\n\n"
                        "An .edm model over an image: bytes are used in place, other buffers are copied.\n\n"
                        "fold: how many of the commonest words are mapped ahead. embdistill.FormatError for an image\n"
                        "that is not sound. embdistill.model.edm.EdmModel is what users see.");

static PyType_Slot model_slots[] = {{Py_tp_doc, (void *)model_doc},        {Py_tp_new, (void *)model_new},
                                    {Py_tp_dealloc, (void *)model_dealloc}, {Py_tp_methods, model_methods},
                                    {Py_tp_getset, model_fields},           {0, NULL}};

static PyType_Spec model_spec = {"embdistill.kernels._runtime.Model", (int)sizeof(Model), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, model_slots};

/* ---- Module ------------------------------------------------------------------------------------------------- */

static int execute(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &model_spec, NULL);
    int added = type ? PyModule_AddObjectRef(module, "Model", type) : -1;
    Py_XDECREF(type);
    return added;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static PyMethodDef methods[] = {{"tokenize", tokenize, METH_VARARGS, tokenize_doc}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_runtime", "The C runtime of embdistill.", 0, methods, module_slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__runtime(void) { return PyModuleDef_Init(&definition); }
