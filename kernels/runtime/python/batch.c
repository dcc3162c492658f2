/* A batch of texts, shared by threads, each with scratch of its own. */
#include <stdlib.h>

#include "binding.h"

enum { CHUNK = 16 }; /* texts that a thread takes at a time */
#define NO_THREAD ((unsigned long)-1) /* PYTHREAD_INVALID_THREAD_ID, which the limited API lacks */

typedef struct {
    const embdistill_model *model;
    const texts *texts;
    float *logits; /* (texts, C) */
    size_t *known; /* (texts) */
    size_t scratch_bytes;
    PyThread_type_lock lock; /* guards what follows */
    size_t next;             /* the first text that no thread has taken */
    batch_result result;
    size_t helpers;              /* threads at work besides the caller's */
    PyThread_type_lock finished; /* released by the last of them */
} batch;

/* Takes the texts first to end - 1; false if none are left, or the batch has failed. */
static int take_chunk(batch *b, size_t *first, size_t *end)
{
    PyThread_acquire_lock(b->lock, WAIT_LOCK);
    size_t left = b->texts->count - b->next;
    int failed = b->result.error != EMBDISTILL_OK || b->result.out_of_memory; /* all texts before that one are taken */
    *first = b->next;
    *end = b->next += failed ? 0 : left < CHUNK ? left : CHUNK;
    PyThread_release_lock(b->lock);
    return *first < *end;
}

static void report_failure(batch *b, size_t text, embdistill_error error)
{
    PyThread_acquire_lock(b->lock, WAIT_LOCK);
    if (b->result.error == EMBDISTILL_OK || text < b->result.failed) {
        b->result.failed = text;
        b->result.error = error;
    }
    PyThread_release_lock(b->lock);
}

static void work(batch *b)
{
    void *scratch = malloc(b->scratch_bytes);
    if (!scratch) {
        PyThread_acquire_lock(b->lock, WAIT_LOCK);
        b->result.out_of_memory = 1;
        PyThread_release_lock(b->lock);
        return;
    }
    size_t first, end, classes = b->model->classes;
    while (take_chunk(b, &first, &end))
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

batch_result run_batch(const embdistill_model *model, const texts *t, float *logits, size_t *known, size_t threads)
{
    batch b = {.model = model, .texts = t, .logits = logits, .known = known};
    size_t chunks = (t->count + CHUNK - 1) / CHUNK, workers = threads < chunks ? threads : chunks;
    b.scratch_bytes = embdistill_scratch_bytes(model, t->longest);
    b.lock = PyThread_allocate_lock();
    b.finished = PyThread_allocate_lock();
    if (b.lock && b.finished && b.scratch_bytes != SIZE_MAX && workers > 0) {
        PyThread_acquire_lock(b.finished, WAIT_LOCK);
        const size_t helpers = b.helpers = workers - 1;
        for (size_t i = 0; i < helpers; i++)
            if (PyThread_start_new_thread(help, &b) == NO_THREAD) leave(&b); /* one helper less */
        work(&b);
        if (helpers > 0) PyThread_acquire_lock(b.finished, WAIT_LOCK);
        PyThread_release_lock(b.finished);
    } else
        b.result.out_of_memory = workers > 0;
    if (b.finished) PyThread_free_lock(b.finished);
    if (b.lock) PyThread_free_lock(b.lock);
    return b.result;
}
