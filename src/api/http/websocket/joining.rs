//! Which subscriptions may be shared, and from where a late subscriber reads.
//!
//! To have a subscription shared: a line in [`SHARED`]. What is not there is executed for each subscriber alone.

use std::convert::Infallible;

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection},
};
use serde_json::{Map, Value};

/// From where a subscriber that comes later reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joining {
    /// From the first result, for streams that begin with what was before.
    FromStart,
    /// From what comes next, for streams that say what changes from now on.
    Live,
}

const SHARED: &[(&str, Joining)] = &[
    ("taskEvents", Joining::FromStart),
    ("stepUpdates", Joining::FromStart),
    ("stepOutput", Joining::FromStart),
    ("taskUpdates", Joining::Live),
];

/// An argument whose value means another place in the stream each time it is given.
const OWN_PLACE: &str = "consumer";

/// How an operation may be joined; None if it may not.
pub(super) fn joining(
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: &Map<String, Value>,
) -> Option<Joining> {
    let operation = &document
        .operations
        .iter()
        .find(|(found, _)| name.is_none_or(|name| is(*found, name)))?
        .1
        .node;
    if operation.ty != OperationType::Subscription {
        return None;
    }
    // One field, and in sight: nothing is guessed about fragments.
    let [
        Positioned {
            node: Selection::Field(field),
            ..
        },
    ] = operation.selection_set.node.items.as_slice()
    else {
        return None;
    };
    if has_own_place(&field.node, operation, variables) {
        return None;
    }
    SHARED
        .iter()
        .find(|(field_name, _)| field.node.name.node == *field_name)
        .map(|(_, joining)| *joining)
}

fn is(found: Option<&Name>, name: &str) -> bool {
    found.is_some_and(|found| found.as_str() == name)
}

fn has_own_place(field: &Field, operation: &OperationDefinition, variables: &Map<String, Value>) -> bool {
    let Some(argument) = field.get_argument(OWN_PLACE) else {
        return false;
    };
    let value = argument.node.clone().into_const_with(|name| {
        let definition = operation
            .variable_definitions
            .iter()
            .find(|definition| definition.node.name.node == name);
        let default =
            definition.and_then(|definition| Some(definition.node.default_value.as_ref()?.node.clone()));
        let given = variables
            .get(name.as_str())
            .cloned()
            .map(async_graphql::Value::from_json);
        Ok::<_, Infallible>(given.and_then(Result::ok).or(default).unwrap_or_default())
    });
    !matches!(value, Ok(async_graphql::Value::Null))
}
