//! A future that may be killed: dropped at one of its awaits, or when its time is over, as a function's process is.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::future::BoxFuture;

/// How a mortal future ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion<T> {
    /// It answered.
    Finished(T),
    /// It was dropped before it could.
    Killed,
}

/// A future that is dropped at its n-th await, or at the first await at which its time is over.
pub struct Killable<T> {
    life: Option<BoxFuture<'static, T>>,
    awaits: Option<u32>,
    over: Box<dyn Fn() -> bool + Send>,
}

impl<T> Killable<T> {
    /// A future that is dropped at its `awaits`-th await, counted from 1; with none it may live.
    pub fn new(life: BoxFuture<'static, T>, awaits: Option<u32>) -> Self {
        Self { life: Some(life), awaits, over: Box::new(|| false) }
    }

    /// Drops it as well when this says so.
    #[must_use]
    pub fn until(mut self, over: impl Fn() -> bool + Send + 'static) -> Self {
        self.over = Box::new(over);
        self
    }
}

impl<T> Future for Killable<T> {
    type Output = Completion<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Completion<T>> {
        let over = (self.over)();
        let Some(life) = self.life.as_mut().filter(|_| !over) else {
            self.life = None;
            return Poll::Ready(Completion::Killed);
        };
        if let Poll::Ready(answer) = life.as_mut().poll(context) {
            self.life = None;
            return Poll::Ready(Completion::Finished(answer));
        }
        if let Some(awaits) = &mut self.awaits {
            *awaits = awaits.saturating_sub(1);
            if *awaits == 0 {
                self.life = None;
                return Poll::Ready(Completion::Killed);
            }
        }
        Poll::Pending
    }
}
