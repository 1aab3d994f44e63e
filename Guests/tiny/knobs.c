// The command line: what it asks for, word by word. Guests/README.md documents the knobs.
#include "tiny.h"

enum { COMMAND_LINE_BYTES = 4096, WORD_BYTES = 256 };

struct knobs knobs = {.end = END_POWEROFF, .wrong = WRONG_NOTHING, .at = PHASES, .hertz = 100};

const char *const phase_names[PHASES] = {"start", "memory", "tables", "decompress", "drivers", "booted"};

static const char *const end_names[] = {"poweroff", "reset", "halt", "spin", "debug-exit", NULL};
static const char *const wrong_names[] = {"nothing", "panic", "hang", "reset", "endless", "hostile", "exit", "silent",
                                          "prompt", NULL};
static const char *const turned_names[] = {"read_memory_map", "load_tables", "check_payload", "probe_clock", NULL};

static char command_line[COMMAND_LINE_BYTES + 1];

// Whether `text` begins with `prefix`; if so, `*rest` is what follows.
static bool begins(const char *text, const char *prefix, const char **rest) {
    while (*prefix != 0) {
        if (*text++ != *prefix++) {
            return false;
        }
    }
    *rest = text;
    return true;
}

// Reads one of `names` at `*text`, up to the word's end or a colon, and moves past it.
static bool read_name(const char **text, const char *const *names, uint32_t *index) {
    for (*index = 0; names[*index] != NULL; (*index)++) {
        const char *rest;
        if (begins(*text, names[*index], &rest) && (*rest == 0 || *rest == ':')) {
            *text = rest;
            return true;
        }
    }
    return false;
}

// Reads a whole number of at most nine digits.
static bool read_number(const char **text, uint32_t *value) {
    uint32_t digits = 0;
    *value = 0;
    for (; **text >= '0' && **text <= '9' && digits < 9; (*text)++, digits++) {
        *value = *value * 10 + (uint32_t)(**text - '0');
    }
    return digits > 0;
}

// Reads a share in per cent with up to three decimal places, at most 100,000 %, as thousandths of a per cent.
static bool read_thousandths(const char **text, uint32_t *value) {
    uint32_t whole;
    if (!read_number(text, &whole) || whole > 100000) {
        return false;
    }
    *value = whole * 1000;
    if (**text == '.') {
        (*text)++;
        uint32_t place = 100;
        for (; **text >= '0' && **text <= '9'; (*text)++, place /= 10) {
            *value += (uint32_t)(**text - '0') * place;
        }
    }
    return true;
}

static bool read_slow(const char *text) {
    uint32_t phase, share;
    if (!read_name(&text, phase_names, &phase) || phase == PHASE_START || phase == PHASE_BOOTED || *text++ != ':'
        || !read_thousandths(&text, &share) || *text != 0) {
        return false;
    }
    knobs.slow[phase] = share;
    return true;
}

static bool read_turns(const char *text) {
    uint32_t function, count;
    if (!read_name(&text, turned_names, &function) || *text++ != ':' || !read_number(&text, &count) || *text != 0) {
        return false;
    }
    knobs.turns[function] = count;
    return true;
}

static bool read_hertz(const char *text) {
    // The timer's 16-bit divisor of 1,193,182 Hz sets the lower limit; the upper one leaves time to work.
    return read_number(&text, &knobs.hertz) && *text == 0 && knobs.hertz >= 19 && knobs.hertz <= 10000;
}

static bool read_detour(const char *text) {
    return read_number(&text, &knobs.detour) && *text == 0 && knobs.detour <= 1000000;
}

static bool read_choice(const char *text, const char *const *names, uint32_t *index) {
    return read_name(&text, names, index) && *text == 0;
}

