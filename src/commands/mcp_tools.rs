//! `mcp-tools`: what an MCP server offers beside what was approved, and the approval.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};

use crate::{
    app,
    config::Config,
    tools::mcp::{
        self,
        approved::{ApprovedError, ApprovedTool, ApprovedTools},
    },
};

/// Shows the tools of a server, one per line with what has changed, and writes them down as approved if asked to. What
/// was said of the effect of a tool that has not changed is kept.
pub(super) async fn run(config: &Config, name: &str, approve: bool) -> anyhow::Result<()> {
    let Some(server) = config.tools.mcp.iter().find(|server| server.name == name) else {
        let known: Vec<&str> = config
            .tools
            .mcp
            .iter()
            .map(|server| server.name.as_str())
            .collect();
        bail!(
            "no MCP server is named {name:?}; the configured ones are [{}]",
            known.join(", ")
        );
    };
    let before = match ApprovedTools::read(&server.approved) {
        Ok(approved) => approved,
        Err(ApprovedError::Missing(_)) => ApprovedTools::default(),
        Err(error) => return Err(error.into()),
    };
    let mut known: BTreeMap<&str, &ApprovedTool> = before
        .tools
        .iter()
        .map(|tool| (tool.name.as_str(), tool))
        .collect();
    let mut now = ApprovedTools::default();
    let mut text = String::new();
    for mut tool in mcp::offered(app::mcp_server(server)).await? {
        let state = match known.remove(tool.name.as_str()) {
            None => "new",
            Some(old) if old.digest() == tool.digest() => {
                tool.effect = old.effect;
                "approved"
            }
            Some(_) => "changed",
        };
        text.push_str(&format!(
            "{state:9} {} ({})\n    {}\n    arguments: {}\n",
            tool.name_of(name),
            serde_json::to_string(&tool.effect)?.trim_matches('"'),
            tool.description.replace('\n', "\n    "),
            serde_json::to_string(&tool.input_schema)?,
        ));
        now.tools.push(tool);
    }
    for gone in known.into_values() {
        text.push_str(&format!("gone      {}\n", gone.name_of(name)));
    }
    if approve {
        write(&server.approved, &now)?;
        text.push_str(&format!(
            "{} written: look at the effect of each, it is what the server claims of a new or changed one\n",
            server.approved.display()
        ));
    } else {
        text.push_str("nothing was written; --approve writes these down as approved\n");
    }
    super::print(&visible(&text))
}

/// The text with nothing hidden: a server could otherwise have its words overwritten or turned around on a terminal, and
/// something else approved than what is seen.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{e0000}'..='\u{e007f}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whole or not at all.
fn write(path: &Path, approved: &ApprovedTools) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let next = path.with_extension("new");
    let text = serde_json::to_string_pretty(approved)?;
    std::fs::write(&next, format!("{text}\n")).with_context(failed)?;
    std::fs::rename(&next, path).with_context(failed)
}
