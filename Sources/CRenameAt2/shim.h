// glibc declares renameat2 only under _GNU_SOURCE, which Swift's view of it does not set.
int renameat2(int, const char *, int, const char *, unsigned int);
