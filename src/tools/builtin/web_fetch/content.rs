//! What kind of answer came, and its bytes as text.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::{error::FetchError, html};
use crate::tools::text::shorten;

/// The characters of windows-1252 from 0x80 to 0x9f; the rest are those of Latin-1. By the WHATWG Encoding Standard
/// pages that say `iso-8859-1` are read as windows-1252 too.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// How the body of an answer is to be read.
#[derive(Debug)]
pub(super) struct Content {
    /// Media type without parameters, in lower case.
    pub(super) media_type: String,
    is_html: bool,
    is_latin: bool,
}

impl Content {
    /// Reads the headers. An answer without a type is taken for plain text.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Self, FetchError> {
        let header = |name| {
            headers
                .get(name)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        };
        if header(CONTENT_ENCODING).is_some_and(|encoding| !matches!(encoding.trim(), "" | "identity")) {
            return Err(FetchError::Compressed);
        }
        let content_type = header(CONTENT_TYPE).unwrap_or_else(|| "text/plain".to_owned());
        let (media_type, parameters) = content_type.split_once(';').unwrap_or((&content_type, ""));
        let media_type = media_type.trim();
        if !is_text(media_type) {
            return Err(FetchError::ContentType(format!("{:?}", shorten(media_type, 60))));
        }
        Ok(Self {
            media_type: media_type.to_owned(),
            is_html: matches!(media_type, "text/html" | "application/xhtml+xml"),
            is_latin: ["iso-8859-1", "windows-1252", "latin1"]
                .iter()
                .any(|charset| parameters.contains(charset)),
        })
    }

    /// The body as text: HTML reduced to what a reader sees, everything else as it came.
    ///
    /// Bytes are UTF-8 unless the server names Latin-1; what fits neither shows as `�`.
    pub(super) fn text(&self, body: &[u8]) -> String {
        let text = if self.is_latin {
            body.iter().copied().map(latin).collect()
        } else {
            String::from_utf8_lossy(body).into_owned()
        };
        if self.is_html { html::readable(&text) } else { text }
    }
}

fn latin(byte: u8) -> char {
    let special = byte
        .checked_sub(0x80)
        .and_then(|at| WINDOWS_1252.get(usize::from(at)));
    special.copied().unwrap_or_else(|| char::from(byte))
}

fn is_text(media_type: &str) -> bool {
    // The type is repeated in the line above the content, so it must not be able to say anything there.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'+' | b'-');
    if media_type.len() > 60 || !media_type.bytes().all(is_plain) {
        return false;
    }
    media_type.starts_with("text/")
        || matches!(media_type, "application/json" | "application/xml")
        || media_type
            .strip_prefix("application/")
            .is_some_and(|subtype| subtype.ends_with("+json") || subtype.ends_with("+xml"))
}
