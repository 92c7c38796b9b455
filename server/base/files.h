/*
 * How many files the process may have open.
 */
#pragma once

#include <stdint.h>

/*
 * Allow COUNT of them, as far as the system lets us: the maximum is raised as well where that is allowed.
 * Never lowers anything. Returns how many are allowed now.
 */
uint64_t files_raise(uint64_t count);
