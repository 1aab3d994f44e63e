#include <gelf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <elfutils/libdwelf.h>
// glibc declares it only under _GNU_SOURCE, which Swift's view of it does not set.
int memfd_create(const char *, unsigned int);
