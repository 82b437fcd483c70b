//! mimalloc, jemalloc and snmalloc, by their own C functions: not through `GlobalAlloc`, whose aligned calls are
//! another path.

use crate::door::CAllocator;

/// The three.
pub(crate) const ALL: [CAllocator; 3] = [
    CAllocator {
        name: "mimalloc",
        malloc: libmimalloc_sys::mi_malloc,
        calloc: libmimalloc_sys::mi_calloc,
        realloc: libmimalloc_sys::mi_realloc,
        free: libmimalloc_sys::mi_free,
    },
    CAllocator {
        name: "jemalloc",
        malloc: tikv_jemalloc_sys::malloc,
        calloc: tikv_jemalloc_sys::calloc,
        realloc: tikv_jemalloc_sys::realloc,
        free: tikv_jemalloc_sys::free,
    },
    CAllocator {
        name: "snmalloc",
        malloc: snmalloc_sys::sn_malloc,
        calloc: snmalloc_sys::sn_calloc,
        realloc: snmalloc_sys::sn_realloc,
        free: snmalloc_sys::sn_free,
    },
];
