//! CPython as this process has it: the functions of its C interface that are needed, found by name.

use core::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// An allocator domain of CPython, `PyMemAllocatorDomain`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub enum Domain {
    /// Bytes that need no global lock. Never replaced.
    Raw,
    /// `PyMem_Malloc` and its like.
    Mem,
    /// `PyObject_Malloc` and its like.
    Obj,
}

/// The functions of an allocator, `PyMemAllocatorEx`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Functions {
    /// The first argument of each.
    pub ctx: *mut c_void,
    /// `malloc(ctx, size)`.
    pub malloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    /// `calloc(ctx, count, size)`.
    pub calloc: unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    /// `realloc(ctx, block, size)`.
    pub realloc: unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    /// `free(ctx, block)`.
    pub free: unsafe extern "C" fn(*mut c_void, *mut c_void),
}

/// The allocator that a domain had before ours.
#[derive(Debug)]
#[repr(transparent)]
pub struct Previous(pub Functions);

// SAFETY: never changed (C3), and CPython calls an allocator's functions from every thread.
unsafe impl Sync for Previous {}
// SAFETY: as above (C3).
unsafe impl Send for Previous {}

/// Why Gleaner cannot work in this Python.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unfit {
    /// Older than 3.11.
    TooOld,
    /// Without global lock.
    FreeThreaded,
}

/// CPython's C interface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Python {
    version: c_ulong,
    get_allocator: unsafe extern "C" fn(Domain, *mut Functions),
    set_allocator: unsafe extern "C" fn(Domain, *mut Functions),
    is_initialized: unsafe extern "C" fn() -> c_int,
}

/// Returns the address of a symbol that is visible to all of the process.
fn symbol(name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: the name ends with a nul (C4).
    NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
}

/// Returns a function of CPython's as `F`, which has to be the type of a function pointer.
///
/// # Safety
/// `F` is the type of this function.
unsafe fn function<F: Copy>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    let address = symbol(name)?.as_ptr();
    // SAFETY: a pointer to a function is as large as the address it is, and the type is right (caller, C2).
    Some(unsafe { core::mem::transmute_copy::<*mut c_void, F>(&address) })
}

impl Python {
    /// Returns the Python of this process, or nothing if it has none.
    pub(crate) fn find() -> Option<Result<Python, Unfit>> {
        // SAFETY: the types are those of the headers (C2).
        let (set_allocator, get_allocator, is_initialized) = unsafe {
            (
                function(c"PyMem_SetAllocator")?,
                function(c"PyMem_GetAllocator")?,
                function(c"Py_IsInitialized")?,
            )
        };
        let Some(version) = symbol(c"Py_Version") else { return Some(Err(Unfit::TooOld)) };
        // SAFETY: `const unsigned long Py_Version` (C2).
        let version = unsafe { *version.cast::<c_ulong>().as_ptr() };
        let python = Python { version, get_allocator, set_allocator, is_initialized };
        if python.version_text().contains("free-threading") {
            return Some(Err(Unfit::FreeThreaded));
        }
        Some(Ok(python))
    }

    /// Returns what `sys.version` says.
    fn version_text(&self) -> String {
        // SAFETY: the type is that of the headers (C2).
        let get_version = unsafe { function::<unsafe extern "C" fn() -> *const c_char>(c"Py_GetVersion") };
        let Some(get_version) = get_version else { return String::new() };
        // SAFETY: it may be called at any time and returns a static string (C2).
        unsafe { CStr::from_ptr(get_version()) }.to_string_lossy().into_owned()
    }

    /// Returns the version, such as `3.13.0`.
    pub(crate) fn version(&self) -> String {
        let byte = |shift: u32| (self.version >> shift) & 0xff;
        format!("{}.{}.{}", byte(24), byte(16), byte(8))
    }

    /// Whether Python has started, so that it has allocated.
    pub(crate) fn is_initialized(&self) -> bool {
        // SAFETY: it may be called at any time (C2).
        unsafe { (self.is_initialized)() != 0 }
    }

    /// Returns the allocator of a domain.
    pub(crate) fn allocator(&self, domain: Domain) -> Functions {
        let mut functions = MaybeUninit::<Functions>::uninit();
        // SAFETY: it may be called at any time and fills all five fields (C2).
        unsafe {
            (self.get_allocator)(domain, functions.as_mut_ptr());
            functions.assume_init()
        }
    }

    /// Replaces the allocator of a domain.
    ///
    /// # Safety
    /// The functions are an allocator that can also take the blocks of the one before, for the rest of the process's life.
    pub(crate) unsafe fn set_allocator(&self, domain: Domain, mut functions: Functions) {
        // SAFETY: it copies the functions (C2); they are an allocator (caller).
        unsafe { (self.set_allocator)(domain, &raw mut functions) }
    }
}
