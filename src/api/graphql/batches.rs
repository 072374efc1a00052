//! When loaders load: once their request can go no further without them.
//!
//! A loader that waits for a moment and then loads what it was asked for meanwhile reads one list in several
//! statements as soon as the machine is busy. So the loads of a request are polled by the task that executes it, after
//! the execution: by then every resolver that could run has asked for its rows.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use async_graphql::futures_util::{
    Stream, StreamExt,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered},
};

type Load = BoxFuture<'static, ()>;

/// The loads of one request that have not begun. Cheap to clone.
#[derive(Clone, Default)]
pub struct Batches(Arc<Mutex<Vec<Load>>>);

impl Batches {
    /// Adds a load, to be begun when the execution waits.
    pub(super) fn add(&self, load: Load) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(load);
    }

    /// The execution of the request, carrying its loads along.
    pub fn carried_by<'a, T>(self, execution: impl Stream<Item = T> + Send + 'a) -> Carrying<'a, T> {
        Carrying { execution: execution.boxed(), added: self, running: FuturesUnordered::new() }
    }

    fn take(&self) -> Vec<Load> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An execution with its loads. What a load brings wakes the task again.
pub struct Carrying<'a, T> {
    execution: BoxStream<'a, T>,
    added: Batches,
    running: FuturesUnordered<Load>,
}

impl<T> Stream for Carrying<'_, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if let Poll::Ready(item) = self.execution.poll_next_unpin(cx) {
            return Poll::Ready(item);
        }
        let added = self.added.take();
        self.running.extend(added);
        while let Poll::Ready(Some(())) = self.running.poll_next_unpin(cx) {}
        Poll::Pending
    }
}
