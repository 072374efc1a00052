//! Errors with their causes, in words.

use std::error::Error;

/// An error and its causes in one line, without those that the ones before have already quoted.
pub fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !said.contains(&words) {
            said.push_str(": ");
            said.push_str(&words);
        }
        next = cause.source();
    }
    said
}
