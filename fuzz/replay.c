/*
 * Runs inputs through a target without libFuzzer: every file of the folders and every file named on
 * the command line, once. A target that aborts has failed. Folders that are missing are empty: a
 * target without finds has no repro/. Exit 1 when there was no input at all.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static unsigned inputs;

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* libFuzzer's own, called by custom mutators only. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t cap)
{
    (void)data;
    (void)cap;
    return len;
}

static void run_file(const char *path)
{
    uint8_t *data = alloc_new(INPUT_MAX);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size_t len = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    uint8_t *exact = fuzz_exact(data, len);
    free(data);
    if (getenv("VERBOSE") != NULL) {
        printf("%s\n", path);
        fflush(stdout);
    }
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    inputs++;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void run_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char *file = alloc_printf("%s/%s", path, entries[i]->d_name);
        run_file(file);
        free(file);
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        struct stat status;
        if (stat(argv[i], &status) == 0 && !S_ISDIR(status.st_mode)) {
            run_file(argv[i]);
        } else {
            run_folder(argv[i]);
        }
    }
    printf("%u inputs\n", inputs);
    return inputs == 0;
}
