/*
 * Calling contexts: a tree of functions as they were called, with the instructions spent in each.
 *
 * Memory is bounded: behind so many contexts, further ones share one named bucket, so that no weight is lost.
 */
#include "stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* There is always room for the kinds of code. */
enum { ROOTS = 64 };
_Static_assert((unsigned)FUNCTION_FIRST_SYMBOL <= ROOTS, "each kind of code is a root at most");

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
    if (context_count + ROOTS >= context_room && context_count + ROOTS < configuration.context_limit) {
        /* Where there is no memory for as many as were allowed, these are all. */
        if (!grow()) configuration.context_limit = 0;
        at = place(parent, function);
    }
    bool full = context_count + ROOTS >= configuration.context_limit;
    if (full && parent != 0) {
        context_overflow++;
        return context_child(0, FUNCTION_OTHERS);
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
    uint32_t path[FRAME_LIMIT + 8];
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

static void write_line(FILE *file, uint32_t context, uint64_t weight)
{
    write_path(file, context);
    fprintf(file, " %" PRIu64 "\n", weight);
}

/*
 * A kernel's boot has some 200,000 contexts, and the lightest nine tenths of them hold a hundredth of the weight
 * in nearly all of the bytes. Where there are so many, subtrees lighter than 1 / SMALL_SHARE of the whole give up
 * their callers: each function in them counts below the nearest caller that is heavy, so that what each function
 * executed stays whole.
 */
enum { MANY_CONTEXTS = 20000, SMALL_SHARE = 1 << 19, HEAVY_TO_SMALL = 1 << 9 };

/* What a function executed in small contexts below one heavy one. */
struct small {
    uint32_t context, function;
    uint64_t weight;
};

static void add_small(struct small *smalls, uint32_t mask, uint32_t context, uint32_t function, uint64_t weight)
{
    uint64_t key = ((uint64_t)context << 32 | function) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(key >> 32) & mask;
    while (smalls[at].weight != 0 && (smalls[at].context != context || smalls[at].function != function)) {
        at = (at + 1) & mask;
    }
    smalls[at] = (struct small){context, function, smalls[at].weight + weight};
}

static int by_place(const void *left, const void *right)
{
    const struct small *a = left, *b = right;
    if (a->context != b->context) return a->context < b->context ? -1 : 1;
    return (a->function > b->function) - (a->function < b->function);
}

/* Writes the small contexts of the tree with these weights, and takes them out of the weights. */
static bool gather_small(FILE *file, uint64_t *weights)
{
    uint32_t room = 1;
    while (room < context_count * 2u) room *= 2;
    uint64_t *totals = malloc(context_count * sizeof *totals);
    uint32_t *heavy = malloc(context_count * sizeof *heavy);
    struct small *smalls = calloc(room, sizeof *smalls);
    bool good = totals && heavy && smalls;
    if (good) {
        memcpy(totals, weights, context_count * sizeof *totals);
        /* A context's number is higher than its caller's. */
        for (uint32_t index = context_count - 1; index > 0; index--) totals[contexts[index].parent] += totals[index];
        /* A power of two, so that boots which differ a little draw the same line. */
        uint64_t limit = 1;
        while (limit * 2 <= totals[0] / SMALL_SHARE) limit *= 2;
        heavy[0] = 0;
        for (uint32_t index = 1; index < context_count; index++) {
            uint32_t parent = contexts[index].parent;
            bool is_root = parent == 0;
            heavy[index] = is_root || totals[index] >= limit * HEAVY_TO_SMALL ? index : heavy[parent];
            if (is_root || totals[index] >= limit || weights[index] == 0) continue;
            add_small(smalls, room - 1, heavy[index], contexts[index].function, weights[index]);
            weights[index] = 0;
        }
        uint32_t count = 0;
        for (uint32_t at = 0; at < room; at++) {
            if (smalls[at].weight != 0) smalls[count++] = smalls[at];
        }
        qsort(smalls, count, sizeof *smalls, by_place);
        for (uint32_t index = 0; index < count; index++) {
            char address[24];
            write_path(file, smalls[index].context);
            fprintf(file, ";%s;%s %" PRIu64 "\n", function_name(FUNCTION_SMALL, address, sizeof address),
                function_name(smalls[index].function, address, sizeof address), smalls[index].weight);
        }
    }
    free(totals);
    free(heavy);
    free(smalls);
    return good;
}

bool contexts_write(const char *path, bool since_last)
{
    char temporary[PATH_LIMIT + 8];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    FILE *file = fopen(temporary, "we");
    uint64_t *weights = file ? malloc(context_count * sizeof *weights) : NULL;
    if (!weights) {
        complain("cannot write the profile %s: %s", temporary, strerror(errno));
        if (file) fclose(file);
        return false;
    }
    uint32_t heavy = 0;
    for (uint32_t index = 0; index < context_count; index++) {
        weights[index] = contexts[index].weight - (since_last ? contexts[index].written : 0);
        if (since_last) contexts[index].written = contexts[index].weight;
        heavy += weights[index] != 0;
    }
    bool good = heavy <= MANY_CONTEXTS || gather_small(file, weights);
    for (uint32_t index = 1; index < context_count; index++) {
        if (weights[index] != 0) write_line(file, index, weights[index]);
    }
    free(weights);
    good = good && !ferror(file);
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
