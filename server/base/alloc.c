#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static NORETURN void out_of_memory(size_t size)
{
    fprintf(stderr, "mydns: out of memory (wanted %zu bytes)\n", size);
    abort();
}

static void *checked(void *block, size_t size)
{
    if (block == NULL) {
        out_of_memory(size);
    }
    return block;
}

static size_t product(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        out_of_memory(SIZE_MAX);
    }
    return total == 0 ? 1 : total;
}

void *alloc_new(size_t size)
{
    return checked(malloc(size == 0 ? 1 : size), size);
}

void *alloc_zero(size_t count, size_t size)
{
    size_t total = product(count, size);
    return checked(calloc(1, total), total);
}

void *alloc_resize(void *block, size_t count, size_t size)
{
    size_t total = product(count, size);
    return checked(realloc(block, total), total);
}

void *alloc_copy(const void *data, size_t len)
{
    void *copy = alloc_new(len);
    if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

char *alloc_string(const char *text)
{
    return alloc_copy(text, strlen(text) + 1);
}

void *alloc_aligned(size_t align, size_t size)
{
    size_t rounded = (size + align - 1) / align * align;
    return checked(aligned_alloc(align, rounded), rounded);
}

char *alloc_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        out_of_memory(0);
    }
    return text;
}
