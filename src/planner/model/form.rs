//! What a plan looks like as JSON: the schema of a `PlanDraft` for these agents.

use serde_json::{Value, json};

use super::Candidate;
use crate::domain::plan::{MAX_PLAN_STEPS, MAX_TITLE_CHARS};

/// Longest instructions of a step a model may write, in characters.
const MAX_INSTRUCTIONS_CHARS: usize = 8_000;

/// Longest summary a model may write, in characters.
const MAX_SUMMARY_CHARS: usize = 600;

/// The JSON Schema of a plan.
pub(super) fn schema(agents: &[Candidate]) -> Value {
    let names: Vec<&str> = agents.iter().map(|agent| agent.name.as_str()).collect();
    let key = json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,31}$" });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["summary", "steps"],
        "properties": {
            "summary": { "type": "string", "maxLength": MAX_SUMMARY_CHARS },
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_PLAN_STEPS,
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["key", "title", "instructions", "agent"],
                    "properties": {
                        "key": key,
                        "title": { "type": "string", "minLength": 1, "maxLength": MAX_TITLE_CHARS },
                        "instructions": { "type": "string", "minLength": 1, "maxLength": MAX_INSTRUCTIONS_CHARS },
                        "agent": { "type": "string", "enum": names },
                        "depends_on": { "type": "array", "items": key, "maxItems": MAX_PLAN_STEPS }
                    }
                }
            }
        }
    })
}
