//! `src/limits`, from outside.
