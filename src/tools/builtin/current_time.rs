//! `current_time`: the time by the host's clock, at an offset from UTC.

use async_trait::async_trait;
use chrono::{Datelike, FixedOffset, SecondsFormat};
use entity::enums::ToolEffect;
use serde_json::{Value, json};

use super::{define, text_argument};
use crate::tools::{Tool, ToolContext, ToolDefinition, ToolError};

pub(super) struct CurrentTime {
    definition: ToolDefinition,
}

impl CurrentTime {
    pub(super) fn new() -> Self {
        Self {
            definition: define(
                "current_time",
                "Tells the current date and time (ISO 8601), the weekday and the ISO week. The time zone is an \
                 offset from UTC such as \"+02:00\"; without one it is UTC. Names of places are not understood.",
                ToolEffect::Pure,
                &json!({
                    "timezone": {
                        "type": "string",
                        "description": "\"UTC\" or an offset such as \"+02:00\" or \"-05:30\".",
                        "pattern": "^(UTC|Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$",
                    },
                }),
                &[],
            ),
        }
    }
}

#[async_trait]
impl Tool for CurrentTime {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn run(&self, arguments: &Value, context: ToolContext<'_>) -> Result<String, ToolError> {
        let timezone = text_argument(arguments, "timezone");
        let offset = parse_offset(timezone)
            .ok_or_else(|| ToolError::InvalidArguments(format!("{timezone:?} is not an offset from UTC")))?;
        let now = context.host.now().await?.with_timezone(&offset);
        let week = now.iso_week();
        Ok(format!(
            "{}\nweekday: {}\nISO week: {}-W{:02}",
            now.to_rfc3339_opts(SecondsFormat::Secs, false),
            now.format("%A"),
            week.year(),
            week.week(),
        ))
    }
}

fn parse_offset(timezone: &str) -> Option<FixedOffset> {
    if matches!(timezone, "" | "UTC" | "Z") {
        return FixedOffset::east_opt(0);
    }
    let (sign, clock) = match timezone.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60))
}
