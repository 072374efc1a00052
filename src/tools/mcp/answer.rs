//! What came back of a call, as text for a model.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

use crate::tools::ToolError;

/// The result as text, or the error the tool says it met.
pub(super) fn read(result: &CallToolResult) -> Result<String, ToolError> {
    let mut parts: Vec<String> = result.content.iter().map(block).collect();
    if parts.is_empty() {
        parts.extend(result.structured_content.as_ref().map(ToString::to_string));
    }
    let text = parts.join("\n\n");
    if result.is_error == Some(true) {
        return Err(ToolError::Failed(if text.is_empty() {
            "the tool failed and did not say why".to_owned()
        } else {
            text
        }));
    }
    Ok(text)
}

/// Only text is for a model; of the rest it is told what was there.
fn block(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => format!("[an image, {}]", image.mime_type),
        ContentBlock::Audio(audio) => format!("[a recording, {}]", audio.mime_type),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => text.clone(),
            _ => "[a file that is not text]".to_owned(),
        },
        ContentBlock::ResourceLink(link) => format!("[a link to {}]", link.uri),
        _ => "[something that cannot be shown as text]".to_owned(),
    }
}
