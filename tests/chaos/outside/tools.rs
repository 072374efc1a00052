//! The tools: each takes an item and does something to it. `look` changes nothing, `record` once per key, `charge` every
//! time it is called, and `doom` kills whoever calls it.

use std::time::Duration;

use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{CallPoint, World, header, log::ToolCall, traps::Sort};

/// Every call takes this long, so that there is a time in which it is under way.
const WORKING: Duration = Duration::from_millis(10);

/// Name, declared effect, and whether the server itself keeps to one effect per key.
pub const TOOLS: [(&str, &str, bool); 4] = [
    ("look", "pure", false),
    ("record", "idempotent", true),
    ("charge", "at_most_once", false),
    ("doom", "idempotent", true),
];

impl World {
    pub(super) async fn use_tool(
        &self,
        caller: &str,
        tool: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Response {
        let Some((_, _, once)) = TOOLS.iter().find(|(name, ..)| *name == tool) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let place = self.log.called(ToolCall {
            tool: tool.to_owned(),
            key: header(headers, "idempotency-key").unwrap_or_default(),
            step: request["stepId"].as_str().unwrap_or_default().to_owned(),
            arguments: request["arguments"].to_string(),
            took_effect: false,
            answered: false,
        });
        if tool == "doom" {
            self.traps.kill(caller);
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let dies = self.traps.spring(caller, Sort::Tool);
        if self
            .traps
            .reached(CallPoint::BeforeEffect, dies, caller, Sort::Tool)
        {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        tokio::time::sleep(WORKING).await;
        self.log.take_effect(place, *once);
        if self
            .traps
            .reached(CallPoint::BeforeAnswer, dies, caller, Sort::Tool)
        {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        self.log.tool_answered(place);
        if dies == Some(CallPoint::AfterAnswer) {
            self.traps.kill_soon(dies, caller, Sort::Tool);
        }
        axum::Json(json!({ "result": format!("{tool} did {}", request["arguments"]["item"]) }))
            .into_response()
    }
}
