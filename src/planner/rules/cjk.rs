//! Chinese and Japanese: no blanks between words, so ordering words are found as strings.
//!
//! To add an ordering word: a line in [`MARKS`].

use super::clauses::Clause;
use super::connectives::Link;
use super::objects::Fan;
use super::text::{is_cjk, one_line};

/// Ordering words, the longer of two that begin alike first. `None` only opens ("first, …").
const MARKS: &[(&str, Option<Link>)] = &[
    ("与此同时", Some(Link::Parallel)),
    ("同时", Some(Link::Parallel)),
    ("並行して", Some(Link::Parallel)),
    ("同時に", Some(Link::Parallel)),
    ("并行地", Some(Link::Parallel)),
    ("並行", Some(Link::Parallel)),
    ("最后", Some(Link::Join)),
    ("最後に", Some(Link::Join)),
    ("最後", Some(Link::Join)),
    ("最终", Some(Link::Join)),
    ("然后", Some(Link::Chain)),
    ("然後", Some(Link::Chain)),
    ("接着", Some(Link::Chain)),
    ("接著", Some(Link::Chain)),
    ("接下来", Some(Link::Chain)),
    ("随后", Some(Link::Chain)),
    ("之后", Some(Link::Chain)),
    ("再", Some(Link::Chain)),
    ("其次", Some(Link::Chain)),
    ("次に", Some(Link::Chain)),
    ("その後", Some(Link::Chain)),
    ("それから", Some(Link::Chain)),
    ("続いて", Some(Link::Chain)),
    ("并且", Some(Link::Chain)),
    ("首先", None),
    ("まず", None),
    ("最初に", None),
    ("请", None),
    ("請", None),
];

/// Verbs of Chinese that may follow "并" (and).
const VERBS: &[&str] = &[
    "分析", "制定", "实现", "编写", "写", "比较", "对比", "研究", "推荐", "总结", "设计", "测试", "检查",
    "部署", "翻译", "生成", "创建", "计算", "收集", "整理", "评估", "调查", "解释", "审查", "发布", "开发",
    "发送", "列出", "给出", "提供",
];

/// Verbs carried out for each object, and whether they compare.
const SPREAD: &[(&str, bool)] = &[
    ("比较", true),
    ("比較", true),
    ("对比", true),
    ("分析", false),
    ("研究", false),
    ("调查", false),
    ("评估", true),
    ("总结", false),
];

/// Whether the text is mostly written in these scripts.
pub(super) fn prevails(text: &str) -> bool {
    let letters = text.chars().take(3_000).filter(|c| c.is_alphanumeric());
    let (all, cjk) = letters.fold((0, 0), |(all, cjk), c| (all + 1, cjk + usize::from(is_cjk(c))));
    cjk * 4 > all
}

/// The clauses of a sentence.
pub(super) fn clauses(sentence: &str) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = Vec::new();
    let mut start = 0;
    let mut opens = true;
    let mut open: Option<Option<Link>> = None;
    let mut skip_to = 0;
    for (at, c) in sentence.char_indices() {
        if at < skip_to {
            continue;
        }
        let rest = &sentence[at..];
        if let Some((mark, link)) = opens
            .then(|| MARKS.iter().find(|(mark, _)| rest.starts_with(mark)))
            .flatten()
        {
            push(&mut clauses, &sentence[start..at], open);
            open = Some(link.or(open.flatten()));
            skip_to = at + mark.len();
            start = skip_to;
            continue;
        }
        let and = rest
            .strip_prefix('并')
            .is_some_and(|rest| VERBS.iter().any(|verb| rest.starts_with(verb)));
        let linked = ["然后", "然後", "接着", "接著"]
            .iter()
            .any(|mark| rest.starts_with(mark));
        // Japanese chains verbs: "…し、", "…して、".
        let te_form = c == '、'
            && [" し", "し", "して", "てから", "って", "て"]
                .iter()
                .any(|end| sentence[start..at].ends_with(end));
        let semicolon = matches!(c, '；' | ';' | '→');
        if (and || linked || te_form || semicolon) && at > start {
            push(&mut clauses, &sentence[start..at], open);
            open = Some(Some(Link::Chain));
            let mark = if linked { "然后".len() } else { c.len_utf8() };
            skip_to = at + mark;
            start = skip_to;
        }
        opens = matches!(c, '，' | ',' | '、' | '；' | ';') || (opens && c.is_whitespace());
    }
    push(&mut clauses, &sentence[start..], open);
    clauses
}

fn push(clauses: &mut Vec<Clause>, text: &str, open: Option<Option<Link>>) {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '，' | ',' | '、' | '；' | ';' | '：');
    let text = text.trim_matches(is_edge);
    if text.chars().any(char::is_alphanumeric) {
        clauses.push(Clause {
            text: one_line(text),
            link: open.flatten(),
            asks: open.is_some(),
            condition: None,
            trails_parallel: false,
        });
    }
}

/// Whether a sentence sets a rule for the work.
pub(super) fn is_rule(text: &str) -> bool {
    [
        "不要", "请勿", "避免", "注意", "使用", "确保", "保持", "必须", "禁止",
    ]
    .iter()
    .any(|word| text.starts_with(word))
        || text.ends_with("しないでください")
}

/// Spreads "比较A、B和C" over its objects.
pub(super) fn fan(text: &str) -> Option<Fan> {
    let (verb, compares) = SPREAD.iter().find(|(verb, _)| text.starts_with(verb))?;
    let list = text[verb.len()..].trim_start();
    let mut items: Vec<&str> = list.split(['、', '，', ',']).map(str::trim).collect();
    let last = items.pop()?;
    match ["以及", "和", "与", "及", "跟"]
        .iter()
        .find_map(|and| last.split_once(and))
    {
        Some((left, right)) => items.extend([left.trim(), right.trim()]),
        None => items.push(last),
    }
    items.retain(|item| !item.is_empty());
    let fits = items.len() > 2 || (*compares && items.len() == 2);
    let short = items.iter().all(|item| item.chars().count() <= 20);
    let gap = if list.starts_with(|c: char| c.is_ascii()) {
        " "
    } else {
        ""
    };
    (fits && short).then(|| Fan {
        parts: items.iter().map(|item| format!("{verb}{gap}{item}")).collect(),
        compares: *compares,
    })
}
