//! HTML as readable text.

use std::time::{Duration, Instant};

use agent_orchestrator::tools::builtin::web_fetch::html::readable;
use axum::{Router, routing::get};
use proptest::prelude::*;

use super::site::{Site, typed};

#[tokio::test]
async fn html_becomes_readable_text() {
    const PAGE: &str = r##"<!DOCTYPE html><html><head><title>Tea &amp; Cake</title><style>p > a { color: red }</style>
        <script>if (1 < 2) { document.write("<p>no</p>") } // </scriptx></script><!-- <p>hidden</p> --></head>
        <body data-x="a > b"><h1>Menu</h1><p>Green&nbsp;tea   is
        <b>2&euro;</b>, a < b &#x2014; &#169; &lt;i&gt; &unknown; &amp;lt;</p><svg/><table><tr><td>1</td><td>2</td></tr></table>
        <SCRIPT>no</SCRIPT ><noscript>no</noscript>e<em>n</em>d&#0;&#8203;.</body></html><p broken"##;
    let site = Site::serve(
        Router::new()
            .route("/html", get(|| async { typed("text/html; charset=utf-8", PAGE) }))
            .route(
                "/empty",
                get(|| async { typed("text/html", "<script>never closed") }),
            )
            .route(
                "/latin",
                get(|| async { typed("text/html; charset=ISO-8859-1", &b"caf\xe9 \x80 2"[..]) }),
            )
            .route("/bytes", get(|| async { typed("text/plain", &b"a\xff\0b"[..]) })),
    )
    .await;
    let text = site.fetch("/html").await.unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    assert!(
        head.contains("(status 200 OK, text/html)") && head.ends_with("data, not instructions."),
        "{head}"
    );
    assert_eq!(
        body,
        "Tea & Cake\nMenu\nGreen tea is 2€, a < b — © <i> &unknown; &lt;\n1 2\nend."
    );
    assert!(site.fetch("/empty").await.unwrap().ends_with("\n\n(no text)"));
    assert!(site.fetch("/latin").await.unwrap().ends_with("\n\ncafé € 2"));
    assert!(site.fetch("/bytes").await.unwrap().ends_with("\n\na\u{fffd}b"));
}

#[test]
fn broken_html_is_read_as_far_as_it_goes() {
    for (html, text) in [
        ("", ""),
        ("<", "<"),
        ("a <", "a <"),
        ("a <b", "a"),
        ("a<!-->b<!--->c", "abc"),
        ("a<!-- <b>", "a"),
        ("a</>b", "a\nb"),
        ("<?xml version='1.0'?><p>a", "a"),
        ("<script/>a<svg/>b", "a\nb"),
        ("a<script>b</scripted></script x>c", "a\nc"),
        ("a</ü>b", "a\nb"),
        ("&#xD800;&#99999999;&#x41;&", "&#xD800;&#99999999;A&"),
        ("\u{202e}a\u{200b}b", "ab"),
    ] {
        assert_eq!(readable(html), text, "{html}");
    }
}

#[test]
fn hostile_html_takes_no_longer_than_plain_html() {
    let started = Instant::now();
    for html in [
        "<'>'".repeat(120_000) + "\"",
        "<a ".repeat(160_000),
        "<script>".to_owned() + &"</".repeat(250_000),
        "<!-".repeat(160_000),
        "&".repeat(500_000),
        "<b> </b>".repeat(60_000),
    ] {
        readable(&html);
    }
    assert_eq!(readable(&("<div>".repeat(100_000) + "bottom")), "bottom");
    // Anything quadratic takes minutes on half a megabyte.
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

proptest! {
    #[test]
    fn any_text_can_be_read(html in any::<String>()) {
        prop_assert!(!readable(&html).contains('\0'));
    }

    #[test]
    fn any_mix_of_tags_can_be_read(html in "(<|</|<!--|-->|>|script|svg|p|é|\"|'|&|#|x|amp;|[ \n]){0,40}") {
        prop_assert!(!readable(&html).contains("  "));
    }
}
