//! The C side: a VFS that numbers calls and hands them on to SQLite's own.
//!
//! A file of ours is a [`Ours`] with the file of SQLite's own layer behind it in the same memory, as
//! SQLite's documentation lays out shims. Locks and shared memory are handed on unnumbered: they are
//! no input or output, and a lock that fails is a busy database.

use crate::disk::{Change, Fault, FaultyDisk, Kind, Verdict};
use rusqlite::ffi::{
    self, SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR_ACCESS, SQLITE_IOERR_DELETE,
    SQLITE_IOERR_FSTAT, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ, SQLITE_IOERR_TRUNCATE,
    SQLITE_IOERR_WRITE, SQLITE_OK, SQLITE_OPEN_CREATE, sqlite3_file, sqlite3_io_methods,
    sqlite3_vfs,
};
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What stands at the beginning of an open file.
#[repr(C)]
struct Ours {
    /// First, as in every `sqlite3_file`. Null: not open.
    methods: *const sqlite3_io_methods,
    /// Null for files on no disk of ours.
    place: *mut Place,
}

struct Place {
    disk: FaultyDisk,
    path: PathBuf,
}

/// SQLite's own layer.
struct Inner(*mut sqlite3_vfs);
// SAFETY: SQLite shares its VFS objects between threads itself, and never changes them.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

static INNER: OnceLock<Inner> = OnceLock::new();

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Without memory-mapped reads, which could not be numbered.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes it the layer of every connection that this process opens from now on.
pub(crate) fn install() {
    INNER.get_or_init(|| {
        // SAFETY: the default VFS lives as long as the process. Ours is a copy of it, never freed,
        // whose changed functions have the same types; `szOsFile` counts both parts of a file.
        unsafe {
            let inner = ffi::sqlite3_vfs_find(std::ptr::null());
            assert!(!inner.is_null(), "SQLite has no disk");
            let mut ours = std::ptr::read(inner);
            ours.szOsFile += c_int::try_from(size_of::<Ours>()).unwrap();
            ours.zName = c"faulty".as_ptr();
            ours.pNext = std::ptr::null_mut();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            ours.xAccess = Some(access);
            let ours = Box::into_raw(Box::new(ours));
            assert_eq!(ffi::sqlite3_vfs_register(ours, 1), SQLITE_OK);
            Inner(inner)
        }
    });
}

fn inner() -> *mut sqlite3_vfs {
    INNER.get().expect("installed before it is called").0
}

/// The file of SQLite's own layer.
unsafe fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: SQLite gave `szOsFile` bytes, the first of which are `Ours`.
    unsafe { file.cast::<Ours>().add(1).cast() }
}

/// Its functions.
unsafe fn methods<'a>(file: *mut sqlite3_file) -> &'a sqlite3_io_methods {
    // SAFETY: called with open files only, whose methods are static.
    unsafe { &*(*real(file)).pMethods }
}

/// Where the file is; none if on no disk of ours.
unsafe fn place<'a>(file: *mut sqlite3_file) -> Option<&'a Place> {
    // SAFETY: set by `open`, freed by `close` alone.
    unsafe { (*file.cast::<Ours>()).place.as_ref() }
}

unsafe fn path<'a>(name: *const c_char) -> Option<&'a Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: names end with a zero byte.
    Some(Path::new(OsStr::from_bytes(
        unsafe { CStr::from_ptr(name) }.to_bytes(),
    )))
}

