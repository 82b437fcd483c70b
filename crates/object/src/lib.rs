//! What an object is: header, type record, tracing.
