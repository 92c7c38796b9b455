/*
 * The table of the server's options, for struct conf.
 */
#pragma once

#include "conf/conf_option.h"

extern const struct conf_table conf_server_options;
