//! When loaders load: once their request can go no further without them.
//!
//! A loader that waits for a moment and then loads what it was asked for meanwhile reads one list in several
//! statements as soon as the machine is busy. So the task that executes a request polls its loads too, after the
//! execution and in waves: a wave begins when every resolver that could run has asked for its rows and the wave before
//! is over. How many statements a query costs then depends on its shape alone, not on time and not on the rows.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use async_graphql::futures_util::{
    Stream, StreamExt,
    future::BoxFuture,
    stream::{BoxStream, FuturesUnordered},
};

use super::meter::Meter;

type Load = BoxFuture<'static, ()>;

/// The loads of one request that have not begun, and the count of those that have. Cheap to clone.
#[derive(Clone, Default)]
pub struct Batches {
    loads: Arc<Mutex<Vec<Load>>>,
    meter: Arc<Meter>,
}

impl Batches {
    /// Adds a load to the next wave.
    pub(super) fn add(&self, load: Load) {
        self.loads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(load);
    }

    /// The execution of the request, carrying its loads along.
    pub fn carried_by<'a, T>(self, execution: impl Stream<Item = T> + Send + 'a) -> Carrying<'a, T> {
        Carrying {
            execution: execution.boxed(),
            next: self,
            wave: FuturesUnordered::new(),
        }
    }

    /// What the present answer has read.
    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    fn take(&self) -> Vec<Load> {
        std::mem::take(&mut *self.loads.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_empty(&self) -> bool {
        self.loads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }
}

/// An execution with its loads.
pub struct Carrying<'a, T> {
    execution: BoxStream<'a, T>,
    next: Batches,
    wave: FuturesUnordered<Load>,
}

impl<T> Stream for Carrying<'_, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let noting = Arc::new(Noting {
            woken: AtomicBool::new(false),
            waker: cx.waker().clone(),
        });
        let waker = Waker::from(Arc::clone(&noting));
        if let Poll::Ready(item) = self.execution.poll_next_unpin(&mut Context::from_waker(&waker)) {
            self.next.meter.reset();
            return Poll::Ready(item);
        }
        // Long lists are polled in parts, and say by waking themselves that there is more to come.
        let is_stuck = !noting.woken.load(Ordering::Acquire);
        if is_stuck && self.wave.is_empty() {
            let loads = self.next.take();
            self.wave.extend(loads);
        }
        while let Poll::Ready(Some(())) = self.wave.poll_next_unpin(cx) {}
        // What a load brings wakes the execution; if nobody waits for it any more, the next wave begins all the same.
        if self.wave.is_empty() && !self.next.is_empty() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// A waker that remembers whether it was used.
struct Noting {
    woken: AtomicBool,
    waker: Waker,
}

impl Wake for Noting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.waker.wake_by_ref();
    }
}
