/* What `marks.py` calls where Valgrind counts: callgrind writes a file for what has passed since the mark before. */
#include <stdio.h>
#include <valgrind/callgrind.h>

void emotion_edge_mark(long number)
{
    char name[24];
    snprintf(name, sizeof name, "%ld", number);
    if (number % 2) {
        CALLGRIND_DUMP_STATS_AT(name);
        CALLGRIND_STOP_INSTRUMENTATION;
    } else {
        CALLGRIND_START_INSTRUMENTATION;
        CALLGRIND_ZERO_STATS;
    }
}
