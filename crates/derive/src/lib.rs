//! derive(Trace).
