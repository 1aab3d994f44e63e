/* Reads the file that tells the plugin what to do. */
#include "stacks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct configuration configuration = {.final = -1, .context_limit = 1 << 22};

static bool set_path(char *into, const char *value)
{
    if (*value == '\0' || strlen(value) >= PATH_LIMIT) return false;
    strcpy(into, value);
    return true;
}

static bool set_number(uint64_t *into, const char *value)
{
    char *end;
    errno = 0;
    *into = strtoull(value, &end, 0);
    return *value >= '0' && *value <= '9' && *end == '\0' && errno == 0;
}

static bool set_bytes(uint8_t *bytes, size_t limit, size_t *length, const char *hexadecimal)
{
    size_t digits = strlen(hexadecimal);
    if (digits == 0 || digits % 2 != 0 || digits / 2 > limit) return false;
    for (size_t index = 0; index < digits / 2; index++) {
        unsigned byte;
        if (sscanf(hexadecimal + 2 * index, "%2x", &byte) != 1) return false;
        bytes[index] = (uint8_t)byte;
    }
    *length = digits / 2;
    return true;
}

/* "text HEXADECIMAL", "bytes NUMBER" or "address NUMBER". */
static bool add_milestone(char *value)
{
    if (configuration.milestone_count == CHANNEL_MILESTONES) return false;
    struct milestone *milestone = &configuration.milestones[configuration.milestone_count++];
    char *operand = strchr(value, ' ');
    if (!operand) return false;
    *operand++ = '\0';
    if (strcmp(value, "text") == 0) {
        milestone->trigger = BY_TEXT;
        return set_bytes(milestone->text, sizeof milestone->text, &milestone->text_length, operand);
    }
    if (strcmp(value, "bytes") == 0) {
        milestone->trigger = BY_SERIAL_BYTES;
        return set_number(&milestone->number, operand);
    }
    milestone->trigger = BY_ADDRESS;
    return strcmp(value, "address") == 0 && set_number(&milestone->number, operand);
}

static bool set_final(const char *value)
{
    uint64_t number;
    if (!set_number(&number, value) || number >= CHANNEL_MILESTONES) return false;
    configuration.final = (int)number;
    return true;
}

/* "FIRST LAST", both included, or "FIRST LAST OFFSET". */
static bool add_range(struct range *ranges, unsigned *count, char *value)
{
    if (*count == RANGE_LIMIT) return false;
    struct range *range = &ranges[(*count)++];
    char *last = strchr(value, ' ');
    if (!last) return false;
    *last++ = '\0';
    char *offset = strchr(last, ' ');
    if (offset) *offset++ = '\0';
    return set_number(&range->first, value) && set_number(&range->last, last) && range->first <= range->last
        && (!offset || set_number(&range->offset, offset));
}

static bool set(const char *key, char *value)
{
    if (strcmp(key, "channel") == 0) return set_path(configuration.channel, value);
    if (strcmp(key, "serial") == 0) return set_path(configuration.serial, value);
    if (strcmp(key, "outputs") == 0) return set_path(configuration.outputs, value);
    if (strcmp(key, "outputs-if-bytes") == 0) {
        configuration.outputs_if_bytes = true;
        return set_path(configuration.outputs, value);
    }
    if (strcmp(key, "hashes") == 0) return set_path(configuration.hashes, value);
    if (strcmp(key, "hash-interval") == 0) return set_number(&configuration.hash_interval, value);
    if (strcmp(key, "milestone") == 0) return add_milestone(value);
    if (strcmp(key, "final") == 0) return set_final(value);
    if (strcmp(key, "symbols") == 0) return set_path(configuration.symbols, value);
    if (strcmp(key, "profile") == 0) return set_path(configuration.profile, value);
    if (strcmp(key, "follow") == 0) {
        return add_range(configuration.followed, &configuration.followed_count, value);
    }
    if (strcmp(key, "early") == 0) return add_range(configuration.early, &configuration.early_count, value);
    if (strcmp(key, "alias") == 0) return add_range(configuration.alias, &configuration.alias_count, value);
    if (strcmp(key, "decompressor") == 0) {
        return set_bytes(
            configuration.decompressor, OPENING_LIMIT, &configuration.decompressor_length, value);
    }
    if (strcmp(key, "image") == 0) return image_add(value);
    if (strcmp(key, "code") == 0) return image_add_code(value);
    if (strcmp(key, "without-blocks") == 0) return configuration.without_blocks = true;
    if (strcmp(key, "context-limit") == 0) return set_number(&configuration.context_limit, value);
    if (strcmp(key, "hot-blocks") == 0) return set_path(configuration.hot_blocks, value);
    if (strcmp(key, "hot-pages") == 0) return set_path(configuration.hot_pages, value);
    if (strcmp(key, "chains") == 0) return set_path(configuration.chains, value);
    if (strcmp(key, "chain") == 0) {
        return configuration.chain_count < CHAIN_LIMIT
            && set_number(&configuration.chain_at[configuration.chain_count++], value);
    }
    if (strcmp(key, "stack-size") == 0) return set_number(&configuration.stack_size, value);
    return false;
}

bool configuration_read(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        complain("cannot open its configuration %s: %s", path, strerror(errno));
        return false;
    }
    static char line[PATH_LIMIT + 64];
    bool good = true;
    for (unsigned number = 1; good && fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\n")] = '\0';
        char *value = strchr(line, ' ');
        if (value) *value++ = '\0';
        if (line[0] == '\0') continue;
        if (!value || !set(line, value)) {
            complain("%s:%u: '%s' is not understood; the library and its writer differ in age", path, number,
                line);
            good = false;
        }
    }
    fclose(file);
    if (good && configuration.channel[0] == '\0') {
        complain("%s names no channel", path);
        good = false;
    }
    return good;
}
