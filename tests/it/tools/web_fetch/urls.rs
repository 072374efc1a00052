//! URLs and hosts that are refused before a connection is made.

use agent_orchestrator::tools::builtin::{
    builtin_tools,
    web_fetch::{HostPattern, WebFetchSettings},
};

use super::{refusal, registry, registry_of, script, settings};

#[test]
fn host_patterns_that_could_never_match_are_refused() {
    for good in [
        "example.org",
        "*.example.org",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "EXAMPLE.org.",
        "bücher.example",
    ] {
        assert!(good.parse::<HostPattern>().is_ok(), "{good}");
    }
    let bad = [
        "",
        "*",
        "*.",
        "*.*.org",
        "a*.org",
        "https://a.org",
        "a.org:80",
        "a.org/x",
        "u@a.org",
        "*.127.0.0.1",
        "::1",
    ];
    for bad in bad {
        assert!(bad.parse::<HostPattern>().is_err(), "{bad}");
    }
    assert_eq!(
        "*.Example.ORG".parse::<HostPattern>().unwrap().to_string(),
        "*.example.org"
    );
}

#[tokio::test]
async fn urls_are_refused_before_anything_is_looked_up() {
    let resolver = script(&[&["127.0.0.1"]]);
    let https_only = WebFetchSettings {
        allow_http: false,
        ..settings(&["example.org", "*.example.com"])
    };
    let registry = registry(https_only, resolver.clone());
    for (url, reason) in [
        ("not a url", "not a URL"),
        ("//example.org/", "not a URL"),
        ("https://", "not a URL"),
        ("https://exa mple.org/", "not a URL"),
        ("https://1.2.3.4.5/", "not a URL"),
        ("http://example.org/", "only https URLs"),
        ("ftp://example.org/", "only https URLs"),
        ("file:///etc/hostname", "only https URLs"),
        ("data:text/plain,x", "only https URLs"),
        ("javascript:alert(1)", "only https URLs"),
        ("https://user@example.org/", "user name or password"),
        ("https://user:secret@example.org/", "user name or password"),
        ("https://example.org@evil.test/", "user name or password"),
        ("https://evil.test/", "\"evil.test\" is not among"),
        ("https://evil.test/?example.org", "\"evil.test\" is not among"),
        ("https://evil.test\\@example.org/", "\"evil.test\" is not among"),
        ("https://evil.test#@example.org/", "\"evil.test\" is not among"),
        ("https://example.org.evil.test/", "is not among"),
        ("https://notexample.org/", "is not among"),
        ("https://sub.example.org/", "is not among"),
        ("https://example.com/", "is not among"),
        ("https://notexample.com/", "is not among"),
        ("https://example.org../", "is not among"),
        ("https://localhost/", "is not among"),
        ("https://127.0.0.1/", "is not among"),
        ("https://example.org:8443/", "port 8443"),
        ("https://example.org:22/", "port 22"),
    ] {
        let message = refusal(&registry, url).await;
        assert!(message.contains(reason), "{url}: {message}");
        assert!(!message.contains("secret"), "{url}: {message}");
    }
    assert!(resolver.asked.lock().unwrap().is_empty());
    assert!(
        refusal(&registry, &format!("https://example.org/{}", "x".repeat(3_000)))
            .await
            .contains("longer than")
    );
}

#[tokio::test]
async fn every_way_to_write_an_inner_address_is_refused() {
    let hosts = [
        "127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fd00::1]",
    ];
    let registry = registry(settings(&hosts), script(&[&["8.8.8.8"]]));
    for (url, range) in [
        ("http://127.0.0.1/", "loopback"),
        ("http://127.1/", "loopback"),
        ("http://2130706433/", "loopback"),
        ("http://017700000001/", "loopback"),
        ("http://0177.0.0.1/", "loopback"),
        ("http://0x7f000001/", "loopback"),
        ("http://0x7f.0.0.1/", "loopback"),
        ("http://127.0.0.1./", "loopback"),
        ("http://%31%32%37.0.0.1/", "loopback"),
        ("http://１２７.0.0.1/", "loopback"),
        ("http://0/", "unspecified"),
        ("http://0x0a000001/", "private"),
        ("http://169.254.169.254/latest/meta-data/", "link-local"),
        ("http://2852039166/", "link-local"),
        ("http://[::1]/", "loopback"),
        ("http://[0:0:0:0:0:0:0:1]/", "loopback"),
        ("http://[::ffff:127.0.0.1]/", "IPv4-mapped"),
        ("http://[::ffff:7f00:1]/", "IPv4-mapped"),
        ("http://[fd00::1]/", "unique local"),
    ] {
        let message = refusal(&registry, url).await;
        assert!(
            message.contains(range) && message.contains("may not be fetched from"),
            "{url}: {message}"
        );
    }
}

#[tokio::test]
async fn every_address_of_a_name_is_checked() {
    for (answer, range) in [
        (&["127.0.0.1"][..], "loopback"),
        (&["8.8.8.8", "127.0.0.1"], "loopback"),
        (&["2606:4700::1111", "fe80::1"], "link-local"),
        (&["8.8.8.8", "::ffff:10.0.0.1"], "IPv4-mapped"),
        (&["64:ff9b::a00:1"], "NAT64"),
    ] {
        for url in [
            "http://localhost/",
            "http://localhost./",
            "http://LOCALHOST/",
            "https://localhost/",
        ] {
            let registry = registry(settings(&["localhost"]), script(&[answer]));
            let message = refusal(&registry, url).await;
            assert!(message.contains(range), "{url} {answer:?}: {message}");
        }
    }
    let nowhere = registry(settings(&["nowhere.test"]), script(&[&[]]));
    assert!(
        refusal(&nowhere, "http://nowhere.test/")
            .await
            .contains("could not be found")
    );
    // The system's own resolver, not the double.
    let real = registry_of(builtin_tools(Some(settings(&["localhost"]))));
    assert!(refusal(&real, "http://localhost./").await.contains("loopback"));
}
