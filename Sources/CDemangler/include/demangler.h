#ifndef BOOTMARK_DEMANGLER_H
#define BOOTMARK_DEMANGLER_H

#include <stddef.h>

/*
 * Writes a mangled name as it stands in the source: Rust's (both of its schemes) and that of C++ (Itanium).
 *
 * A short name may unfold to one without end, so no more than `room` bytes are written, a final zero included.
 * Returns the length, or -1 for a name of another kind, or one that has no room.
 */
long bootmark_demangle_rust(const char *mangled, char *into, size_t room);
long bootmark_demangle_cxx(const char *mangled, char *into, size_t room);

#endif
