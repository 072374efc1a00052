//! A message of a task's short-term memory.

use async_graphql::{Enum, ID, SimpleObject};
use entity::message;

use crate::api::graphql::scalars::{DateTime, date_time};

/// Who said a message.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::MessageRole")]
pub(in crate::api::graphql) enum MessageRole {
    /// The person who submitted the task.
    User,
    /// An agent.
    Assistant,
    /// A tool.
    Tool,
}

/// Something that was said within a task.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct Message {
    /// The id, `msg_…`.
    id: ID,
    /// Who said it.
    role: MessageRole,
    /// The user, agent or tool by name.
    author: Option<String>,
    /// What was said.
    content: String,
    /// When.
    created_at: DateTime,
}

impl From<message::Model> for Message {
    fn from(row: message::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            role: row.role.into(),
            author: row.author,
            content: row.content,
            created_at: date_time(row.created_at),
        }
    }
}
