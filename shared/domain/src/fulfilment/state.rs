//! The state of a fulfilment and how each event changes it.

use std::collections::BTreeSet;

use causeway::saga::process::{Progress, Status, Steps};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    EarlyMessage, FulfilmentCompensating, FulfilmentEvent, FulfilmentLine, ReservationsReturned, ReturnReason,
};
use crate::ids::Sku;

/// The state of a fulfilment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FulfilmentState {
    /// `OrderPlaced` has not arrived; these messages arrived before it.
    NotStarted(Vec<EarlyMessage>),
    /// Lines are being reserved.
    Reserving(FulfilmentData),
    /// The order is being confirmed.
    Confirming(FulfilmentData),
    /// Lines are being released, for this reason.
    Releasing(FulfilmentData, String),
    /// The order is being cancelled, for this reason.
    Cancelling(FulfilmentData, String),
    /// All lines are reserved and the order is confirmed. An end.
    Completed(FulfilmentData),
    /// Everything is undone and the order is cancelled. An end.
    Compensated(FulfilmentData),
    /// Compensation took too long; an operator must look. An end.
    NeedsOperator(FulfilmentData),
}

impl Default for FulfilmentState {
    fn default() -> Self {
        Self::NotStarted(Vec::new())
    }
}

/// What a running fulfilment knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FulfilmentData {
    /// One step per line: its reservation.
    pub steps: Steps<FulfilmentLine>,
    /// The lines whose `StockReserved` has arrived, in time or late.
    pub reserved: BTreeSet<Sku>,
    /// The status of the order.
    pub order: OrderProgress,
    /// The current deadline, or the last one.
    #[schemars(with = "String")]
    pub deadline: Timestamp,
}

/// The status of the order according to the messages so far. Cancelled is final, whatever arrives after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OrderProgress {
    /// The order is placed.
    #[default]
    Placed,
    /// The order is confirmed.
    Confirmed,
    /// The order is cancelled.
    Cancelled,
}

impl FulfilmentData {
    /// Starts with a reservation requested for every line.
    pub(super) fn begin(lines: &[FulfilmentLine], deadline: Timestamp) -> Self {
        let mut data = Self { deadline, ..Self::default() };
        for line in lines {
            data.steps.ask(line.clone());
        }
        data
    }

    /// The line of this sku, with the progress of its reservation.
    pub fn line(&self, sku: &Sku) -> Option<(&FulfilmentLine, Progress)> {
        self.steps.iter().find(|(line, _)| line.sku == *sku)
    }

    /// The lines to release, the last one first: those requested or reserved, without the one that could not be reserved.
    pub(super) fn to_release(&self, refused: Option<&Sku>) -> Vec<Sku> {
        let left = self.steps.to_undo().into_iter().filter(|line| Some(&line.sku) != refused);
        left.map(|line| line.sku.clone()).collect()
    }

    pub(super) fn line_reserved(&mut self, line: &FulfilmentLine) {
        self.steps.done(line);
        self.reserved.insert(line.sku.clone());
    }

    pub(super) fn compensate(&mut self, compensating: &FulfilmentCompensating) {
        if let Some(refused) = &compensating.refused {
            self.go(refused, |steps, line| steps.refused(line));
        }
        for sku in &compensating.release {
            self.go(sku, |steps, line| steps.undo_asked(line));
        }
        if compensating.order_cancelled {
            self.order_cancelled();
        }
        self.deadline = compensating.deadline;
    }

    pub(super) fn returned(&mut self, returned: &ReservationsReturned) {
        for sku in &returned.skus {
            self.go(sku, |steps, line| steps.undo_asked(line));
            self.reserved.insert(sku.clone());
        }
        if returned.because == ReturnReason::OrderCancelled {
            self.order_cancelled();
        }
    }

    pub(super) fn line_released(&mut self, sku: &Sku) {
        self.go(sku, |steps, line| steps.undone(line));
    }

