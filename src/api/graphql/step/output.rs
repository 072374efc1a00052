//! The output of one step as it is written.

use async_graphql::{Context, ID, SimpleObject, Subscription};
use entity::ids::StepId;
use futures_util::{Stream, StreamExt};

use crate::{
    api::graphql::{context::ContextExt, error::Error, ids::decode, scalars::BigInt},
    feed::output::{OutputPiece, OutputStart},
};

/// A piece of a step's output. Whoever keeps the first `offset` code units of what they have and puts `text` after them
/// has the output as it stands: in JavaScript, `output = output.slice(0, chunk.offset) + chunk.text`. That holds for
/// every chunk: one that goes on, the first of a new attempt (`offset` is 0 again), and the last.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct OutputChunk {
    /// The step.
    step_id: ID,
    /// The attempt that wrote it, as `Attempt.epoch`; 0 if there was none. A later attempt's text takes the place of
    /// what earlier ones wrote.
    attempt: BigInt,
    /// How much of the attempt's text stands before this piece, in UTF-16 code units: what `length` counts in
    /// JavaScript, Java and C#. The text of an attempt is what its model answered, one answer after the other, an empty
    /// line between two.
    offset: i32,
    /// The piece. It may be empty where only its place tells something.
    text: String,
    /// Whether the step has ended: this is the last chunk, and with it the text is the step's `output` if the step has
    /// completed, and what it wrote until then if not.
    is_final: bool,
}

impl OutputChunk {
    fn new(step: StepId, piece: OutputPiece) -> Self {
        Self {
            step_id: ID(step.to_string()),
            attempt: BigInt(piece.attempt),
            // Texts are far shorter than an `Int` can count.
            offset: i32::try_from(piece.offset).unwrap_or(i32::MAX),
            text: piece.text,
            is_final: piece.is_final,
        }
    }
}

#[derive(Default)]
pub(in crate::api::graphql) struct OutputSubscription;

#[Subscription]
impl OutputSubscription {
    /// What a step writes, as it comes: the text so far, then the rest, until the step has ended. One that has not
    /// started is waited for. Nothing is left out for a reader that is slow; one that is far too slow is closed with
    /// code 1013, and goes on with `after` and `attempt`.
    async fn step_output(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`step_…`")] step_id: ID,
        #[graphql(
            desc = "Only what comes after so many UTF-16 code units of the latest attempt: `offset` of the last chunk \
                    received, and the length of its `text`."
        )]
        after: Option<i32>,
        #[graphql(
            desc = "The attempt that `after` counts in. If another one has begun since, its text comes from the start; \
                    where nothing is said, a reader that finds another `attempt` than it had must subscribe again \
                    without `after`."
        )]
        attempt: Option<BigInt>,
    ) -> Result<impl Stream<Item = OutputChunk> + use<>, Error> {
        let (services, caller) = (ctx.services()?, ctx.caller()?);
        let step: StepId = decode("stepId", &step_id)?;
        let start = OutputStart {
            after: usize::try_from(after.unwrap_or_default()).map_err(|_| Error::BadInput {
                field: "after",
                message: "after: expected 0 or more".to_owned(),
            })?,
            attempt: attempt.map(|attempt| attempt.0),
        };
        let pieces = services.step_output(caller, step, start).await?;
        Ok(pieces.map(move |piece| OutputChunk::new(step, piece)))
    }
}
