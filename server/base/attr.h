/*
 * The part of a contract that the compiler can check.
 */
#pragma once

#define NODISCARD    __attribute__((warn_unused_result))
#define NONNULL      __attribute__((nonnull))
#define NORETURN     __attribute__((noreturn))
#define PRINTF(n, m) __attribute__((format(printf, n, m)))
#define LIKELY(x)    __builtin_expect(!!(x), 1)
#define UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define ARRAY_LEN(a) (sizeof(a) / sizeof(a)[0])

/* Is this built to look for broken memory and leaks? */
#ifdef __SANITIZE_ADDRESS__ /* gcc */
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature) /* clang */
#define ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#define ADDRESS_SANITIZER 0
#endif
