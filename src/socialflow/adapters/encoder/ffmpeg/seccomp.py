"""The system calls that a decoder never needs, compiled to a seccomp filter."""

import errno
import tempfile

try:
    import pyseccomp
except (ImportError, RuntimeError, OSError):  # the wheel is there but libseccomp.so.2 is not, or this is not Linux
    pyseccomp = None

DENIED = (
    # talking to anybody
    *("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg"),
    # looking into or touching other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_open", "pidfd_getfd"),
    *("pidfd_send_signal", "kcmp", "kill"),
    # changing the world around
    *("mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick"),
    *("mount_setattr", "unshare", "setns", "swapon", "swapoff", "reboot", "sethostname", "setdomainname", "acct"),
    *("quotactl", "settimeofday", "clock_settime", "adjtimex", "syslog", "vhangup"),
    # doors into the kernel with a history
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load"),
    *("kexec_file_load", "open_by_handle_at", "name_to_handle_at", "fanotify_init", "modify_ldt", "lookup_dcookie"),
    *("personality", "iopl", "ioperm", "vmsplice", "memfd_secret"),
)


def compiled() -> bytes:
    """The filter as BPF, ready for prctl or bubblewrap; empty where libseccomp is missing."""
    if pyseccomp is None:
        return b""
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in DENIED:
        try:
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
        except (OSError, ValueError, RuntimeError):  # a call this architecture or library does not know
            continue
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
