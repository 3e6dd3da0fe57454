//! Questions about the past: what a command would have done then ([`what_if()`]), how two states differ
//! ([`differences()`]), how many events there were of a type ([`EventCount`]).
//! A past state is [`App::state_at`](crate::App::state_at), a past row [`App::row_at`](crate::App::row_at).

pub mod differences;
pub mod event_count;
pub mod past_store;
pub mod what_if;

#[cfg(test)]
mod tests;

pub use differences::{Difference, differences};
pub use event_count::EventCount;
pub use past_store::PastStore;
pub use what_if::{Hypothetical, Past, WhatIfError, what_if};
