//! What the system says about a process's memory.

use std::fs;

/// Returns the bytes of the process's address space and of what of it is resident.
pub(crate) fn size_and_resident() -> (usize, usize) {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux has /proc");
    let mut pages = statm.split(' ').map(|pages| pages.parse::<usize>().expect("a number"));
    let mut next = || pages.next().expect("two numbers") * rustix::param::page_size();
    (next(), next())
}
