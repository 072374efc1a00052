//! `src/feed`, from outside.
