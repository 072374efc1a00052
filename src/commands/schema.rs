//! `schema`: the contract as text.

/// Prints what stands in `schema.graphql`.
pub(super) fn run() -> anyhow::Result<()> {
    super::print(&crate::api::graphql::sdl())
}
