//! Spanish.

use super::Lexicon;

pub(super) static LEXICON: Lexicon = Lexicon {
    english: false,
    nouns_are_capitalised: false,
    telling: "
        el la los las un una y es son para con del al por luego después finalmente en que este esta se su
        favor primero nuestro nuestra cuál entonces más lo
    ",
    verbs: "
        analiz analic examin estudi verific verifiqu evalú evalu cre constru construy implement program
        desarroll diseñ escrib redact compar investig investigu busc busqu encuentr encontr recopil
        recomiend recomend resum describ explic expliqu calcul planific planifiqu traduc traduzc public
        publiqu document prueb prob le lee envi enví optimiz optimic mejor defin identific identifiqu
        configur instal migr valid clasific clasifiqu enumer muestr mostr prepar present propon propong
        elig elij corrig corrij elimin añad agreg agregu elabor revis seleccion organiz organic estim
        gener desplieg despliegu despleg abr descarg list
    ",
    endings: &[
        "a", "e", "ar", "er", "ir", "ad", "ed", "id", "an", "en", "emos", "amos", "as", "es", "r", "",
    ],
    doubtful: "
        prueba prueban lista mejor mejora mejores obra calle document compras
    ",
    articles: &[
        "el", "la", "los", "las", "un", "una", "unos", "unas", "este", "esta", "estos", "estas", "mi", "mis",
        "su", "sus", "nuestro", "nuestra", "cada", "todo", "todos", "todas", "lo", "dos", "tres", "al",
    ],
    and: &["y", "e"],
    first: &[
        "primero",
        "en primer lugar",
        "para empezar",
        "primeramente",
        "al principio",
        "empieza por",
        "comienza por",
    ],
    then: &[
        "luego",
        "después",
        "a continuación",
        "entonces",
        "después de eso",
        "posteriormente",
        "seguidamente",
        "en segundo lugar",
        "segundo",
        "tercero",
        "más tarde",
        "tras eso",
        "una vez hecho esto",
    ],
    finally: &[
        "finalmente",
        "por último",
        "al final",
        "por fin",
        "para terminar",
        "para concluir",
        "en último lugar",
    ],
    parallel: &[
        "en paralelo",
        "paralelamente",
        "al mismo tiempo",
        "simultáneamente",
        "mientras tanto",
        "a la vez",
    ],
    before_that: &["antes de eso", "previamente"],
    after: &["después de", "tras", "una vez que", "cuando", "luego de"],
    before: &["antes de", "antes de que"],
    conditional: &["si"],
    polite: &[
        "por favor",
        "puedes",
        "podrías",
        "puede",
        "podría",
        "quiero que",
        "necesito que",
        "hay que",
        "debes",
        "debemos",
        "tienes que",
        "tenemos que",
        "ayúdame a",
        "también",
        "ahora",
    ],
    greetings: &[
        "hola", "gracias", "estimado", "estimada", "buenos", "buenas", "saludos", "muchas",
    ],
    questions: &[
        "qué", "quién", "quiénes", "dónde", "cómo", "cuál", "cuáles", "cuándo", "cuánto", "cuántos", "cuánta",
    ],
    constraints: &[
        "evita",
        "evite",
        "no",
        "asegúrate",
        "asegúrese",
        "usa",
        "use",
        "utiliza",
        "utilice",
        "mantén",
        "mantenga",
        "sé",
        "sea",
        "limita",
        "responde",
        "responda",
        "como máximo",
        "solo",
        "sólo",
        "menciona",
        "incluye",
        "incluya",
        "ten en cuenta",
        "tenga en cuenta",
        "respeta",
        "recuerda que",
        "considera",
    ],
    subjects: &[
        "el", "la", "los", "las", "un", "una", "este", "esta", "esto", "estos", "estas", "ese", "eso",
        "nosotros", "yo", "ellos", "ella", "él", "nuestro", "nuestra", "mi", "mis", "su", "sus", "cada",
        "todos", "todas", "hay",
    ],
    finite: &[
        "es", "son", "está", "están", "era", "tiene", "tienen", "debe", "deben", "puede", "pueden", "será",
        "serán", "ha", "han", "necesita", "vive",
    ],
    labels: &[
        "plazo",
        "presupuesto",
        "público",
        "tono",
        "idioma",
        "formato",
        "longitud",
        "estilo",
        "nota",
        "contexto",
        "restricción",
        "restricciones",
        "cliente",
        "importante",
        "objetivo",
    ],
    relative: &["que", "quien", "donde", "cómo", "porque", "cual", "si"],
    prepositions: &[
        "para", "en", "de", "del", "sobre", "a", "al", "con", "por", "sin", "bajo", "entre", "según",
        "contra", "desde", "hacia", "como",
    ],
    spread: &[
        "compar", "evalú", "evalu", "examin", "analiz", "analic", "estudi", "investig", "describ", "verific",
    ],
    compare: &["compar", "evalú", "evalu"],
    transform: &["traduc", "resum", "corrig", "reescrib"],
    in_order: &[
        "en orden",
        "en este orden",
        "paso a paso",
        "pasos",
        "uno tras otro",
    ],
};
