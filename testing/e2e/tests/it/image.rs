//! Images of a process's memory, while it runs and at its last moment. Only root may take one of a
//! box, which forbids it to its own user.
//!
//! Not here: what is looked for (`memory`).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// All memory that can be written, and so could hold what came in: heap, stacks, data. By address.
pub(crate) fn of(pid: i32) -> io::Result<Vec<(String, Vec<u8>)>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let mut image = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else {
            continue;
        };
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let address = |text| u64::from_str_radix(text, 16).unwrap();
        let (start, end) = (address(start), address(end));
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        // A page that vanished meanwhile leaves zeros, as memory that was never touched.
        let _ = memory.read_at(&mut bytes, start)?;
        image.push((line.to_owned(), bytes));
    }
    Ok(image)
}

/// Waits for the process to end, and takes its image when it has done all that it does, the last
/// moment at which it has memory.
pub(crate) fn at_exit(pid: i32, end: impl FnOnce() + Send) -> Vec<(String, Vec<u8>)> {
    let traced = Pid::from_raw(pid);
    ptrace::seize(traced, ptrace::Options::PTRACE_O_TRACEEXIT).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(end);
        loop {
            match waitpid(traced, Some(WaitPidFlag::__WALL)).unwrap() {
                WaitStatus::PtraceEvent(..) => {
                    let image = of(pid).unwrap();
                    ptrace::detach(traced, None).unwrap();
                    return image;
                }
                WaitStatus::Stopped(_, Signal::SIGTRAP) => ptrace::cont(traced, None).unwrap(),
                WaitStatus::Stopped(_, signal) => ptrace::cont(traced, signal).unwrap(),
                other => panic!("{other:?}"),
            }
        }
    })
}
