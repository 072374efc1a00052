//! Which names this server answers to. Where it is open to everyone on its machine, a page in a browser there must not
//! become one of them by letting its own name lead to 127.0.0.1 (DNS rebinding): such requests bear that name.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, uri::Authority},
    middleware::Next,
    response::Response,
};

use super::{HttpState, answer::refusal};
use crate::api::graphql::Code;

/// Refuses requests for another name than those of the loopback addresses, if the settings say so.
pub(super) async fn check(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    if state.settings.loopback_names_only && !names_loopback(request.headers()) {
        let message = "this server answers to localhost, 127.0.0.1 and [::1] only; if something in front of it keeps \
            strangers out, let that send one of these as Host, or set ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK=true";
        return refusal(StatusCode::FORBIDDEN, Code::BadRequest, message);
    }
    next.run(request).await
}

/// Every browser sends exactly one; a request without one is refused like one with a foreign name.
fn names_loopback(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    hosts.next().is_some_and(is_loopback) && hosts.next().is_none()
}

fn is_loopback(host: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(host.as_bytes()) else {
        return false;
    };
    let name = authority.host();
    let address = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .and_then(|address| address.parse::<Ipv6Addr>().ok());
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
        || address.is_some_and(|address| address.is_loopback())
}
