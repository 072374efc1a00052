//! Redirects: few, and through the same walls.

use agent_orchestrator::tools::builtin::web_fetch::{FetchError, WebFetchSettings, target::Target};
use axum::{
    Router,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};

use super::{settings, site::Site};

fn redirect(location: String) -> impl IntoResponse {
    (StatusCode::FOUND, [(header::LOCATION, location)])
}

#[tokio::test]
async fn redirects_are_followed_within_the_same_walls() {
    let router = Router::new()
        .route("/relative", get(|| async { redirect("end".to_owned()) }))
        .route("/three", get(|| async { redirect("/two".to_owned()) }))
        .route("/two", get(|| async { redirect("/relative".to_owned()) }))
        .route("/four", get(|| async { redirect("/three".to_owned()) }))
        .route("/loop", get(|| async { redirect("/loop".to_owned()) }))
        .route(
            "/metadata",
            get(|| async { redirect("http://169.254.169.254/latest/meta-data/".to_owned()) }),
        )
        .route(
            "/decimal",
            get(|| async { redirect("http://2852039166/".to_owned()) }),
        )
        .route(
            "/other",
            get(|| async { redirect("http://evil.test/".to_owned()) }),
        )
        .route(
            "/scheme",
            get(|| async { redirect("file:///etc/hostname".to_owned()) }),
        )
        .route(
            "/user",
            get(|| async { redirect("http://a:b@127.0.0.1/".to_owned()) }),
        )
        .route(
            "/port",
            get(|| async { redirect("http://127.0.0.1:22/".to_owned()) }),
        )
        .route(
            "/long",
            get(|| async { redirect(format!("/{}", "x".repeat(3_000))) }),
        )
        .route("/nowhere", get(|| async { StatusCode::FOUND }))
        .route("/end", get(|| async { "the end" }));
    let site = Site::serve(router).await;
    for path in ["/relative", "/two", "/three"] {
        let text = site.fetch(path).await.unwrap();
        assert!(
            text.starts_with(&format!("Fetched {} (", site.url("/end"))) && text.ends_with("the end"),
            "{text}"
        );
    }
    for (path, reason) in [
        ("/four", "redirects more than 3 times"),
        ("/loop", "redirects more than 3 times"),
        ("/metadata", "169.254.169.254, which is link-local"),
        ("/decimal", "169.254.169.254, which is link-local"),
        ("/other", "\"evil.test\" is not among"),
        ("/scheme", "only https and http URLs"),
        ("/user", "user name or password"),
        ("/port", "port 22"),
        ("/long", "longer than"),
        ("/nowhere", "without saying where"),
    ] {
        let message = site.fetch(path).await.unwrap_err().to_string();
        assert!(message.contains(reason), "{path}: {message}");
    }
}

#[test]
fn a_redirect_never_leads_from_https_to_http() {
    let settings: WebFetchSettings = settings(&["example.org"]);
    let secure = Target::first("https://example.org/a/b", &settings).unwrap();
    for location in [
        "http://example.org/",
        "HTTP://example.org/c",
        "\thttp:\\\\example.org",
    ] {
        let refused = secure.redirected(location, &settings);
        assert!(
            matches!(refused, Err(FetchError::Downgrade)),
            "{location}: {refused:?}"
        );
    }
    let plain = Target::first("http://example.org/", &settings).unwrap();
    assert!(plain.redirected("https://example.org/", &settings).is_ok());
    for (location, url) in [
        ("c#part", "https://example.org/a/c"),
        ("//example.org/d", "https://example.org/d"),
        ("?q", "https://example.org/a/b?q"),
    ] {
        assert_eq!(
            secure.redirected(location, &settings).unwrap().url().as_str(),
            url
        );
    }
}
