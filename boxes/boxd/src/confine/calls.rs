//! seccomp: the system calls of a serving box. Any other one fails with `EPERM` and is not done:
//! no program is started, no socket made, nobody traced, no memory made executable.
//!
//! Not a kill: a library that tries something new after an update must not stop a box (V6). What is
//! on the list is there because the box, the standard library or the C library under it uses it.

use libc::{
    CLONE_THREAD, FIONBIO, PR_SET_NAME, PROT_EXEC, SYS_accept4, SYS_brk, SYS_clock_getres,
    SYS_clock_gettime, SYS_clock_nanosleep, SYS_clone, SYS_clone3, SYS_close, SYS_dup, SYS_exit,
    SYS_exit_group, SYS_fcntl, SYS_fdatasync, SYS_flock, SYS_fstat, SYS_fsync, SYS_ftruncate,
    SYS_futex, SYS_getdents64, SYS_getpeername, SYS_getpid, SYS_getrandom, SYS_getsockname,
    SYS_getsockopt, SYS_gettid, SYS_ioctl, SYS_lseek, SYS_madvise, SYS_mmap, SYS_mprotect,
    SYS_mremap, SYS_munmap, SYS_nanosleep, SYS_newfstatat, SYS_openat, SYS_ppoll, SYS_prctl,
    SYS_pread64, SYS_prlimit64, SYS_pwrite64, SYS_read, SYS_readv, SYS_recvfrom, SYS_recvmsg,
    SYS_renameat2, SYS_restart_syscall, SYS_rseq, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigreturn, SYS_sched_getaffinity, SYS_sched_yield, SYS_sendmsg, SYS_sendto,
    SYS_set_robust_list, SYS_setsockopt, SYS_shutdown, SYS_sigaltstack, SYS_statx, SYS_tgkill,
    SYS_unlinkat, SYS_write, SYS_writev,
};
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp,
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// Harmless whatever their arguments are: what they can reach is held by open files, by Landlock
/// and by the user's rights. `openat` is among them: which files, Landlock says.
const ALWAYS: [i64; 56] = [
    // Files of the journal, and the log on standard error.
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_openat,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_lseek,
    SYS_ftruncate,
    SYS_fdatasync,
    SYS_fsync,
    SYS_flock,
    SYS_renameat2,
    SYS_unlinkat,
    SYS_getdents64,
    SYS_fcntl,
    SYS_dup,
    // Connections that come in. There is no `socket` and no `connect`.
    SYS_accept4,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_sendto,
    SYS_sendmsg,
    SYS_shutdown,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_getsockname,
    SYS_getpeername,
    SYS_ppoll,
    // Memory and threads.
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getpid,
    SYS_gettid,
    SYS_exit,
    SYS_exit_group,
    SYS_sigaltstack,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_restart_syscall,
    // Clocks and randomness.
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_getrandom,
    // Answered by the other filter.
    SYS_clone3,
];

/// Spellings of the same that newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const ALWAYS_OLD: [i64; 8] = [
    libc::SYS_poll,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_unlink,
    libc::SYS_open,
    libc::SYS_time,
    libc::SYS_gettimeofday,
    libc::SYS_accept,
];
#[cfg(not(target_arch = "x86_64"))]
const ALWAYS_OLD: [i64; 1] = [SYS_gettid];

/// `ENOSYS` as the kernel says it of a call that it does not know.
const UNKNOWN_CALL: u32 = libc::ENOSYS.unsigned_abs();
const NOT_PERMITTED: u32 = libc::EPERM.unsigned_abs();

pub(super) fn confine() -> Result<(), String> {
    let filters = filters().map_err(|error| error.to_string())?;
    filters
        .iter()
        .try_for_each(|filter| apply_filter(filter))
        .map_err(|error: Error| error.to_string())
}

