//! Gauges that count what is there.

/// Counts one in a gauge for as long as it lives.
pub(super) struct Gauged(&'static str);

impl Gauged {
    pub(super) fn new(name: &'static str) -> Self {
        metrics::gauge!(name).increment(1.0);
        Self(name)
    }
}

impl Drop for Gauged {
    fn drop(&mut self) {
        metrics::gauge!(self.0).decrement(1.0);
    }
}
