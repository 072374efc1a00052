//! What was added to a step's text, as a hint.

use entity::ids::StepId;
use serde::{Deserialize, Serialize};

use crate::feed::lane::Hint;

/// A piece of the text of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    pub step: StepId,
    /// The attempt. One with a higher number takes the place of those before it.
    pub epoch: i64,
    /// Bytes of the attempt's text before this piece.
    pub offset: usize,
    pub text: String,
}

impl Hint for Delta {
    const LANE: &'static str = "output";
}
