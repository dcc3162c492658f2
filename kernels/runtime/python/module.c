/* The module _runtime: the function tokenize, and the type Model. */
#include "binding.h"

PyDoc_STRVAR(tokenize_doc, "tokenize(text, whitespace, lowercase, /)\n--\n\n"
                           "The tokens of a text (str, or UTF-8 bytes), a list of str.\n\n"
                           "whitespace: split at white space only. lowercase: map to lower case.");

static PyObject *tokenize(PyObject *module, PyObject *arguments)
{
    PyObject *text, *owned, *tokens;
    int whitespace, lowercase;
    struct text found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "Opp:tokenize", &text, &whitespace, &lowercase)) return NULL;
    if (text_bytes(text, &found, &owned) < 0) return NULL;

    embdistill_tokenizer tokenizer = {(const unsigned char *)found.bytes, found.length, 0,
                                      whitespace ? EMBDISTILL_WHITESPACE : EMBDISTILL_ENGLISH, lowercase};
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

static int execute(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &model_spec, NULL);
    int added = type ? PyModule_AddObjectRef(module, "Model", type) : -1;
    Py_XDECREF(type);
    return added;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static PyMethodDef methods[] = {{"tokenize", tokenize, METH_VARARGS, tokenize_doc}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_runtime", "The C runtime of embdistill.", 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__runtime(void) { return PyModuleDef_Init(&definition); }
