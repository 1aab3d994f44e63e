/*
 * Calling contexts: a tree of functions as they were called, with the instructions spent in each.
 *
 * Memory is bounded: behind CONTEXT_LIMIT contexts, further ones share one named bucket, so that no weight
 * is lost.
 */
#include "stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXT_LIMIT = 1 << 22 };

struct context {
    uint32_t parent;
    uint32_t function;
    uint64_t weight;
    uint64_t written; /* of the weight, what earlier phases had already */
};

static struct context *contexts;
static uint32_t context_count, context_room;

/* From (parent, function) to the context: open addressing, at most half full; 0 is empty. */
static uint32_t *table;
static uint32_t table_mask;

uint64_t context_overflow;

static uint32_t place(uint32_t parent, uint32_t function)
{
    uint64_t key = ((uint64_t)parent << 32 | function) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(key >> 32) & table_mask;
    while (table[at] != 0) {
        const struct context *context = &contexts[table[at]];
        if (context->parent == parent && context->function == function) break;
        at = (at + 1) & table_mask;
    }
    return at;
}

static bool grow(void)
{
    uint32_t room = context_room ? context_room * 2 : 1 << 14;
    struct context *larger = realloc(contexts, room * sizeof *contexts);
    if (!larger) return false;
    contexts = larger;
    uint32_t *wider = calloc(room * 2, sizeof *table);
    if (!wider) return false;
    free(table);
    table = wider;
    table_mask = room * 2 - 1;
    context_room = room;
    for (uint32_t index = 1; index < context_count; index++) {
        table[place(contexts[index].parent, contexts[index].function)] = index;
    }
    return true;
}

bool contexts_begin(void)
{
    /* Context 0 is the root, which is nobody's child and has no name. */
    context_count = 1;
    if (!grow()) return false;
    memset(&contexts[0], 0, sizeof contexts[0]);
    return true;
}

uint32_t context_child(uint32_t parent, uint32_t function)
{
    uint32_t at = place(parent, function);
    if (table[at] != 0) return table[at];
    bool full = context_count + 64 >= CONTEXT_LIMIT;
    if (full && parent != 0) {
        context_overflow++;
        return context_child(0, FUNCTION_OTHERS);
    }
    if (context_count == context_room) {
        if (!grow()) return 0;
        at = place(parent, function);
    }
    contexts[context_count] = (struct context){.parent = parent, .function = function};
    table[at] = context_count;
    return context_count++;
}

void context_add(uint32_t context, uint64_t weight)
{
    contexts[context].weight += weight;
}

/* The path from the root down, in the form a;b;c. */
static void write_path(FILE *file, uint32_t context)
{
    uint32_t path[DEPTH_LIMIT + 8];
    size_t depth = 0;
    while (context != 0 && depth < sizeof path / sizeof *path) {
        path[depth++] = context;
        context = contexts[context].parent;
    }
    while (depth > 0) {
        uint32_t function = contexts[path[--depth]].function;
        char address[24];
        fputs(function_name(function, address, sizeof address), file);
        if (depth > 0) fputc(';', file);
    }
}

bool contexts_write(const char *path, bool since_last)
{
    char temporary[PATH_LIMIT + 8];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *file = fopen(temporary, "we");
    if (!file) {
        complain("cannot write the profile %s: %s", temporary, strerror(errno));
        return false;
    }
    for (uint32_t index = 1; index < context_count; index++) {
        struct context *context = &contexts[index];
        uint64_t weight = context->weight - (since_last ? context->written : 0);
        if (since_last) context->written = context->weight;
        if (weight == 0) continue;
        write_path(file, index);
        fprintf(file, " %" PRIu64 "\n", weight);
    }
    bool good = !ferror(file);
    good = fclose(file) == 0 && good;
    /* A reader sees the whole profile or none. */
    good = good && rename(temporary, path) == 0;
    if (!good) complain("cannot write the profile %s: %s", path, strerror(errno));
    return good;
}

uint32_t contexts_count(void)
{
    return context_count - 1;
}
