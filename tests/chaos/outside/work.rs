//! What a step of a chaos task does, written in its title as `j<task>s<step><kind>`, for instance `j12s1charge`: the
//! planner carries it along, and the scripted model acts on it.

/// A kind of work. To add one: a variant, its name, and what the model does in [`Work::tools`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// The model answers at once.
    Think,
    /// The model answers slowly, in pieces.
    Ponder,
    /// A pure tool.
    Look,
    /// An idempotent tool, twice.
    Record,
    /// A tool that must not be repeated.
    Charge,
    /// One of each, the one that must not be repeated last.
    Trade,
    /// The model fails each time.
    Spoil,
    /// The tool kills its caller each time.
    Doom,
}

impl Work {
    pub const ALL: [Self; 8] = [
        Self::Think,
        Self::Ponder,
        Self::Look,
        Self::Record,
        Self::Charge,
        Self::Trade,
        Self::Spoil,
        Self::Doom,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Think => "think",
            Self::Ponder => "ponder",
            Self::Look => "look",
            Self::Record => "record",
            Self::Charge => "charge",
            Self::Trade => "trade",
            Self::Spoil => "spoil",
            Self::Doom => "doom",
        }
    }

    /// The tools the model asks for, one after the other, before it answers.
    pub fn tools(self) -> &'static [&'static str] {
        match self {
            Self::Think | Self::Ponder | Self::Spoil => &[],
            Self::Look => &["look"],
            Self::Record => &["record", "record"],
            Self::Charge => &["charge"],
            Self::Trade => &["look", "record", "charge"],
            Self::Doom => &["doom"],
        }
    }

    /// What the model says at the end.
    pub fn says(self, code: &str) -> String {
        format!("{code} is done after {} tool calls", self.tools().len())
    }

    /// Whether a step of this kind can only end badly.
    pub fn is_poison(self) -> bool {
        matches!(self, Self::Spoil | Self::Doom)
    }

    /// The code of a step.
    pub fn code(self, task: usize, step: usize) -> String {
        format!("j{task}s{step}{}", self.name())
    }
}

/// The code in a text, and its kind.
pub fn find(text: &str) -> Option<(&str, Work)> {
    text.split(|char: char| !char.is_ascii_alphanumeric())
        .find_map(|word| {
            let rest = word
                .strip_prefix('j')?
                .trim_start_matches(|char: char| char.is_ascii_digit());
            let kind = rest
                .strip_prefix('s')?
                .trim_start_matches(|char: char| char.is_ascii_digit());
            let work = Work::ALL.into_iter().find(|work| work.name() == kind)?;
            Some((word, work))
        })
}
