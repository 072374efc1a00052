//! `web_fetch`: reads a page from a host the operator allows, and from nowhere else.
//!
//! A URL a model writes may come from text someone planted, so it passes four walls, again for every redirect:
//! [`target`] (scheme, host list, port, no credentials), [`resolve`] (one look-up, every address checked by
//! [`address`]), [`client`] (connects to those addresses, does nothing of its own accord) and [`fetch`] (size,
//! redirects, kinds of content). To add a wall: a file here, a variant of `FetchError`, a line in the tests' table.

pub mod address;
mod client;
mod content;
mod entities;
mod error;
mod fetch;
pub mod html;
mod resolve;
mod settings;
pub mod target;

use std::sync::Arc;

use async_trait::async_trait;
use entity::enums::ToolEffect;
use serde_json::{Value, json};

use super::{define, text_argument};
use crate::tools::{Tool, ToolContext, ToolDefinition, ToolError};
pub use error::FetchError;
pub use resolve::{HostResolver, SystemResolver};
pub use settings::{HostPattern, HostPatternError, WebFetchSettings};

/// Most host patterns that are named in the description.
const MAX_NAMED_HOSTS: usize = 20;

/// The tool `web_fetch`.
pub struct WebFetch {
    definition: ToolDefinition,
    settings: WebFetchSettings,
    resolver: Arc<dyn HostResolver>,
    clients: client::Clients,
}

impl WebFetch {
    /// The tool, with the name resolution of the operating system.
    pub fn new(settings: WebFetchSettings) -> Self {
        Self::with_resolver(settings, Arc::new(SystemResolver))
    }

    /// The tool, with names looked up by `resolver`.
    pub fn with_resolver(settings: WebFetchSettings, resolver: Arc<dyn HostResolver>) -> Self {
        let definition = ToolDefinition {
            timeout: settings.timeout,
            ..definition(&settings)
        };
        Self {
            definition,
            settings,
            resolver,
            clients: client::Clients::default(),
        }
    }
}

fn definition(settings: &WebFetchSettings) -> ToolDefinition {
    let hosts: Vec<String> = settings
        .allowed_hosts
        .iter()
        .take(MAX_NAMED_HOSTS)
        .map(ToString::to_string)
        .collect();
    let more = if settings.allowed_hosts.len() > MAX_NAMED_HOSTS {
        " and more"
    } else {
        ""
    };
    define(
        "web_fetch",
        &format!(
            "Fetches a web page or document and returns its text. Hosts: {}{more}.",
            hosts.join(", ")
        ),
        // A GET: by RFC 9110 section 9.2.1 it asks for no change.
        ToolEffect::Pure,
        &json!({
            "url": {
                "type": "string",
                "description": "The full URL, for instance \"https://example.org/page\".",
                "minLength": 1,
                "maxLength": target::MAX_URL_BYTES,
            },
        }),
        &["url"],
    )
}

#[async_trait]
impl Tool for WebFetch {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The time of the whole call is bounded by the registry, by the definition's timeout.
    async fn run(&self, arguments: &Value, _context: ToolContext<'_>) -> Result<String, ToolError> {
        let url = text_argument(arguments, "url");
        Ok(fetch::fetch(url, &self.settings, self.resolver.as_ref(), &self.clients).await?)
    }
}
