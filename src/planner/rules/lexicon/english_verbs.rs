//! English verbs that ask for work.

/// Base forms.
pub(super) const VERBS: &str = "
    add address adjust agree align analyse analyze annotate announce answer apply approve archive
    arrange ask assemble assess assign attach audit author automate balance benchmark bisect book
    brainstorm break brief build bundle buy calculate call cancel capture catalog catalogue categorise
    categorize change chart check choose cite clarify classify clean clear close code collect combine
    comment commit compare compile complete compose compress compute conclude conduct configure
    confirm connect consolidate construct consult contact contrast convert copy correct count cover
    craft create critique cut debug decide define delete deliver demonstrate deploy derive describe
    design detail detect determine develop diagnose discuss display distribute divide do document
    double-check download draft draw edit elaborate email enable encrypt enumerate enrich estimate
    evaluate examine execute expand experiment explain explore export extend extract fetch figure file
    fill filter finalise finalize find finish fix flag follow forecast format formulate gather
    generate get give grade group guess handle highlight host hire identify illustrate implement
    import improve index inform inspect install integrate interview introduce investigate invite
    iterate join judge label launch lay learn link list load localise localize locate log look make
    map mark measure merge migrate mock model modify monitor move multiply name negotiate normalize
    notify observe obtain open optimise optimize order organise organize outline paraphrase parse
    patch pay perform pick pitch plan plot polish post predict prepare present price print prioritise
    prioritize process produce profile program proofread propose prototype prove provide publish pull
    purchase push put quantify query rank rate read rebuild recommend record redesign reduce refactor
    refine register release remember remind remove rename reorganize repair repeat replace reply
    report reproduce request research reserve resolve respond restart retrieve return review revise
    rewrite roll rotate run sample save scan schedule score scrape search segment select sell send
    separate set share ship show sign simplify simulate sketch solve sort specify split start state
    store structure study submit subtract suggest sum summarise summarize survey synthesise synthesize
    tag take teach tell test think track train transcribe transfer transform translate triage
    troubleshoot try tune turn understand update upgrade upload validate verify visit visualise
    visualize weigh wire work wrap write
";

/// Those of them that are nouns as well.
pub(super) const DOUBTFUL: &str = "
    address answer archive audit author balance benchmark book break brief bundle call capture catalog
    catalogue change chart check code comment contact copy count cover craft cut deploy design detail
    display document download draft email estimate experiment export figure file filter fix flag
    forecast format grade group guess handle hire host import index interview judge label launch link
    list load log look map mark measure mock model monitor move name order outline patch pitch plan
    plot post present price process produce profile program prototype pull purchase push query rank
    rate record release repair reply report request research return review run sample scan schedule
    score search set share ship show sign sketch sort split start state store structure study sum
    survey tag test track train transfer try turn update upgrade upload visit wire work wrap
";

/// The base of an irregular form.
pub(super) fn irregular(form: &str) -> Option<&'static str> {
    Some(match form {
        "written" => "write",
        "wrote" => "write",
        "built" => "build",
        "run" => "run",
        "found" => "find",
        "drawn" => "draw",
        "chosen" => "choose",
        "made" => "make",
        "sent" => "send",
        "read" => "read",
        "set" => "set",
        "taken" => "take",
        "given" => "give",
        "understood" => "understand",
        "bought" => "buy",
        "sold" => "sell",
        "paid" => "pay",
        "put" => "put",
        "cut" => "cut",
        "split" => "split",
        "rewritten" => "rewrite",
        "rebuilt" => "rebuild",
        "shown" => "show",
        "proven" => "prove",
        "held" => "host",
        "got" => "get",
        _ => return None,
    })
}
