//! The arrows of the house, read from its `use` lines: who may use whom, and who may speak with which library.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each module, and the modules it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("store", &["domain"]),
    ("feed", &["store", "domain"]),
    ("limits", &["domain"]),
    ("llm", &["domain"]),
    ("memory", &["store", "llm", "domain"]),
    ("tools", &["domain"]),
    ("agents", &["tools", "llm", "domain"]),
    ("planner", &["agents", "llm", "domain"]),
    (
        "engine",
        &[
            "planner", "agents", "tools", "memory", "llm", "store", "feed", "domain",
        ],
    ),
    (
        "services",
        &[
            "store", "feed", "limits", "memory", "llm", "agents", "tools", "domain",
        ],
    ),
    ("api", &["services", "store", "feed", "domain"]),
    ("eval", &["services", "store", "feed", "domain"]),
    ("config", &[]),
    ("telemetry", &[]),
];

/// Libraries that only some places may name.
const CONFINED: &[(&str, &[&str])] = &[
    ("sea_orm", &["src/store/"]),
    ("sea_orm_migration", &["src/store/migrate.rs"]),
    // The configuration has a section of that name.
    (
        "redis",
        &[
            "src/feed/redis.rs",
            "src/limits/redis.rs",
            "src/config/environment.rs",
        ],
    ),
    ("faiss", &["src/memory/index/"]),
    ("faiss_sys", &["src/memory/index/"]),
    ("async_graphql", &["src/api/"]),
    ("async_graphql_axum", &["src/api/http/"]),
    ("axum", &["src/api/http/"]),
    (
        "reqwest",
        &[
            "src/llm/http/",
            "src/llm/openai/",
            "src/llm/anthropic/",
            "src/tools/builtin/web_fetch/",
            "src/tools/http/",
            "src/tools/mcp/http.rs",
        ],
    ),
    ("rmcp", &["src/tools/mcp/"]),
    ("process_wrap", &["src/tools/mcp/process.rs"]),
    ("figment", &["src/config/"]),
    ("governor", &["src/limits/local.rs"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let code = without_comments(&fs::read_to_string(&path).unwrap());
                found.push((path, code));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    found
        .into_iter()
        .map(|(path, code)| (path.strip_prefix(root).unwrap().to_owned(), code))
        .collect()
}

fn without_comments(code: &str) -> String {
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn module_of(path: &Path) -> String {
    let name = path.components().nth(1).unwrap().as_os_str().to_str().unwrap();
    name.trim_end_matches(".rs").to_owned()
}

/// The modules of this crate that a file names: in `use crate::…` lists and in paths.
fn modules_used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|char| char.is_alphanumeric() || char == '_' || char == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => used.extend(heads(list)),
            None => used.extend([word(rest)]),
        }
    }
    used.remove("");
    used
}

/// The first words of the entries of a `{…}` list.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut heads, mut entry) = (0, Vec::new(), String::new());
    for char in list.chars() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(word(&std::mem::take(&mut entry))),
            _ => {}
        }
        if depth == 0 && char != ',' {
            entry.push(char);
        }
    }
    heads.push(word(&entry));
    heads
}

fn word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|char| char.is_alphanumeric() || *char == '_')
        .collect()
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let module = module_of(&path);
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            continue;
        };
        for used in modules_used(&code) {
            if used != module && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that do not exist:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_module_has_its_arrows() {
    let above = ["app", "commands", "lib", "main"];
    let known: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).chain(above).collect();
    let unknown: BTreeSet<String> = sources()
        .iter()
        .map(|(path, _)| module_of(path))
        .filter(|module| !known.contains(&module.as_str()))
        .collect();
    assert!(unknown.is_empty(), "modules without arrows: {unknown:?}");
}

#[test]
fn libraries_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        for (library, places) in CONFINED {
            let named = [
                format!("use {library}::"),
                format!(" {library}::"),
                format!("({library}::"),
            ];
            let is_named = named.iter().any(|form| code.contains(form.as_str()));
            // A module of ours may have a library's name.
            let is_ours = code.contains(&format!("mod {library};"));
            if is_named
                && !is_ours
                && !places
                    .iter()
                    .any(|place| path.to_str().unwrap().starts_with(place))
            {
                wrong.push(format!("{} names {library}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "libraries out of place:\n{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_use_lines_reads_them() {
    let code = "use crate::{\n    domain::{a, b},\n    store::Store,\n};\nfn f() { crate::feed::x(); my_crate::no(); }";
    let expected = ["domain", "feed", "store"].map(str::to_owned);
    assert_eq!(modules_used(code), BTreeSet::from(expected));
}
