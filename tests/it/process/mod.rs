//! `src/process`, from outside.
