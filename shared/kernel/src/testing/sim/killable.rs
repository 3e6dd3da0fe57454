//! [`Killable`]: a future that is dropped at one of its awaits or after a timeout, as a killed function is.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use jiff::SignedDuration;

use super::schedule::Schedule;
use crate::time::Clock;

/// How a killable future ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion<T> {
    /// It returned.
    Finished(T),
    /// It was dropped before that.
    Killed,
}

/// A future that is dropped at its n-th await, or at the first await after its timeout.
pub struct Killable<T> {
    future: Option<BoxFuture<'static, T>>,
    awaits: Option<u32>,
    over: Box<dyn Fn() -> bool + Send>,
}

impl<T> Killable<T> {
    /// A future that is dropped at its `awaits`-th await, counted from 1; `None` runs it to its end.
    pub fn new(future: BoxFuture<'static, T>, awaits: Option<u32>) -> Self {
        Self { future: Some(future), awaits, over: Box::new(|| false) }
    }

    /// Also drops it when it takes longer than this.
    #[must_use]
    pub fn within(mut self, timeout: SignedDuration, schedule: &Schedule) -> Self {
        let (schedule, last) = (schedule.clone(), schedule.now() + timeout);
        self.over = Box::new(move || schedule.now() > last);
        self
    }
}

impl<T> Future for Killable<T> {
    type Output = Completion<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Completion<T>> {
        let over = (self.over)();
        let Some(future) = self.future.as_mut().filter(|_| !over) else {
            self.future = None;
            return Poll::Ready(Completion::Killed);
        };
        if let Poll::Ready(answer) = future.as_mut().poll(context) {
            self.future = None;
            return Poll::Ready(Completion::Finished(answer));
        }
        if let Some(awaits) = &mut self.awaits {
            *awaits = awaits.saturating_sub(1);
            if *awaits == 0 {
                self.future = None;
                return Poll::Ready(Completion::Killed);
            }
        }
        Poll::Pending
    }
}
