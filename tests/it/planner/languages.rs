use super::check;

#[test]
fn european_languages_are_read_by_their_own_words() {
    check(&[
        (
            "Analysiere die Anforderungen und erstelle einen Plan. Danach implementiere die API.",
            &[
                ("Analysiere die Anforderungen", "analyst", &[]),
                ("Erstelle einen Plan", "architect", &[1]),
                ("Implementiere die API", "engineer", &[2]),
            ],
        ),
        (
            "Das Team sitzt in Hamburg. Vergleiche Postgres, MySQL und SQLite. Zum Schluss empfiehl eine Datenbank. Halte es kurz.",
            &[
                ("Postgres", "analyst", &[]),
                ("MySQL", "analyst", &[]),
                ("SQLite", "analyst", &[]),
                ("Empfiehl eine Datenbank", "analyst", &[1, 2, 3]),
            ],
        ),
        (
            "Finde drei Hotels in Rom und vergleiche die Preise. Gleichzeitig suche Flüge. Abschließend schreibe eine Zusammenfassung.",
            &[
                ("Finde drei Hotels", "researcher", &[]),
                ("Vergleiche die Preise", "analyst", &[1]),
                ("Suche Flüge", "researcher", &[1]),
                ("Schreibe eine Zusammenfassung", "writer", &[2, 3]),
            ],
        ),
        (
            "Prüfe die Zahlen am 3. Mai, d.h. vor dem Termin.",
            &[("Prüfe die Zahlen am 3. Mai, d.h. vor dem Termin", "reviewer", &[])],
        ),
        (
            "Analyse les besoins et crée un plan. Ensuite, implémente l'API. Enfin, rédige un rapport.",
            &[
                ("Analyse les besoins", "analyst", &[]),
                ("Crée un plan", "architect", &[1]),
                ("Implémente l'API", "engineer", &[2]),
                ("Rédige un rapport", "writer", &[3]),
            ],
        ),
        (
            "Avant de publier, vérifie les liens.",
            &[("Vérifie les liens", "reviewer", &[]), ("Publier", "_", &[1])],
        ),
        (
            "Analiza los requisitos y crea un plan. Luego implementa la API. Por último, escribe un informe.",
            &[
                ("Analiza los requisitos", "analyst", &[]),
                ("Crea un plan", "architect", &[1]),
                ("Implementa la API", "engineer", &[2]),
                ("Escribe un informe", "writer", &[3]),
            ],
        ),
        (
            "Analizza i requisiti e crea un piano. Poi implementa le API. Infine scrivi un rapporto.",
            &[
                ("Analizza i requisiti", "analyst", &[]),
                ("Crea un piano", "architect", &[1]),
                ("Implementa le API", "engineer", &[2]),
                ("Scrivi un rapporto", "writer", &[3]),
            ],
        ),
        (
            "Analise os requisitos e crie um plano. Depois implemente a API. Por fim, escreva um relatório.",
            &[
                ("Analise os requisitos", "analyst", &[]),
                ("Crie um plano", "architect", &[1]),
                ("Implemente a API", "engineer", &[2]),
                ("Escreva um relatório", "writer", &[3]),
            ],
        ),
    ]);
}

#[test]
fn chinese_and_japanese_are_read_without_blanks() {
    check(&[
        (
            "分析需求并制定计划。然后实现核心API。最后写一份报告。",
            &[
                ("分析需求", "analyst", &[]),
                ("制定计划", "architect", &[1]),
                ("实现核心API", "engineer", &[2]),
                ("写一份报告", "writer", &[3]),
            ],
        ),
        (
            "比较Postgres、MySQL和SQLite，然后推荐一个",
            &[
                ("Postgres", "analyst", &[]),
                ("MySQL", "analyst", &[]),
                ("SQLite", "analyst", &[]),
                ("推荐一个", "analyst", &[1, 2, 3]),
            ],
        ),
        (
            "调查市场；同时，分析竞争对手。最后，总结结果。",
            &[
                ("调查市场", "researcher", &[]),
                ("分析竞争对手", "analyst", &[]),
                ("总结结果", "writer", &[1, 2]),
            ],
        ),
        (
            "要件を分析し、計画を立ててください。その後、APIを実装してください。最後にレポートを書いてください。",
            &[
                ("要件を分析し", "analyst", &[]),
                ("計画を立ててください", "architect", &[1]),
                ("APIを実装してください", "engineer", &[2]),
                ("レポートを書いてください", "writer", &[3]),
            ],
        ),
    ]);
}

#[test]
fn other_languages_are_cut_into_sentences() {
    check(&[
        (
            "Проанализируй требования. Составь план. Реализуй API.",
            &[
                ("Проанализируй требования", "_", &[]),
                ("Составь план", "_", &[1]),
                ("Реализуй API", "_", &[2]),
            ],
        ),
        (
            "حلل المتطلبات. ابن خطة؟ نفذ الواجهة.",
            &[
                ("حلل المتطلبات", "_", &[]),
                ("ابن خطة", "_", &[1]),
                ("نفذ الواجهة", "_", &[2]),
            ],
        ),
        (
            "요구사항을 분석해줘. 계획을 세워줘.",
            &[("요구사항을 분석해줘", "_", &[]), ("계획을 세워줘", "_", &[1])],
        ),
        ("🚀", &[("🚀", "_", &[])]),
        (
            "🚀 Build the rocket 👩‍🚀! Then 🎉 launch it",
            &[("🚀 Build the rocket", "engineer", &[]), ("Launch it", "_", &[1])],
        ),
    ]);
}
