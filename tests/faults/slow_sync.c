/* Makes every fsync(2) and fdatasync(2) of a process slow, as on a failing card: LD_PRELOAD it.

   The file SLOW_SYNC holds the seconds; while there is none, nothing is slow. Each slow call adds a byte to SLOW_SYNC.calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void wait_as_told(void)
{
    const char *path = getenv("SLOW_SYNC");
    char calls[4096];
    double seconds = 0;
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file)
        return;
    if (fscanf(file, "%lf", &seconds) != 1)
        seconds = 0;
    fclose(file);
    snprintf(calls, sizeof calls, "%s.calls", path);
    int note = open(calls, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (note >= 0) {
        (void)!write(note, ".", 1);
        close(note);
    }
    struct timespec left = { (time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9) };
    while (nanosleep(&left, &left))
        ;
}

int fsync(int descriptor)
{
    wait_as_told();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(descriptor);
}

int fdatasync(int descriptor)
{
    wait_as_told();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(descriptor);
}
