//! What may be registered.

use std::{sync::Arc, time::Duration};

use agent_orchestrator::tools::{
    Tool, ToolDefinition,
    registry::{SchemaError, ToolRegistry, ToolRegistryError},
};
use serde_json::{Value, json};

use super::{Act, Probe, definition, schema};

fn build(definitions: impl IntoIterator<Item = ToolDefinition>) -> Result<ToolRegistry, ToolRegistryError> {
    let tools = definitions.into_iter().map(|definition| {
        let tool: Arc<dyn Tool> = Arc::new(Probe {
            definition,
            act: Act::Hang,
        });
        tool
    });
    ToolRegistry::builder().register_all(tools).build()
}

#[test]
fn definitions_are_ordered_and_found_by_name() {
    let registry = build(["b", "c", "a"].map(|name| definition(name, schema()))).unwrap();
    let names: Vec<_> = registry
        .definitions()
        .map(|definition| definition.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(registry.get("b").unwrap().description, "A probe.");
    assert!(registry.get("d").is_none());
}

#[test]
fn bad_names_are_refused() {
    let long = "a".repeat(65);
    for name in [
        "",
        "Upper",
        "1st",
        "_x",
        "with space",
        "with-dash",
        "ünï",
        "a\0",
        &long,
    ] {
        let refused = build([definition(name, schema())]).err();
        assert!(
            matches!(refused, Some(ToolRegistryError::BadName(_))),
            "{name:?}: {refused:?}"
        );
    }
    assert!(build([definition(&"a".repeat(64), schema())]).is_ok());
}

#[test]
fn duplicates_and_empty_definitions_are_refused() {
    let twice = build([definition("same", schema()), definition("same", schema())]).err();
    assert!(matches!(twice, Some(ToolRegistryError::DuplicateName(name)) if name == "same"));
    let silent = ToolDefinition {
        description: " ".to_owned(),
        ..definition("a", schema())
    };
    assert!(matches!(
        build([silent]).err(),
        Some(ToolRegistryError::NoDescription(_))
    ));
    let timeless = ToolDefinition {
        timeout: Duration::ZERO,
        ..definition("a", schema())
    };
    assert!(matches!(
        build([timeless]).err(),
        Some(ToolRegistryError::NoTimeout(_))
    ));
}

#[test]
fn bad_schemas_are_refused() {
    let closed = |extra: Value| {
        let mut schema = json!({ "type": "object", "additionalProperties": false });
        schema
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        schema
    };
    let refused = |schema: Value| match build([definition("a", schema.clone())]).err() {
        Some(ToolRegistryError::BadSchema { source, .. }) => source,
        other => panic!("{schema} was not refused: {other:?}"),
    };
    for schema in [
        json!({}),
        json!(true),
        json!(null),
        json!({ "type": "string" }),
        json!({ "type": ["object"] }),
    ] {
        assert!(matches!(refused(schema), SchemaError::NotAnObject));
    }
    for schema in [
        json!({ "type": "object" }),
        json!({ "type": "object", "additionalProperties": true }),
    ] {
        assert!(matches!(refused(schema), SchemaError::Open));
    }
    for extra in [
        json!({ "properties": { "a": { "type": "nonsense" } } }),
        json!({ "properties": { "a": { "pattern": "(" } } }),
        json!({ "properties": { "a": { "$ref": "http://127.0.0.1:1/schema.json" } } }),
        json!({ "properties": { "a": { "$ref": "file:///etc/hostname" } } }),
        json!({ "required": "a" }),
    ] {
        assert!(
            matches!(refused(closed(extra.clone())), SchemaError::Invalid(_)),
            "{extra}"
        );
    }
    let long = closed(json!({ "description": "x".repeat(40_000) }));
    assert!(matches!(refused(long), SchemaError::TooLong(_)));
}
