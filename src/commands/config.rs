//! `config`: what the program would run with.

use crate::{config::Config, memory::index::simd};

/// Prints the effective configuration, and what FAISS was built with.
pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    super::print(&format!(
        "{}\n# FAISS kernels: {}\n",
        config.render().trim_end(),
        simd()
    ))
}
