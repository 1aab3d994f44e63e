/*
 * Which program a block of user code is part of: told by its code, which is compared with that of the files of
 * which the symbols were given. So programs at the same addresses are kept apart without reading a register.
 */
#include "stacks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CODE_LIMIT = 8, PAGE_BITS = 12 };

/* Fewer bytes than these tell nothing by themselves. */
enum { TELLING_BYTES = 6 };

struct code {
    uint64_t first, last;
    const uint8_t *bytes;
    uint8_t *seen; /* a byte for each page: whether a telling block of it ran */
};

static struct image {
    char *name;
    struct code codes[CODE_LIMIT];
    unsigned code_count;
} images[IMAGE_LIMIT + 1];
static unsigned image_count;

bool image_add(const char *name)
{
    if (image_count == IMAGE_LIMIT) return false;
    images[++image_count].name = strdup(name);
    return images[image_count].name != NULL;
}

/* The count bytes of a file from an offset on; NULL, with errno, where it does not have them. */
static uint8_t *read_code(int file, uint64_t offset, size_t count)
{
    uint8_t *bytes = malloc(count);
    for (size_t done = 0; bytes && done < count;) {
        ssize_t got = pread(file, bytes + done, count - done, (off_t)(offset + done));
        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            if (got == 0) errno = EIO;
            free(bytes);
            bytes = NULL;
        }
    }
    return bytes;
}

/* "FIRST LAST OFFSET PATH": the file's bytes from OFFSET on are the code at these addresses. */
bool image_add_code(char *value)
{
    char *rest = value;
    uint64_t numbers[3];
    for (int index = 0; index < 3; index++) {
        char *end;
        numbers[index] = strtoull(rest, &end, 0);
        if (end == rest || *end != ' ') return false;
        rest = end + 1;
    }
    struct image *image = &images[image_count];
    uint64_t first = numbers[0], last = numbers[1], offset = numbers[2];
    if (image_count == 0 || image->code_count == CODE_LIMIT || first > last) return false;
    int file = open(rest, O_RDONLY | O_CLOEXEC);
    struct stat status;
    bool whole = file >= 0 && fstat(file, &status) == 0 && last - first < (uint64_t)status.st_size
        && offset <= (uint64_t)status.st_size - (last - first + 1);
    /* Read and not mapped: a file that is written again during the boot would end QEMU. */
    uint8_t *bytes = whole ? read_code(file, offset, (size_t)(last - first) + 1) : NULL;
    if (file >= 0) close(file);
    if (!bytes) {
        complain("cannot read the code of %s: %s", rest, whole ? strerror(errno) : "it is cut short");
        return false;
    }
    uint8_t *seen = calloc((last >> PAGE_BITS) - (first >> PAGE_BITS) + 1, 1);
    if (!seen) {
        free(bytes);
        return false;
    }
    image->codes[image->code_count++] =
        (struct code){.first = first, .last = last, .bytes = bytes, .seen = seen};
    return true;
}

const char *image_name(unsigned image)
{
    return images[image].name;
}

/* Whether all of the block's bytes are the file's. */
static bool consists_of(const struct qemu_plugin_tb *block, const struct code *code, uint64_t start, size_t *length)
{
    size_t count = qemu_plugin_tb_n_insns(block);
    *length = 0;
    for (size_t index = 0; index < count; index++) {
        uint8_t bytes[16];
        size_t size = instruction_bytes(qemu_plugin_tb_get_insn(block, index), bytes, sizeof bytes);
        uint64_t at = start - code->first + *length;
        if (at + size > code->last - code->first + 1 || memcmp(code->bytes + at, bytes, size) != 0) return false;
        *length += size;
    }
    return true;
}

unsigned image_of(const struct qemu_plugin_tb *block)
{
    uint64_t start = qemu_plugin_tb_vaddr(block);
    for (unsigned index = 1; index <= image_count; index++) {
        struct image *image = &images[index];
        for (unsigned part = 0; part < image->code_count; part++) {
            struct code *code = &image->codes[part];
            size_t length;
            if (start < code->first || start > code->last || !consists_of(block, code, start, &length)) continue;
            uint8_t *seen = &code->seen[(start >> PAGE_BITS) - (code->first >> PAGE_BITS)];
            if (length >= TELLING_BYTES) *seen = 1;
            else if (!*seen) continue;
            if (index <= 64) channel->images_seen |= (uint64_t)1 << (index - 1);
            return index;
        }
    }
    return 0;
}
