/* The type Words, the words of a model that is not an image; and n-grams. */
#include <stdlib.h>
#include <string.h>

#include "binding.h"

/* ---- Words ------------------------------------------------------------------------------------------------------ */

typedef struct {
    PyObject_HEAD
    embdistill_model model; /* of which only the words are there */
    PyObject *sections[3];  /* bytes, or None */
    void *filter;           /* or NULL */
} Words;

int make_filter(embdistill_model *model, void **filter)
{
    size_t bytes = embdistill_filter_bytes(model);
    *filter = bytes > 0 ? malloc(bytes) : NULL;
    if (bytes > 0 && !*filter) {
        PyErr_NoMemory();
        return -1;
    }
    embdistill_make_filter(model, *filter);
    return 0;
}

static PyObject *words_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"index", "correction", "spellings", NULL};
    static const char *const section_names[] = {"WORD", "CORR", "SPEL"};
    PyObject *sections[3] = {NULL, Py_None, Py_None};
    struct text found[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "S|OO:Words", names, &sections[0], &sections[1], &sections[2]))
        return NULL;
    for (int i = 0; i < 3; i++) {
        Py_ssize_t length = 0;
        char *bytes = NULL;
        if (sections[i] != Py_None && PyBytes_AsStringAndSize(sections[i], &bytes, &length) < 0) return NULL;
        found[i].bytes = bytes;
        found[i].length = (size_t)length;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Words *self = (Words *)allocate(type, 0); /* all zero */
    if (!self) return NULL;
    for (int i = 0; i < 3; i++) self->sections[i] = Py_NewRef(sections[i]);
    int unsound = open_words(&self->model, found);
    if (unsound < 3)
        PyErr_Format(PyExc_ValueError, "%s: not a sound section %s", names[unsound], section_names[unsound]);
    else if (make_filter(&self->model, &self->filter) == 0) return (PyObject *)self;
    Py_DECREF(self);
    return NULL;
}

static void words_dealloc(PyObject *object)
{
    Words *self = (Words *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free(self->filter);
    for (int i = 0; i < 3; i++) Py_XDECREF(self->sections[i]);
    release(object);
    Py_DECREF(type);
}

/* What embdistill_lookup or embdistill_correct gives for a str or bytes object. */
typedef uint32_t (*row_function)(const embdistill_model *model, const unsigned char *token, size_t length);

static PyObject *row_of(row_function row, PyObject *self, PyObject *word)
{
    struct text found;
    PyObject *owned;
    if (text_bytes(word, &found, &owned) < 0) return NULL;
    uint32_t number = row(&((Words *)self)->model, (const unsigned char *)found.bytes, found.length);
    Py_XDECREF(owned);
    return PyLong_FromUnsignedLong(number);
}

const char find_doc[] = "find(word, /)\n--\n\n"
                        "1 + the place of a known word in the index, which is its row of the table; 0 for another one.";

PyObject *find(PyObject *self, PyObject *word) { return row_of(embdistill_lookup, self, word); }

const char correct_doc[] = "correct(word, /)\n--\n\n"
                           "As find, of the known word that an unknown one is read as, since it is one edit away; 0\n"
                           "if there is none.";

PyObject *correct(PyObject *self, PyObject *word) { return row_of(embdistill_correct, self, word); }

const char is_spelling_doc[] = "is_spelling(word, /)\n--\n\n"
                               "Whether an unknown word is not corrected because it is taken for a right one.";

PyObject *is_spelling(PyObject *self, PyObject *word)
{
    struct text found;
    PyObject *owned;
    if (text_bytes(word, &found, &owned) < 0) return NULL;
    int held = is_taken_for_right(&((Words *)self)->model, (const unsigned char *)found.bytes, found.length);
    Py_XDECREF(owned);
    return PyBool_FromLong(held);
}

static PyMethodDef words_methods[] = {{"find", find, METH_O, find_doc},
                                      {"correct", correct, METH_O, correct_doc},
                                      {"is_spelling", is_spelling, METH_O, is_spelling_doc},
                                      {NULL, NULL, 0, NULL}};

PyDoc_STRVAR(words_doc, "Words(index, correction=None, spellings=None)\n--\n\n"
                        "Known words, and those that are one edit away, by the sections WORD, CORR and SPEL of an\n"
                        "image (docs/edm.md), bytes, or None for a section that the image does not have.\n\n"
                        "ValueError for bytes that are not sound, which names the first such section.");

static PyType_Slot words_slots[] = {{Py_tp_doc, (void *)words_doc},
                                    {Py_tp_new, (void *)words_new},
                                    {Py_tp_dealloc, (void *)words_dealloc},
                                    {Py_tp_methods, words_methods},
                                    {0, NULL}};

PyType_Spec words_spec = {"embdistill.kernels.runtime._runtime.Words", (int)sizeof(Words), 0, Py_TPFLAGS_DEFAULT,
                          words_slots};

/* ---- N-grams ---------------------------------------------------------------------------------------------------- */

static PyObject *list_buckets(embdistill_ngrams *ngrams)
{
    uint32_t bucket;
    PyObject *buckets = PyList_New(0);
    while (buckets && embdistill_next_ngram(ngrams, &bucket)) {
        PyObject *number = PyLong_FromUnsignedLong(bucket);
        if (!number || PyList_Append(buckets, number) < 0) Py_CLEAR(buckets);
        Py_XDECREF(number);
    }
    return buckets;
}

const char ngrams_doc[] = "ngrams(word, shortest, longest, buckets, /)\n--\n\n"
                          "The bucket of each n-gram of <word> of `shortest` to `longest` characters, and of <word>\n"
                          "itself, a list of int. ValueError for numbers of which there are no n-grams.";

PyObject *ngrams(PyObject *module, PyObject *arguments)
{
    PyObject *word, *owned, *buckets;
    Py_ssize_t shortest, longest, count;
    struct text found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "Onnn:ngrams", &word, &shortest, &longest, &count)) return NULL;
    if (shortest < 1 || longest < shortest || longest > UINT32_MAX || count < 1 || count > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "ngrams: 1 <= shortest <= longest < 2^32, and 1 <= buckets < 2^32");
        return NULL;
    }
    if (text_bytes(word, &found, &owned) < 0) return NULL;
    unsigned char *marked = malloc(found.length + 2);
    if (marked) {
        marked[0] = '<';
        memcpy(marked + 1, found.bytes, found.length);
        marked[found.length + 1] = '>';
        embdistill_ngrams all = {.word = marked, .length = found.length + 2, .shortest = (uint32_t)shortest,
                                 .longest = (uint32_t)longest, .buckets = (uint32_t)count};
        buckets = list_buckets(&all);
    } else buckets = PyErr_NoMemory();
    free(marked);
    Py_XDECREF(owned);
    return buckets;
}
