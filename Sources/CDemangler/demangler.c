/* Binutils' demanglers (libiberty), with a bound on what they write. */
#include "demangler.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

struct sink {
    char *into;
    size_t length, room;
    jmp_buf full;
};

/* Takes a piece of the name. The demanglers cannot be told to stop, so a full sink leaves them from within: what they
   hold on the heap meanwhile (the letters of one Rust identifier) is lost, for hostile names alone. */
static void take(const char *piece, size_t length, void *opaque)
{
    struct sink *sink = opaque;
    if (length >= sink->room - sink->length) longjmp(sink->full, 1);
    memcpy(sink->into + sink->length, piece, length);
    sink->length += length;
}

static long demangled(
    int (*demangle)(const char *, int, demangle_callbackref, void *), int options, const char *mangled, char *into,
    size_t room)
{
    struct sink sink = {.into = into, .room = room};
    if (room == 0 || setjmp(sink.full) != 0) return -1;
    if (!demangle(mangled, options, take, &sink)) return -1;
    into[sink.length] = '\0';
    return (long)sink.length;
}

long bootmark_demangle_rust(const char *mangled, char *into, size_t room)
{
    return demangled(rust_demangle_callback, DMGL_PARAMS, mangled, into, room);
}

long bootmark_demangle_cxx(const char *mangled, char *into, size_t room)
{
    /* As perf asks: without arguments and results, and with something behind the name, as the `Tm` of functions that LLVM
       merged. */
    return demangled(cplus_demangle_v3_callback, DMGL_NO_OPTS, mangled, into, room);
}
