/*
 * What the targets share: one question asked in a buffer that ends where its capacity does, and every
 * rule a reply must keep whatever was asked. Each fuzz_<target>.c is linked with libFuzzer (option
 * FUZZ), or with replay.c, which runs the files of corpus/<target> and repro/<target> once.
 *
 * All is the same in every run of an input: the hash key is the fixed one, random numbers start
 * from the same seed.
 */
#pragma once

#include "answer/answer.h"
#include "tests/cases/strict_walk.h"

/* libFuzzer's entry points (https://llvm.org/docs/LibFuzzer.html). */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t cap, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t cap);

/* A rule is broken: say which and abort, so that the input is kept. */
NORETURN void fuzz_fail(const char *format, ...) PRINTF(1, 2);

/* LEN octets of DATA in a block of exactly that size. Given. */
uint8_t *fuzz_exact(const void *data, size_t len);

enum { FUZZ_NOW_SEC = 1000, FUZZ_UNIX_SEC = 1559731985, FUZZ_CAP_MIN = 512 };

struct fuzz_question {
    const struct store *store;
    const struct answer_policy *policy;
    const uint8_t *message;
    size_t len, cap; /* CAP: of the buffer, FUZZ_CAP_MIN or more */
    bool tcp, prepare;
    bool unchecked; /* the reply will be compared with one that was checked */
    bool truncate;  /* then truncate the reply as a rate limit does, which keeps the rules too */
};

struct fuzz_reply {
    enum answer_outcome outcome; /* of the first answer_write() */
    uint8_t *octets;             /* given; LEN of them; NULL with ANSWER_NOTHING */
    size_t len;
    struct query query; /* as it was understood */
    struct strict_reply strict;
};

/*
 * Ask as a client at 192.0.2.1, and after ANSWER_LATE go on as the late thread does: with a copy of the
 * query, and only header and question left in the buffer. Fails on a broken rule. Free REPLY->octets.
 */
void fuzz_ask(const struct fuzz_question *question, struct fuzz_reply *reply) NONNULL;
