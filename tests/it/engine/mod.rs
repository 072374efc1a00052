//! `src/engine`, from outside.
