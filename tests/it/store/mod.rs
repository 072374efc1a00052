//! `src/store`, from outside.