fn code(fault: Fault, otherwise: c_int) -> c_int {
    match fault {
        Fault::Full => SQLITE_FULL,
        Fault::NotApplied | Fault::Applied | Fault::Torn | Fault::Forgotten => otherwise,
    }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: `file` has room for both parts; the inner layer gets its own part and its own VFS.
    unsafe {
        let ours = file.cast::<Ours>();
        (*ours).methods = std::ptr::null();
        (*ours).place = std::ptr::null_mut();
        (*real(file)).pMethods = std::ptr::null();
        let open_real = || {
            let inner = inner();
            ((*inner).xOpen.unwrap())(inner, name, real(file), flags, out_flags)
        };
        let place = path(name).and_then(|path| {
            let path = path.to_owned();
            FaultyDisk::of(&path).map(|disk| Place { disk, path })
        });
        let Some(place) = place else {
            let result = open_real();
            if !(*real(file)).pMethods.is_null() {
                (*ours).methods = &raw const METHODS;
            }
            return result;
        };
        let was_there = place.path.exists();
        let makes = flags & SQLITE_OPEN_CREATE != 0 && !was_there;
        let verdict = match makes {
            true => place.disk.change(Kind::Create),
            false if place.disk.look() => Verdict::Go,
            false => Verdict::Fail(Fault::NotApplied),
        };
        if let Verdict::Fail(fault) = verdict {
            if fault == Fault::Applied && open_real() == SQLITE_OK {
                place.disk.opened(&place.path, was_there);
                methods(file).xClose.unwrap()(real(file));
            }
            return code(fault, SQLITE_CANTOPEN);
        }
        let result = open_real();
        if result == SQLITE_OK {
            place.disk.opened(&place.path, was_there);
            (*ours).place = Box::into_raw(Box::new(place));
        }
        if !(*real(file)).pMethods.is_null() {
            (*ours).methods = &raw const METHODS;
        }
        result
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: handed on as it came.
    let delete_real = || unsafe {
        let inner = inner();
        ((*inner).xDelete.unwrap())(inner, name, sync)
    };
    // SAFETY: SQLite's names.
    let Some((path, disk)) =
        (unsafe { path(name) }).and_then(|path| Some((path, FaultyDisk::of(path)?)))
    else {
        return delete_real();
    };
    let verdict = disk.change(Kind::Delete);
    if let Verdict::Fail(fault) = verdict
        && fault != Fault::Applied
    {
        return code(fault, SQLITE_IOERR_DELETE);
    }
    let result = delete_real();
    if result == SQLITE_OK {
        disk.deleted(path, sync != 0);
    }
    match verdict {
        Verdict::Go => result,
        Verdict::Fail(_) => SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's names; handed on as they came.
    unsafe {
        if path(name)
            .and_then(FaultyDisk::of)
            .is_some_and(|disk| !disk.look())
        {
            return SQLITE_IOERR_ACCESS;
        }
        let inner = inner();
        ((*inner).xAccess.unwrap())(inner, name, flags, out)
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: open until now; the place is not used again.
    unsafe {
        let place = (*file.cast::<Ours>()).place;
        if !place.is_null() {
            drop(Box::from_raw(place));
        }
        (*file.cast::<Ours>()).place = std::ptr::null_mut();
        methods(file).xClose.unwrap()(real(file))
    }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    out: *mut c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        if place(file).is_some_and(|place| !place.disk.look()) {
            return SQLITE_IOERR_READ;
        }
        methods(file).xRead.unwrap()(real(file), out, amount, offset)
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: `bytes` are `amount` bytes; at most so many are handed on.
    unsafe {
        let write_real = |amount: c_int| {
            let result = methods(file).xWrite.unwrap()(real(file), bytes, amount, offset);
            if let Some(place) = place(file)
                && result == SQLITE_OK
            {
                let written = std::slice::from_raw_parts(bytes.cast::<u8>(), amount as usize);
                let change = Change::Write(offset as u64, written.to_vec());
                place.disk.changed(&place.path, change);
            }
            result
        };
        let Some(place) = place(file) else {
            return write_real(amount);
        };
        let Verdict::Fail(fault) = place.disk.change(Kind::Write) else {
            return write_real(amount);
        };
        match fault {
            Fault::Applied => drop(write_real(amount)),
            Fault::Torn => drop(write_real(amount / 2)),
            Fault::NotApplied | Fault::Forgotten | Fault::Full => {}
        }
        code(fault, SQLITE_IOERR_WRITE)
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        let verdict = place(file).map_or(Verdict::Go, |place| place.disk.change(Kind::Truncate));
        if let Verdict::Fail(fault) = verdict
            && fault != Fault::Applied
        {
            return code(fault, SQLITE_IOERR_TRUNCATE);
        }
        let result = methods(file).xTruncate.unwrap()(real(file), size);
        if let Some(place) = place(file)
            && result == SQLITE_OK
        {
            place
                .disk
                .changed(&place.path, Change::Truncate(size as u64));
        }
        match verdict {
            Verdict::Go => result,
            Verdict::Fail(_) => SQLITE_IOERR_TRUNCATE,
        }
    }
}

/// The real disk is not asked to sync: what a power cut would leave is kept in memory.
unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        let Some(place) = place(file) else {
            return methods(file).xSync.unwrap()(real(file), flags);
        };
        match place.disk.change(Kind::Sync) {
            Verdict::Go => {
                place.disk.synced(&place.path, true);
                SQLITE_OK
            }
            Verdict::Fail(fault) => {
                match fault {
                    Fault::Applied => place.disk.synced(&place.path, true),
                    Fault::Forgotten => place.disk.synced(&place.path, false),
                    Fault::NotApplied | Fault::Torn | Fault::Full => {}
                }
                code(fault, SQLITE_IOERR_FSYNC)
            }
        }
    }
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: handed on as it came.
    unsafe {
        if place(file).is_some_and(|place| !place.disk.look()) {
            return SQLITE_IOERR_FSTAT;
        }
        methods(file).xFileSize.unwrap()(real(file), size)
    }
}

/// Functions that are handed on, unnumbered.
macro_rules! handed_on {
    ($($name:ident = $method:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(unsafe extern "C" fn $name(file: *mut sqlite3_file $(, $argument: $type)*) -> $result {
            // SAFETY: handed on as it came.
            unsafe { methods(file).$method.unwrap()(real(file) $(, $argument)*) }
        })*
    };
}

handed_on! {
    lock = xLock(level: c_int) -> c_int;
    unlock = xUnlock(level: c_int) -> c_int;
    check_reserved_lock = xCheckReservedLock(out: *mut c_int) -> c_int;
    file_control = xFileControl(operation: c_int, argument: *mut c_void) -> c_int;
    sector_size = xSectorSize() -> c_int;
    device_characteristics = xDeviceCharacteristics() -> c_int;
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    shm_lock = xShmLock(offset: c_int, n: c_int, flags: c_int) -> c_int;
    shm_barrier = xShmBarrier() -> ();
    shm_unmap = xShmUnmap(delete: c_int) -> c_int;
}
