/* Reads the file that tells the plugin what to do. */
#include "plugin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct configuration configuration;

static bool set_path(char *into, const char *value)
{
    if (*value == '\0' || strlen(value) >= PATH_LIMIT) return false;
    strcpy(into, value);
    return true;
}

static bool set(const char *key, char *value)
{
    if (strcmp(key, "channel") == 0) return set_path(configuration.channel, value);
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
