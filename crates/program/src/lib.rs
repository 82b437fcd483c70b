//! The language of operations and observations: text, bytes, generation, shrinking.
