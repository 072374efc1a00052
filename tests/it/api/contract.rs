//! The committed schema: what the program serves, every word of it described.

use std::collections::BTreeSet;

use agent_orchestrator::api::graphql;
use async_graphql::{
    Positioned,
    parser::{
        parse_schema,
        types::{FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition},
    },
};
use serde_json::json;

use super::asking::still;
use crate::support::Stack;

const COMMITTED: &str = include_str!("../../../schema.graphql");

fn types() -> Vec<TypeDefinition> {
    let document = parse_schema(COMMITTED).unwrap();
    let definitions = document
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
    definitions.collect()
}

fn described(description: Option<&Positioned<String>>) -> bool {
    description.is_some_and(|text| text.node.trim().len() > 2)
}

fn bare_inputs(of: &str, inputs: &[Positioned<InputValueDefinition>]) -> Vec<String> {
    let bare = inputs
        .iter()
        .filter(|input| !described(input.node.description.as_ref()));
    bare.map(|input| format!("{of}.{}", input.node.name.node))
        .collect()
}

fn bare_fields(of: &str, fields: &[Positioned<FieldDefinition>]) -> Vec<String> {
    let mut bare = Vec::new();
    for field in fields {
        let name = format!("{of}.{}", field.node.name.node);
        bare.extend(bare_inputs(&name, &field.node.arguments));
        if !described(field.node.description.as_ref()) {
            bare.push(name);
        }
    }
    bare
}

/// What of a type nobody has described.
fn bare(definition: &TypeDefinition) -> Vec<String> {
    let name = definition.name.node.as_str();
    let mut bare = match &definition.kind {
        TypeKind::Scalar | TypeKind::Union(_) => Vec::new(),
        TypeKind::Object(object) => bare_fields(name, &object.fields),
        TypeKind::Interface(interface) => bare_fields(name, &interface.fields),
        TypeKind::InputObject(input) => bare_inputs(name, &input.fields),
        TypeKind::Enum(values) => {
            let bare = values
                .values
                .iter()
                .filter(|value| !described(value.node.description.as_ref()));
            bare.map(|value| format!("{name}.{}", value.node.value.node))
                .collect()
        }
    };
    if !described(definition.description.as_ref()) {
        bare.push(name.to_owned());
    }
    bare
}

#[test]
fn the_committed_schema_is_what_the_program_prints() {
    assert_eq!(
        COMMITTED,
        graphql::sdl(),
        "run `agent-orchestrator schema > schema.graphql`"
    );
}

#[test]
fn everything_is_described() {
    let bare: BTreeSet<_> = types().iter().flat_map(bare).collect();
    // async-graphql gives connections no description, and no way to give them one.
    let known = ["MemoryConnection", "TaskConnection", "TaskEventConnection"].map(str::to_owned);
    assert_eq!(bare, BTreeSet::from(known));
}

#[test]
fn nothing_built_in_is_described_by_its_implementation() {
    for word in ["Implement the", "chrono", "Utc>", "serde"] {
        assert!(!COMMITTED.contains(word), "{word}");
    }
}

#[test]
fn mutations_take_one_input_and_answer_a_payload() {
    let types = types();
    let mutation = types
        .iter()
        .find(|definition| definition.name.node == "Mutation")
        .unwrap();
    let TypeKind::Object(object) = &mutation.kind else {
        panic!("Mutation is no object")
    };
    let names: BTreeSet<_> = object
        .fields
        .iter()
        .map(|field| field.node.name.node.as_str())
        .collect();
    for wanted in [
        "submitTask",
        "cancelTask",
        "retryTask",
        "raiseBudget",
        "decideApproval",
        "remember",
        "forgetMemory",
        "acknowledgeEvents",
    ] {
        assert!(names.contains(wanted), "{wanted} is missing");
    }
    for field in &object.fields {
        let name = field.node.name.node.as_str();
        let kind = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        let arguments: Vec<_> = field
            .node
            .arguments
            .iter()
            .map(|input| (input.node.name.node.to_string(), input.node.ty.node.to_string()))
            .collect();
        assert_eq!(arguments, [("input".to_owned(), format!("{kind}Input!"))]);
        assert_eq!(field.node.ty.node.to_string(), format!("{kind}Payload!"));
        let payload = types
            .iter()
            .find(|definition| definition.name.node == format!("{kind}Payload"))
            .unwrap();
        let TypeKind::Object(payload) = &payload.kind else {
            panic!("{kind}Payload is no object")
        };
        let errors = payload
            .fields
            .iter()
            .find(|field| field.node.name.node == "userErrors")
            .unwrap();
        assert_eq!(errors.node.ty.node.to_string(), "[UserError!]!");
    }
}

#[test]
fn counts_of_64_bits_and_money_never_travel_as_int() {
    for definition in types() {
        let TypeKind::Object(object) = &definition.kind else {
            continue;
        };
        for field in &object.fields {
            let (name, kind) = (field.node.name.node.as_str(), field.node.ty.node.to_string());
            let wide = name.ends_with("Tokens")
                || name.ends_with("eq")
                || name.contains("ntries")
                || name == "epoch"
                || name == "durationMs";
            assert!(
                !wide || kind.starts_with("BigInt"),
                "{}.{name}: {kind}",
                definition.name.node
            );
            let money = name.to_lowercase().contains("cost") || name.contains("udget");
            assert!(
                !money || !kind.starts_with("Int") && !kind.starts_with("Float"),
                "{}.{name}: {kind}",
                definition.name.node
            );
        }
    }
}

#[test]
fn connections_follow_relay() {
    let types = types();
    let fields = |name: &str| -> Vec<String> {
        let found = types
            .iter()
            .find(|definition| definition.name.node == name)
            .unwrap_or_else(|| panic!("{name} is missing"));
        let TypeKind::Object(object) = &found.kind else {
            panic!("{name} is no object")
        };
        object
            .fields
            .iter()
            .map(|field| format!("{}: {}", field.node.name.node, field.node.ty.node))
            .collect()
    };
    assert_eq!(
        fields("PageInfo"),
        [
            "endCursor: String",
            "hasNextPage: Boolean!",
            "hasPreviousPage: Boolean!",
            "startCursor: String"
        ]
    );
    for noun in ["Task", "Memory", "TaskEvent"] {
        let connection = [
            format!("edges: [{noun}Edge!]!"),
            format!("nodes: [{noun}!]!"),
            "pageInfo: PageInfo!".to_owned(),
        ];
        assert_eq!(fields(&format!("{noun}Connection")), connection);
        assert_eq!(
            fields(&format!("{noun}Edge")),
            ["cursor: String!".to_owned(), format!("node: {noun}!")]
        );
    }
}

/// What GraphiQL and every code generator ask first.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } \
    subscriptionType { name kind } types { ...FullType } directives { name description isRepeatable locations \
    args(includeDeprecated: true) { ...InputValue } } } } \
    fragment FullType on __Type { kind name description specifiedByURL isOneOf fields(includeDeprecated: true) { name description \
    args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } \
    inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } \
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_can_ask_for_the_whole_schema() {
    let app = still(Stack::Sqlite).await;
    let schema = app.graphql(INTROSPECTION, json!({})).await.data()["__schema"].clone();
    let shown: BTreeSet<_> = schema["types"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect();
    for definition in types() {
        assert!(
            shown.contains(definition.name.node.as_str()),
            "{} is not shown",
            definition.name.node
        );
    }
}
