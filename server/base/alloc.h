/*
 * Memory that is simply there: each function aborts with a line on stderr when memory is gone,
 * since a nameserver without memory has nothing left to say. Any thread. Blocks are freed by free().
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

NODISCARD void *alloc_new(size_t size);                /* not cleared */
NODISCARD void *alloc_zero(size_t count, size_t size); /* cleared; overflow checked */
NODISCARD void *alloc_resize(void *block, size_t count, size_t size); /* overflow checked */
NODISCARD void *alloc_copy(const void *data, size_t len);
NODISCARD char *alloc_string(const char *text);
NODISCARD void *alloc_aligned(size_t align,
                              size_t size); /* size rounded up to a multiple of align */
NODISCARD char *alloc_printf(const char *format, ...) PRINTF(1, 2);
