/*
 * A plugin of QEMU that counts the guest's instructions, of all its threads.
 *
 * It writes a line `mark NUMBER INSTRUCTIONS` to standard error whenever the guest makes the system call MARK, which no
 * Linux has, and a last one with -1 when the guest ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <qemu-plugin.h>

enum { MARK = 57566 };

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;
static qemu_plugin_u64 count;

static void tell(int64_t number)
{
    fprintf(stderr, "mark %" PRId64 " %" PRIu64 "\n", number, qemu_plugin_u64_sum(count));
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(block, QEMU_PLUGIN_INLINE_ADD_U64, count,
                                                      qemu_plugin_tb_n_insns(block));
}

static void called(qemu_plugin_id_t id, unsigned int cpu, int64_t call, uint64_t first, uint64_t a2, uint64_t a3,
                   uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8)
{
    if (call == MARK)
        tell((int64_t)first);
}

static void ended(qemu_plugin_id_t id, void *unused)
{
    tell(-1);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    count = qemu_plugin_scoreboard_u64(qemu_plugin_scoreboard_new(sizeof(uint64_t)));
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