    pub(super) fn order_confirmed(&mut self) {
        if self.order == OrderProgress::Placed {
            self.order = OrderProgress::Confirmed;
        }
    }

    pub(super) fn order_cancelled(&mut self) {
        self.order = OrderProgress::Cancelled;
    }

    fn go(&mut self, sku: &Sku, step: impl FnOnce(&mut Steps<FulfilmentLine>, &FulfilmentLine) -> bool) {
        if let Some(line) = self.line(sku).map(|(line, _)| line.clone()) {
            step(&mut self.steps, &line);
        }
    }
}

impl FulfilmentState {
    /// The state after the event.
    pub(super) fn apply(self, event: &FulfilmentEvent) -> Self {
        use FulfilmentState as Is;
        match event {
            FulfilmentEvent::FulfilmentStarted(started) => {
                Is::Reserving(FulfilmentData::begin(&started.lines, started.deadline))
            }
            FulfilmentEvent::FulfilmentFactNoted(noted) => self.keep(&noted.fact),
            FulfilmentEvent::FulfilmentLineReserved(reserved) => self.with(|data| data.line_reserved(&reserved.line)),
            FulfilmentEvent::FulfilmentReserved(_) => Is::Confirming(self.data()),
            FulfilmentEvent::FulfilmentCompleted(_) => Is::Completed(self.with(FulfilmentData::order_confirmed).data()),
            FulfilmentEvent::FulfilmentCompensating(compensating) => {
                let state = self.with(|data| data.compensate(compensating));
                Is::Releasing(state.data(), compensating.reason.clone())
            }
            FulfilmentEvent::FulfilmentLineReleased(released) => self.with(|data| data.line_released(&released.sku)),
            FulfilmentEvent::FulfilmentReleased(released) => Is::Cancelling(self.data(), released.reason.clone()),
            FulfilmentEvent::FulfilmentCompensated(_) => {
                let mut data = self.data();
                data.order_cancelled();
                Is::Compensated(data)
            }
            FulfilmentEvent::FulfilmentNeedsOperator(_) => Is::NeedsOperator(self.data()),
            FulfilmentEvent::ReservationsReturned(returned) => self.with(|data| data.returned(returned)),
        }
    }

    /// The status of the process.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::NotStarted(_) => Status::NotStarted,
            Self::Reserving(_) | Self::Confirming(_) => Status::Running,
            Self::Releasing(_, _) | Self::Cancelling(_, _) => Status::Compensating,
            Self::Completed(_) => Status::Completed,
            Self::Compensated(_) => Status::Compensated,
            Self::NeedsOperator(_) => Status::NeedsOperator,
        }
    }

    fn data(self) -> FulfilmentData {
        match self {
            Self::NotStarted(_) => FulfilmentData::default(),
            Self::Reserving(data)
            | Self::Confirming(data)
            | Self::Releasing(data, _)
            | Self::Cancelling(data, _)
            | Self::Completed(data)
            | Self::Compensated(data)
            | Self::NeedsOperator(data) => data,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut FulfilmentData)) -> Self {
        match &mut self {
            Self::NotStarted(_) => {}
            Self::Reserving(data)
            | Self::Confirming(data)
            | Self::Releasing(data, _)
            | Self::Cancelling(data, _)
            | Self::Completed(data)
            | Self::Compensated(data)
            | Self::NeedsOperator(data) => change(data),
        }
        self
    }

    fn keep(mut self, message: &EarlyMessage) -> Self {
        if let Self::NotStarted(early) = &mut self {
            early.push(message.clone());
            return self;
        }
        self.with(|data| match message {
            EarlyMessage::OrderConfirmed => data.order_confirmed(),
            EarlyMessage::OrderCancelled { .. } => data.order_cancelled(),
            EarlyMessage::StockReserved { .. } | EarlyMessage::StockReservationFailed { .. } => {}
        })
    }
}
