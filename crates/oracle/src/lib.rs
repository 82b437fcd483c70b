//! Machines side by side on one program: comparison, reports, CPython.
