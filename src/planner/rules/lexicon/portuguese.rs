//! Portuguese.

use super::Lexicon;

pub(super) static LEXICON: Lexicon = Lexicon {
    english: false,
    nouns_are_capitalised: false,
    telling: "
        o os as um uma é são para com do da dos das em no na depois então finalmente que este esta não
        favor primeiro seguida qual nosso nossa ao à por e
    ",
    verbs: "
        analis examin estud verifiqu verific avali cri constru implement program desenvolv projet desenh
        escrev redij redig compar pesquis busqu busc procur encontr colet reún recomend resum descrev
        expliqu explic calcul planej traduz publiqu public document test lei le envi otimiz melhor defin
        identifiqu identific configur instal migr valid classifiqu classific list mostr prepar apresent
        propon escolh corrij corrig elimin adicion elabor revis revej selecion organiz estim ger implant
        abr baix
    ",
    endings: &[
        "a", "e", "ar", "er", "ir", "em", "am", "emos", "amos", "i", "r", "ia", "",
    ],
    doubtful: "
        teste testes lista compra melhor pesquisa estudo gera
    ",
    articles: &[
        "o", "a", "os", "as", "um", "uma", "uns", "umas", "este", "esta", "estes", "estas", "meu", "minha",
        "seu", "sua", "nosso", "nossa", "cada", "todo", "todos", "todas", "tudo", "dois", "três",
    ],
    and: &["e"],
    first: &[
        "primeiro",
        "em primeiro lugar",
        "primeiramente",
        "para começar",
        "inicialmente",
        "comece por",
        "antes de tudo",
    ],
    then: &[
        "depois",
        "em seguida",
        "então",
        "depois disso",
        "a seguir",
        "posteriormente",
        "em segundo lugar",
        "segundo",
        "mais tarde",
        "logo após",
        "feito isso",
    ],
    finally: &[
        "finalmente",
        "por fim",
        "por último",
        "no final",
        "no fim",
        "para terminar",
        "para concluir",
        "ao final",
    ],
    parallel: &[
        "em paralelo",
        "paralelamente",
        "ao mesmo tempo",
        "simultaneamente",
        "enquanto isso",
    ],
    before_that: &["antes disso", "previamente"],
    after: &["depois de", "após", "assim que", "quando", "uma vez que"],
    before: &["antes de", "antes que"],
    conditional: &["se"],
    polite: &[
        "por favor",
        "você pode",
        "você poderia",
        "pode",
        "poderia",
        "quero que você",
        "preciso que você",
        "é preciso",
        "deve",
        "devemos",
        "temos que",
        "ajude-me a",
        "também",
        "agora",
    ],
    greetings: &[
        "olá",
        "oi",
        "obrigado",
        "obrigada",
        "caro",
        "cara",
        "bom",
        "boa",
        "prezado",
        "saudações",
    ],
    questions: &[
        "quem", "onde", "como", "qual", "quais", "quando", "quanto", "quantos", "quanta", "o que", "por que",
    ],
    constraints: &[
        "evite",
        "não",
        "certifique-se",
        "use",
        "utilize",
        "mantenha",
        "seja",
        "limite",
        "responda",
        "no máximo",
        "apenas",
        "somente",
        "mencione",
        "inclua",
        "leve em conta",
        "respeite",
        "considere",
    ],
    subjects: &[
        "o", "a", "os", "as", "um", "uma", "este", "esta", "isto", "isso", "esse", "essa", "nós", "eu",
        "eles", "ele", "ela", "nosso", "nossa", "meu", "minha", "seu", "sua", "cada", "todos", "todas", "há",
    ],
    finite: &[
        "é", "são", "está", "estão", "era", "tem", "têm", "deve", "devem", "pode", "podem", "será", "serão",
        "precisa", "fica",
    ],
    labels: &[
        "prazo",
        "orçamento",
        "público",
        "tom",
        "idioma",
        "formato",
        "tamanho",
        "estilo",
        "nota",
        "contexto",
        "restrição",
        "restrições",
        "cliente",
        "importante",
        "objetivo",
    ],
    relative: &["que", "quem", "onde", "como", "porque", "qual", "se"],
    prepositions: &[
        "para", "em", "no", "na", "de", "do", "da", "dos", "das", "sobre", "ao", "com", "por", "sem", "sob",
        "entre", "segundo", "contra", "desde", "como",
    ],
    spread: &[
        "compar", "avali", "examin", "analis", "estud", "pesquis", "descrev", "verifiqu", "verific",
    ],
    compare: &["compar", "avali"],
    transform: &["traduz", "resum", "corrij", "corrig", "reescrev"],
    in_order: &[
        "em ordem",
        "nesta ordem",
        "passo a passo",
        "passos",
        "etapas",
        "um após o outro",
    ],
};
