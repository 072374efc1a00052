//! Which queries are read in one snapshot: those that ask where a task's events stand, so that what they show and the
//! events after the cursor leave no hole and overlap nowhere. Others read each row as it is, and hold no connection.

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};

use super::executor::GuardedExecutor;

/// The field whose answer has to fit the rest.
const CURSOR: &str = "eventCursor";

/// Whether a request is a query for a cursor, as far as can be told without executing it. A fragment that is not used
/// counts too: that costs a transaction and changes nothing.
pub(super) fn is_wanted(document: &ExecutableDocument, operation: Option<&str>) -> bool {
    let is_query = GuardedExecutor::operation_type(document, operation) == Some(OperationType::Query);
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document
        .fragments
        .values()
        .map(|fragment| &fragment.node.selection_set.node);
    is_query && operations.chain(fragments).any(names_cursor)
}

fn names_cursor(set: &SelectionSet) -> bool {
    set.items.iter().any(|item| match &item.node {
        Selection::Field(field) => {
            field.node.name.node == CURSOR || names_cursor(&field.node.selection_set.node)
        }
        Selection::InlineFragment(fragment) => names_cursor(&fragment.node.selection_set.node),
        Selection::FragmentSpread(_) => false,
    })
}
