/* The module _runtime: the tokenizer, n-grams, and the types Model and Words. */
#include <string.h>

#include "binding.h"
#include "explain.h"

/* Known words: what Python's `in` finds in an object. A failure leaves an exception. */
static int is_in(const void *words, const unsigned char *token, size_t length)
{
    if (PyErr_Occurred()) return 0;
    PyObject *word = PyUnicode_DecodeUTF8((const char *)token, (Py_ssize_t)length, NULL);
    int found = word ? PySequence_Contains((PyObject *)(uintptr_t)words, word) : -1;
    Py_XDECREF(word);
    return found > 0;
}

/* A token of a text as a Python object; from: the end of the one before it. */
typedef PyObject *(*token_object)(const embdistill_tokenizer *t, size_t from, const unsigned char *token, size_t size);

static PyObject *as_word(const embdistill_tokenizer *t, size_t from, const unsigned char *token, size_t size)
{
    (void)t, (void)from;
    return PyUnicode_DecodeUTF8((const char *)token, (Py_ssize_t)size, NULL);
}

static PyObject *as_span(const embdistill_tokenizer *t, size_t from, const unsigned char *token, size_t size)
{
    (void)token, (void)size;
    return Py_BuildValue("nn", (Py_ssize_t)embdistill_token_start(t, from), (Py_ssize_t)t->at);
}

/* A list of the tokens, by the arguments (text, whitespace, lowercase, known=None). */
static PyObject *list_tokens(token_object make, PyObject *arguments)
{
    PyObject *text, *known = Py_None, *owned, *tokens;
    int whitespace, lowercase;
    struct text found;
    if (!PyArg_ParseTuple(arguments, "Opp|O", &text, &whitespace, &lowercase, &known)) return NULL;
    if (text_bytes(text, &found, &owned) < 0) return NULL;

    embdistill_tokenizer tokenizer = {(const unsigned char *)found.bytes, found.length, 0,
                                      whitespace ? EMBDISTILL_WHITESPACE : EMBDISTILL_ENGLISH, lowercase};
    const embdistill_lexicon lexicon = {is_in, known};
    unsigned char buffer[EMBDISTILL_TOKEN_BYTES];
    size_t size, from = 0;
    tokens = PyList_New(0);
    while (tokens && (size = embdistill_next_word(&tokenizer, known == Py_None ? NULL : &lexicon, buffer)) != 0) {
        PyObject *token = PyErr_Occurred() ? NULL : make(&tokenizer, from, buffer, size);
        if (!token || PyList_Append(tokens, token) < 0) Py_CLEAR(tokens);
        Py_XDECREF(token);
        from = tokenizer.at;
    }
    Py_XDECREF(owned);
    return tokens;
}

PyDoc_STRVAR(tokenize_doc, "tokenize(text, whitespace, lowercase, known=None, /)\n--\n\n"
                           "The tokens of a text (str, or UTF-8 bytes), a list of str.\n\n"
                           "whitespace: split at white space only. lowercase: map to lower case. known: words, in\n"
                           "which `in` finds those that no space sets apart; None for none.");

static PyObject *tokenize(PyObject *module, PyObject *arguments)
{
    (void)module;
    return list_tokens(as_word, arguments);
}

PyDoc_STRVAR(spans_doc, "spans(text, whitespace, lowercase, known=None, /)\n--\n\n"
                        "The (start, end) of the tokens of `tokenize` in the UTF-8 bytes of a text.");

static PyObject *spans(PyObject *module, PyObject *arguments)
{
    (void)module;
    return list_tokens(as_span, arguments);
}

/* What a text asks of the known words: two sets, and how it stands with the stretch of text that is asked about. */
typedef struct {
    PyObject *words, *pairs;
    size_t last, count; /* bytes of the last stretch, and how many begin where it does */
} questions;

static void add_word(PyObject *set, const unsigned char *token, size_t length)
{
    PyObject *word = PyUnicode_DecodeUTF8((const char *)token, (Py_ssize_t)length, NULL);
    if (word) (void)PySet_Add(set, word); /* a failure leaves an exception */
    Py_XDECREF(word);
}

/* Notes a question. What ends in an apostrophe is known, so that what follows is asked about too; nothing else is. */
static int note_question(const void *words, const unsigned char *token, size_t length)
{
    questions *asked = (questions *)(uintptr_t)words;
    if (PyErr_Occurred()) return 0;
    if (memchr(token, '\'', length)) {
        add_word(asked->words, token, length);
        return token[length - 1] == '\'';
    }
    asked->count = length > asked->last ? asked->count + 1 : 1; /* stretches with one beginning grow */
    asked->last = length;
    add_word(asked->pairs, token, length);
    return asked->count < 2 ? 0 : -1; /* no longer stretch needs to be asked about */
}

PyDoc_STRVAR(ask_doc, "ask(text, lowercase, words, pairs, /)\n--\n\n"
                      "Adds to two sets what the tokenizer would ask of the known words for a text.\n\n"
                      "words: its tokens, and what may be one because of an apostrophe. pairs: where words are not\n"
                      "set apart by spaces, each character, and each with the one that follows.");

static PyObject *ask(PyObject *module, PyObject *arguments)
{
    PyObject *text, *owned;
    int lowercase;
    struct text found;
    size_t size;
    questions asked;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OpOO:ask", &text, &lowercase, &asked.words, &asked.pairs)) return NULL;
    if (text_bytes(text, &found, &owned) < 0) return NULL;

    embdistill_tokenizer tokenizer = {(const unsigned char *)found.bytes, found.length, 0, EMBDISTILL_ENGLISH,
                                      lowercase};
    const embdistill_lexicon lexicon = {note_question, &asked};
    unsigned char buffer[EMBDISTILL_TOKEN_BYTES];
    do {
        asked.last = asked.count = 0;
        size = embdistill_next_word(&tokenizer, &lexicon, buffer);
        if (size > 0 && !PyErr_Occurred()) add_word(asked.words, buffer, size);
    } while (size > 0 && !PyErr_Occurred());
    Py_XDECREF(owned);
    if (PyErr_Occurred()) return NULL;
    Py_RETURN_NONE;
}

static int add_type(PyObject *module, const char *name, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    int added = type ? PyModule_AddObjectRef(module, name, type) : -1;
    Py_XDECREF(type);
    return added;
}

static int execute(PyObject *module)
{
    return add_type(module, "Model", &model_spec) < 0 ? -1 : add_type(module, "Words", &words_spec);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static PyMethodDef methods[] = {{"tokenize", tokenize, METH_VARARGS, tokenize_doc},
                                {"spans", spans, METH_VARARGS, spans_doc},
                                {"ask", ask, METH_VARARGS, ask_doc},
                                {"ngrams", ngrams, METH_VARARGS, ngrams_doc},
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_runtime", "The C runtime of embdistill.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__runtime(void) { return PyModuleDef_Init(&definition); }
