//! CPython's own allocator: `PyObject_Malloc` and its like, from the shared library of an installed Python.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::process::Command;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};

use crate::door::{CAllocator, CDoor, Door};

/// The shared library of a Python, and what it needs to start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LibPython {
    /// For example `3.13.0`.
    pub version: String,
    /// The library.
    pub library: PathBuf,
    /// What `PYTHONHOME` must be where the library is loaded.
    pub home: PathBuf,
}

/// Why there is no pymalloc.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// The interpreter did not start, or did not say where it is installed.
    #[error("{0}: does not run as a Python 3")]
    NoPython(String),
    /// It has no shared library.
    #[error("{0}: this Python has no shared library (it was built without --enable-shared)")]
    NoLibrary(String),
    /// The library could not be loaded, or lacks a function.
    #[error("{path}: {source}")]
    Load {
        /// The library.
        path: String,
        /// What the loader said.
        source: libloading::Error,
    },
}

/// What the interpreter is asked; one answer a line.
const WHERE: &str = "import sys, sysconfig, os
get = sysconfig.get_config_var
print('%d.%d.%d' % sys.version_info[:3])
print(os.path.join(get('LIBDIR') or '', get('INSTSONAME') or ''))
print(sys.base_prefix)
print(bool(get('Py_GIL_DISABLED')))
";

impl LibPython {
    /// Asks an interpreter for its library.
    ///
    /// # Errors
    /// It does not run, or has no shared library, or is a build without the global lock, where this allocator is not used.
    pub fn of(python: &Path) -> Result<LibPython, PythonError> {
        let name = python.display().to_string();
        let asked = Command::new(python).args(["-I", "-c", WHERE]).env_remove("LD_PRELOAD").output();
        let output = asked.ok().filter(|output| output.status.success());
        let text = output.and_then(|output| String::from_utf8(output.stdout).ok());
        let text = text.ok_or_else(|| PythonError::NoPython(name.clone()))?;
        let lines: Vec<&str> = text.lines().collect();
        let &[version, library, home, "False"] = &lines[..] else {
            return Err(PythonError::NoPython(name));
        };
        let library = PathBuf::from(library);
        if !library.is_file() || library.extension().is_some_and(|extension| extension == "a") {
            return Err(PythonError::NoLibrary(name));
        }
        Ok(LibPython { version: version.to_string(), library, home: home.into() })
    }
}

/// CPython's allocator in this process. It stays in the thread that loaded it, which holds the interpreter's lock.
#[derive(Debug)]
pub struct PyMalloc(CAllocator, PhantomData<*const ()>);

// SAFETY: the functions keep C's contract while the lock is held, which it is in this thread (P1, P3).
unsafe impl Door for PyMalloc {
    #[inline]
    fn malloc(&self, size: usize) -> *mut u8 {
        self.0.malloc(size)
    }

    #[inline]
    unsafe fn free(&self, block: *mut u8, size: usize) {
        // SAFETY: by contract (P1).
        unsafe { self.0.free(block, size) }
    }
}

// SAFETY: as above (P1, P3).
unsafe impl CDoor for PyMalloc {
    #[inline]
    fn calloc(&self, size: usize) -> *mut u8 {
        self.0.calloc(size)
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: by contract (P1).
        unsafe { self.0.realloc(block, size) }
    }
}

/// Loads a libpython into this process, begins its interpreter, and returns its allocator. `PYTHONHOME` must be set.
///
/// # Errors
/// The library cannot be loaded or is no libpython.
pub fn load(path: &Path) -> Result<PyMalloc, PythonError> {
    let failed = |source| PythonError::Load { path: path.display().to_string(), source };
    // SAFETY: loading a libpython runs no code of its own but the C library's; it stays loaded (P3).
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_GLOBAL) }.map_err(failed)?;
    let library = Box::leak(Box::new(library));
    // SAFETY: these are the functions' types, by Python's C interface; they stay where they are (P3).
    unsafe {
        let initialize: Symbol<unsafe extern "C" fn(c_int)> =
            library.get(b"Py_InitializeEx").map_err(failed)?;
        let allocator = CAllocator {
            name: "pymalloc",
            malloc: *library.get(b"PyObject_Malloc").map_err(failed)?,
            calloc: *library.get(b"PyObject_Calloc").map_err(failed)?,
            realloc: *library.get(b"PyObject_Realloc").map_err(failed)?,
            free: *library.get(b"PyObject_Free").map_err(failed)?,
        };
        // Since 3.12 the allocator's state is the interpreter's. 0: no signal handlers.
        initialize(0);
        Ok(PyMalloc(allocator, PhantomData))
    }
}
