//! `src/domain`, from outside.
