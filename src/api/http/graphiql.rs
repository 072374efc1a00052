//! GraphiQL, served from the binary: no byte of it comes from another origin. `scripts/vendor-graphiql.sh` makes the
//! files and keeps the names here.

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::answer::refusal;
use crate::api::graphql::Code;

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'";

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

struct Asset {
    name: &'static str,
    content_type: &'static str,
    body: &'static [u8],
    gzipped: bool,
}

macro_rules! gzipped {
    ($name:literal, $type:expr) => {
        Asset {
            name: $name,
            content_type: $type,
            body: include_bytes!(concat!("graphiql/", $name, ".gz")),
            gzipped: true,
        }
    };
}

macro_rules! plain {
    ($name:literal, $type:expr) => {
        Asset {
            name: $name,
            content_type: $type,
            body: include_bytes!(concat!("graphiql/", $name)),
            gzipped: false,
        }
    };
}

/// Named by their content, so they never change.
static ASSETS: &[Asset] = &[
    gzipped!("graphiql.30487e07.min.css", CSS),
    gzipped!("explorer.68909a4a.css", CSS),
    plain!("page.422df71b.css", CSS),
    gzipped!("react.d949f1c3.min.js", JS),
    gzipped!("react-dom.35f4f974.min.js", JS),
    gzipped!("graphql-ws.5f1e250b.min.js", JS),
    gzipped!("graphiql.f118b042.min.js", JS),
    gzipped!("explorer.50cf2c58.min.js", JS),
    plain!("examples.b6ff464c.js", JS),
    plain!("start.de702c0e.js", JS),
];

/// `GET /`.
pub(super) async fn page() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, CSP),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        include_str!("graphiql/index.html"),
    )
}

/// `GET /assets/{name}`. Every browser of this century reads gzip, so it is not asked.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return refusal(StatusCode::NOT_FOUND, Code::NotFound, "there is no such file");
    };
    let mut response = (
        [
            (header::CONTENT_TYPE, asset.content_type),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ],
        asset.body,
    )
        .into_response();
    if asset.gzipped {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
