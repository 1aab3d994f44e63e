/* Names of the guest's functions, from a file of lines "address kind name": in ascending order the kernel's, and
   behind each line "image" those of the next program. */
#include "stacks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Addresses that are called but have no symbol get a number too, up to so many. */
enum { SYMBOL_LIMIT = 1 << 22, NAMELESS_LIMIT = 1 << 16 };

/* No function is longer than that: what lies further behind a symbol is code without one. */
enum { FARTHEST = 1 << 18 };

static struct symbol *symbols;
static uint8_t *entered;
static uint32_t symbol_count;
static struct {
    uint32_t first, end;
} tables[IMAGE_LIMIT + 1];
static char *text;
static size_t text_length;

static uint64_t nameless[NAMELESS_LIMIT];
static uint32_t nameless_count;
static uint32_t nameless_table[NAMELESS_LIMIT * 2]; /* one more than the index; 0 is empty */

static const char *const kinds_of_code[] = {
    [FUNCTION_UNKNOWN] = "[unknown]", [FUNCTION_FIRMWARE] = "[firmware]",
    [FUNCTION_LOADER] = "[boot loader]", [FUNCTION_DECOMPRESSOR] = "[decompressor]",
    [FUNCTION_KERNEL] = "[kernel]", [FUNCTION_USER] = "[user]", [FUNCTION_INTERRUPTS] = "[interrupts]",
    [FUNCTION_SMALL] = "[small contexts]", [FUNCTION_OTHERS] = "[other contexts]",
    [FUNCTION_DEEPER] = "[deeper calls]"};

static bool append(uint64_t address, char kind, const char *name)
{
    static uint32_t room;
    static size_t text_room;
    if (symbol_count == room) {
        room = room ? room * 2 : 1 << 14;
        struct symbol *larger = realloc(symbols, room * sizeof *symbols);
        if (!larger) return false;
        symbols = larger;
    }
    size_t length = strlen(name) + 1;
    if (text_length + length > text_room) {
        text_room = (text_room + length) * 2;
        char *larger = realloc(text, text_room);
        if (!larger) return false;
        text = larger;
    }
    memcpy(text + text_length, name, length);
    symbols[symbol_count++] =
        (struct symbol){.address = address, .name = (uint32_t)text_length, .kind = (uint8_t)kind};
    text_length += length;
    return true;
}

bool symbols_read(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        complain("cannot open the symbols %s: %s", path, strerror(errno));
        return false;
    }
    char line[1024];
    uint64_t before = 0;
    unsigned image = 0;
    bool good = true;
    while (good && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "image") == 0) {
            good = image++ < IMAGE_LIMIT;
            if (good) tables[image].first = tables[image].end = symbol_count;
            continue;
        }
        char *rest;
        uint64_t address = strtoull(line, &rest, 16);
        good = rest[0] == ' ' && rest[1] != '\0' && strchr("fbitemsc", rest[1]) && rest[2] == ' ' && rest[3] != '\0';
        good = good && (symbol_count == tables[image].first || address > before) && symbol_count < SYMBOL_LIMIT;
        good = good && append(address, rest[1], rest + 3);
        tables[image].end = symbol_count;
        before = address;
    }
    fclose(file);
    entered = good ? calloc(symbol_count + 1, 1) : NULL;
    if (!entered) complain("%s: symbol number %u is not understood", path, symbol_count + 1);
    return entered != NULL;
}

/* The number of the symbol at or before an address, and one more; 0 where an image has none. */
static uint32_t behind(unsigned image, uint64_t address)
{
    uint32_t low = tables[image].first, high = tables[image].end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (symbols[middle].address <= address) low = middle + 1;
        else high = middle;
    }
    return low == tables[image].first ? 0 : low;
}

const struct symbol *symbol_at(unsigned image, uint64_t address, uint32_t *function)
{
    uint32_t index = behind(image, address);
    if (index == 0 || symbols[index - 1].address != address) return NULL;
    if (function) *function = FUNCTION_FIRST_SYMBOL + index - 1;
    return &symbols[index - 1];
}

const struct symbol *table_around(uint64_t address, uint32_t *function)
{
    uint32_t index = behind(0, address);
    if (index == 0 || symbols[index - 1].kind != SYMBOL_TABLE) return NULL;
    *function = FUNCTION_FIRST_SYMBOL + index - 1;
    return &symbols[index - 1];
}

uint32_t function_around(unsigned image, uint64_t address)
{
    uint32_t index = behind(image, address);
    if (index == 0 || address - symbols[index - 1].address >= FARTHEST) return FUNCTION_UNKNOWN;
    return FUNCTION_FIRST_SYMBOL + index - 1;
}

uint32_t function_at(unsigned image, uint64_t address)
{
    /* A call into the middle of a function (assembly does that) runs on that function's behalf. */
    uint32_t around = function_around(image, address);
    if (around != FUNCTION_UNKNOWN) return around;

    const uint32_t mask = NAMELESS_LIMIT * 2 - 1;
    uint32_t at = (uint32_t)(address * 0x9e3779b97f4a7c15u >> 40) & mask;
    while (nameless_table[at] != 0) {
        uint32_t index = nameless_table[at] - 1;
        if (nameless[index] == address) return FUNCTION_FIRST_SYMBOL + symbol_count + index;
        at = (at + 1) & mask;
    }
    if (nameless_count == NAMELESS_LIMIT) return FUNCTION_UNKNOWN;
    nameless[nameless_count] = address;
    nameless_table[at] = nameless_count + 1;
    return FUNCTION_FIRST_SYMBOL + symbol_count + nameless_count++;
}

const char *function_name(uint32_t function, char *address, size_t size)
{
    if (function < FUNCTION_FIRST_SYMBOL) return kinds_of_code[function];
    if (function >= FUNCTION_SPACES) {
        snprintf(address, size, "space %" PRIu32, function - FUNCTION_SPACES);
        return address;
    }
    if (function >= FUNCTION_IMAGES) return image_name(function - FUNCTION_IMAGES);
    function -= FUNCTION_FIRST_SYMBOL;
    if (function < symbol_count) return text + symbols[function].name;
    snprintf(address, size, "0x%" PRIx64, nameless[function - symbol_count]);
    return address;
}

bool function_moves(uint32_t function)
{
    uint32_t index = function - FUNCTION_FIRST_SYMBOL;
    return index < symbol_count && symbols[index].kind == SYMBOL_MOVING;
}

void symbol_entered(uint32_t function)
{
    uint32_t index = function - FUNCTION_FIRST_SYMBOL;
    if (index < symbol_count) entered[index] = 1;
}

uint64_t symbols_entered_count(void)
{
    uint64_t count = 0;
    for (uint32_t index = 0; index < symbol_count; index++) count += entered[index];
    return count;
}