static bool read_word(const char *word) {
    const char *value;
    uint32_t index;
    if (begins(word, "slow=", &value)) {
        return read_slow(value);
    }
    if (begins(word, "turns=", &value)) {
        return read_turns(value);
    }
    if (begins(word, "hz=", &value)) {
        return read_hertz(value);
    }
    if (begins(word, "detour=", &value)) {
        return read_detour(value);
    }
    if (begins(word, "end=", &value) && read_choice(value, end_names, &index)) {
        knobs.end = (enum end)index;
        return true;
    }
    if (begins(word, "wrong=", &value) && read_choice(value, wrong_names, &index)) {
        knobs.wrong = (enum wrong)index;
        return true;
    }
    if (begins(word, "at=", &value) && read_choice(value, phase_names, &index)) {
        knobs.at = (enum phase)index;
        return true;
    }
    // A benchmark pads its command line with this to see what layout alone does.
    return begins(word, "pad=", &value);
}

// Where the knobs begin in a command line that QEMU wrote: behind the kernel's file name, which comes first and
// may hold spaces. That is behind the last word that ends in ".elf", or else behind the first word.
//
// Copies the line on the way. Runs the same instructions whatever the line holds, and takes no branch on it, so
// that a boot from another folder executes as many as before. Optimised, it would branch again.
__attribute__((optnone)) static uint32_t copy_command_line(const char *source) {
    uint32_t alive = 1, in_first_word = 1, first_end = 0, elf_end = 0, recent = 0;
    for (uint32_t i = 0; i < COMMAND_LINE_BYTES; i++) {
        uint32_t byte = (uint8_t)source[i];
        uint32_t ends_line = 1 ^ ((byte | -byte) >> 31);
        uint32_t space = byte ^ ' ';
        uint32_t ends_word = alive & (ends_line | (1 ^ ((space | -space) >> 31)));
        uint32_t elf = recent ^ 0x2e656c66;  // ".elf"
        uint32_t is_elf = ends_word & (1 ^ ((elf | -elf) >> 31));
        uint32_t is_first = ends_word & in_first_word;
        elf_end = (elf_end & (is_elf - 1)) | (i & -is_elf);
        first_end = (first_end & (is_first - 1)) | (i & -is_first);
        in_first_word &= 1 ^ ends_word;
        alive &= 1 ^ ends_line;
        command_line[i] = (char)(byte & -alive);
        recent = recent << 8 | byte;
    }
    command_line[COMMAND_LINE_BYTES] = 0;
    return elf_end != 0 ? elf_end : first_end;
}

// Whether the command line begins with the kernel's file name: QEMU puts it there, GRUB 2 does not, and other
// loaders show it by a path from their root.
static bool has_file_name(const struct multiboot_information *information) {
    const char *rest;
    if ((information->flags & MULTIBOOT_HAS_LOADER_NAME) && begins((const char *)information->loader_name, "qemu", &rest)) {
        return true;
    }
    return command_line[0] == '/' || command_line[0] == '(';
}

void read_command_line(const struct multiboot_information *information) {
    if (!(information->flags & MULTIBOOT_HAS_COMMAND_LINE)) {
        return;
    }
    uint32_t position = copy_command_line((const char *)information->command_line);
    if (!has_file_name(information)) {
        position = 0;
    }
    while (command_line[position] != 0) {
        char word[WORD_BYTES];
        uint32_t length = 0;
        for (; command_line[position] == ' '; position++) {
        }
        for (; command_line[position] != 0 && command_line[position] != ' '; position++) {
            if (length + 1 == WORD_BYTES) {
                panic("a word of the command line is too long");
            }
            word[length++] = command_line[position];
        }
        word[length] = 0;
        if (length > 0 && !read_word(word)) {
            panic_about("unknown knob or value: ", word);
        }
    }
    if (knobs.at == PHASES) {
        knobs.at = knobs.wrong == WRONG_PROMPT ? PHASE_BOOTED
            : knobs.wrong == WRONG_SILENT ? PHASE_START
            : PHASE_DRIVERS;
    }
}