/// Two programs, of whose answers the kernel takes the stricter one. The list comes last: behind it
/// nothing can be added.
fn filters() -> Result<[BpfProgram; 2], BackendError> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let mut allowed: BTreeMap<i64, Vec<SeccompRule>> = ALWAYS
        .iter()
        .chain(&ALWAYS_OLD)
        .map(|call| (*call, Vec::new()))
        .collect();
    // Where an argument decides.
    for (call, argument, operator) in [
        // A thread, never a process.
        (SYS_clone, 0, has(CLONE_THREAD)),
        (SYS_mmap, 2, has_not(PROT_EXEC)),
        (SYS_mprotect, 2, has_not(PROT_EXEC)),
        (SYS_prctl, 0, is(u64::from(PR_SET_NAME.unsigned_abs()))),
        (SYS_ioctl, 1, is(FIONBIO)),
        // Limits may be read, not set.
        (SYS_prlimit64, 2, is(0)),
        // An abort, of this process only.
        (SYS_tgkill, 0, is(u64::from(std::process::id()))),
    ] {
        let (operator, value) = operator;
        let length = SeccompCmpArgLen::Qword;
        let condition = SeccompCondition::new(argument, length, operator, value)?;
        allowed.insert(call, vec![SeccompRule::new(vec![condition])?]);
    }
    let list = SeccompFilter::new(
        allowed,
        SeccompAction::Errno(NOT_PERMITTED),
        SeccompAction::Allow,
        arch,
    )?;
    // The flags of `clone3` are where no filter can read them: it is said not to exist, and the C
    // library takes `clone`.
    let no_clone3 = SeccompFilter::new(
        BTreeMap::from([(SYS_clone3, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(UNKNOWN_CALL),
        arch,
    )?;
    Ok([no_clone3.try_into()?, list.try_into()?])
}

fn is(value: u64) -> (SeccompCmpOp, u64) {
    (SeccompCmpOp::Eq, value)
}

fn has(flag: i32) -> (SeccompCmpOp, u64) {
    let flag = u64::from(flag.unsigned_abs());
    (SeccompCmpOp::MaskedEq(flag), flag)
}

fn has_not(flag: i32) -> (SeccompCmpOp, u64) {
    let flag = u64::from(flag.unsigned_abs());
    (SeccompCmpOp::MaskedEq(flag), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Resource, Signal, getppid, getrlimit, kill_process, setrlimit};
    use std::io::{self, ErrorKind::PermissionDenied};
    use std::net::{TcpListener, UdpSocket};
    use std::process::Command;

    /// On a thread of its own, which alone is held, with those that it makes.
    #[test]
    fn no_program_socket_signal_or_limit_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (limit, parent) = (getrlimit(Resource::Core), getppid().unwrap());
        let reach = || -> [io::Result<()>; 4] {
            [
                Command::new("true").status().map(drop),
                UdpSocket::bind("127.0.0.1:0").map(drop),
                setrlimit(Resource::Core, limit).map_err(Into::into),
                // To go on, which it does anyway.
                kill_process(parent, Signal::CONT).map_err(Into::into),
            ]
        };
        for (at, done) in reach().into_iter().enumerate() {
            done.unwrap_or_else(|error| panic!("{at} works before: {error}"));
        }
        let refused = |made_by: &str| {
            for (at, done) in reach().into_iter().enumerate() {
                let error = done.expect_err("reached");
                assert_eq!(error.kind(), PermissionDenied, "{made_by} {at}: {error}");
            }
        };
        let held = std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                confine()?;
                refused("itself");
                // Threads, and what the open socket is for, go on as before.
                std::thread::scope(|scope| scope.spawn(|| refused("its thread")).join().unwrap());
                listener.set_nonblocking(true).unwrap();
                let nobody = listener.accept().unwrap_err();
                assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
                Ok::<_, String>(())
            });
            first.join().unwrap()
        });
        if let Err(why) = held {
            eprintln!("NOT TESTED, this kernel refuses: {why}");
        }
    }
}
