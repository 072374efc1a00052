//! Requests that pages of other sites make a browser send. They need no permission for an image or a form, and a query
//! can cost money; browsers say where such a request comes from (<https://www.w3.org/TR/fetch-metadata/>).

use axum::{
    extract::Request,
    http::{HeaderName, StatusCode},
    middleware::Next,
    response::Response,
};

use super::answer::refusal;
use crate::api::graphql::Code;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Lets a request pass that comes from a page of this server, from the person at the browser, or from another program.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let mut sites = request.headers().get_all(SEC_FETCH_SITE).iter();
    if sites.all(|site| site == "same-origin" || site == "none") {
        return next.run(request).await;
    }
    let message = "pages of other sites may not send requests here";
    refusal(StatusCode::FORBIDDEN, Code::BadRequest, message)
}
