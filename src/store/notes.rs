//! Scratch notes of a task, shared by its agents.

use entity::{ids::TaskId, note};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};

use super::{Store, StoreError, steps::Claim};

/// The most notes a task may have.
const MAX_NOTES: usize = 64;

impl Store {
    /// The notes of a task, by name.
    pub async fn notes(&self, task: TaskId) -> Result<Vec<note::Model>, StoreError> {
        Ok(note::Entity::find()
            .filter(note::Column::TaskId.eq(task))
            .order_by_asc(note::Column::Name)
            .all(&self.read)
            .await?)
    }

    /// Writes one note for the step that is held; an empty text removes it. False if the task has too many notes.
    pub async fn write_note(&self, claim: &Claim, name: &str, content: &str) -> Result<bool, StoreError> {
        let change = self.change_held(claim).await?;
        let key = (claim.task.id, name.to_owned());
        if content.is_empty() {
            note::Entity::delete_by_id(key).exec(&change.tx).await?;
        } else {
            let notes = note::Entity::find()
                .filter(note::Column::TaskId.eq(claim.task.id))
                .all(&change.tx)
                .await?;
            if notes.len() >= MAX_NOTES && notes.iter().all(|note| note.name != name) {
                change.abandon().await?;
                return Ok(false);
            }
            let row = note::ActiveModel {
                task_id: Set(claim.task.id),
                name: Set(name.to_owned()),
                tenant_id: Set(claim.task.tenant_id.clone()),
                content: Set(content.to_owned()),
                step_id: Set(claim.step.id),
                updated_at: Set(change.now),
            };
            let replace = OnConflict::columns([note::Column::TaskId, note::Column::Name])
                .update_columns([
                    note::Column::Content,
                    note::Column::StepId,
                    note::Column::UpdatedAt,
                ])
                .to_owned();
            note::Entity::insert(row)
                .on_conflict(replace)
                .exec_without_returning(&change.tx)
                .await?;
        }
        change.commit().await?;
        Ok(true)
    }
}
