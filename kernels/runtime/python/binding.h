/* What the files of the Python extension share. The extension is embdistill.kernels.runtime._runtime: the C runtime
 * over the limited API of Python, with what the runtime leaves to its caller: memory, and the objects of Python. */
#ifndef BINDING_H
#define BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "embdistill.h"

/* ---- texts.c -------------------------------------------------------------------------------------------------- */

/* The UTF-8 bytes of some texts. They do not change while the texts are held, even without the GIL. */
typedef struct {
    PyObject *held;  /* the tuple of texts */
    PyObject *owned; /* a list of the bytes objects that were made for some of them, or NULL */
    struct text {
        const char *bytes;
        size_t length;
    } *at;
    size_t count, longest; /* longest: in bytes */
} texts;

/* Borrows the UTF-8 bytes of a str or bytes object. *owned is a new reference to release, or NULL. -1 with an
 * exception. */
int text_bytes(PyObject *text, struct text *found, PyObject **owned);

/* Holds the texts of a sequence or iterator; -1 with an exception. */
int hold_texts(texts *t, PyObject *sequence);
void release_texts(texts *t);

/* ---- model.c and predict.c ------------------------------------------------------------------------------------ */

enum { SHORT_TEXT = 1024 }; /* bytes; one text that is no longer is computed under the GIL, in buffers of the model */

typedef struct {
    PyObject_HEAD
    embdistill_model model;
    Py_buffer image;
    PyObject *labels;  /* a tuple of str */
    void *precomputed, *filter, *unpacked; /* or NULL */
    float *logits;     /* (C); this and scratch are only used under the GIL, and never across a call into Python */
    void *scratch;
    size_t scratch_bytes;
} Model;

extern PyType_Spec model_spec;
extern PyMethodDef model_methods[];

/* Raises the MarkError of a text, the one of that index. */
void raise_mark_error(Model *self, PyObject *text, Py_ssize_t index);

/* ---- words.c -------------------------------------------------------------------------------------------------- */

extern PyType_Spec words_spec;

/* Makes the filter of a model in new memory, *filter; -1 with an exception. */
int make_filter(embdistill_model *model, void **filter);

/* Methods of Model and of Words, both of which begin with PyObject_HEAD and their model. */
PyObject *find(PyObject *self, PyObject *word);
PyObject *correct(PyObject *self, PyObject *word);
PyObject *is_spelling(PyObject *self, PyObject *word);

/* A function of the module. */
PyObject *ngrams(PyObject *module, PyObject *arguments);

extern const char find_doc[], correct_doc[], is_spelling_doc[], ngrams_doc[];

/* ---- explanations.c ----------------------------------------------------------------------------------------- */

/* Methods of Model. */
PyObject *model_read(PyObject *object, PyObject *text);
PyObject *model_leave_out(PyObject *object, PyObject *arguments);
PyObject *model_shares(PyObject *object, PyObject *arguments);

extern const char read_doc[], leave_out_doc[], shares_doc[];

/* ---- clones.c ------------------------------------------------------------------------------------------------- */

/* Fills in the words of a model that is not an image from its sections WORD, CORR and SPEL, which must stay; bytes:
 * NULL for one that it does not have. Returns the index of the first one that is not sound, 3 if all are. */
int open_words(embdistill_model *model, const struct text sections[3]);

/* Whether an unknown token is not corrected because it is taken for a right word: it is one of the spellings, or one of
 * the others, about one in 42, that their filter takes for one. */
int is_taken_for_right(const embdistill_model *model, const unsigned char *token, size_t length);

#endif
