//! The steps that bring a database to today's shape, one file each, in order. A step that has shipped never changes.
//!
//! To add one: a file `m<date>_<number>_<what>.rs` here and a line in [`Migrator::migrations`]. Column names are plain
//! strings, not those of `entity`: an old step must not change when a table does.

use sea_orm_migration::prelude::*;

mod m20261122_000001_tasks_and_plans;
mod m20261122_000002_steps;
mod m20261122_000003_calls_and_costs;
mod m20261122_000004_events;
mod m20261122_000005_memory;
mod m20261122_000006_fair_claims;
mod m20261122_000007_tool_decisions;
mod m20261122_000008_step_drafts;
mod m20261123_000009_owner_order;
mod m20261123_000010_output_schema;

/// All steps, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_tasks_and_plans::Migration),
            Box::new(m20261122_000002_steps::Migration),
            Box::new(m20261122_000003_calls_and_costs::Migration),
            Box::new(m20261122_000004_events::Migration),
            Box::new(m20261122_000005_memory::Migration),
            Box::new(m20261122_000006_fair_claims::Migration),
            Box::new(m20261122_000007_tool_decisions::Migration),
            Box::new(m20261122_000008_step_drafts::Migration),
            Box::new(m20261123_000009_owner_order::Migration),
            Box::new(m20261123_000010_output_schema::Migration),
        ]
    }
}

/// A primary key over several columns.
fn primary_key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut key = Index::create();
    for column in columns {
        key.col(*column);
    }
    key.primary().to_owned()
}

/// Runs statements that both databases read alike (partial indexes, which the builder cannot say).
async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
