//! The course of a fulfilment so far: its steps, and where its order stands.

use std::collections::BTreeSet;

use causeway::saga::process::{Progress, Steps};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{FulfilmentCompensating, FulfilmentLine, ReservationsReturned, ReturnedBecause};
use crate::ids::Sku;

/// What was asked for, done and undone, and where the order stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Course {
    /// One step per line: its reservation.
    pub steps: Steps<FulfilmentLine>,
    /// The lines whose reservation was heard of, in time or late.
    pub reserved: BTreeSet<Sku>,
    /// Where the order stands.
    pub order: OrderStands,
    /// The deadline that is running, or ran last.
    #[schemars(with = "String")]
    pub deadline: Timestamp,
}

/// Where the order stands, as far as was heard. Cancelled is final, whatever is heard after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OrderStands {
    /// It is placed.
    #[default]
    Placed,
    /// It is confirmed.
    Confirmed,
    /// It is cancelled.
    Cancelled,
}

impl Course {
    /// Every line is asked for.
    pub(super) fn begin(lines: &[FulfilmentLine], deadline: Timestamp) -> Self {
        let mut course = Self { deadline, ..Self::default() };
        for line in lines {
            course.steps.ask(line.clone());
        }
        course
    }

    /// The line of this sku, and where its reservation stands.
    pub fn line(&self, sku: &Sku) -> Option<(&FulfilmentLine, Progress)> {
        self.steps.iter().find(|(line, _)| line.sku == *sku)
    }

    /// What was asked or done and not undone, the last first; without the line that was refused.
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
        if returned.because == ReturnedBecause::OrderCancelled {
            self.order_cancelled();
        }
    }

    pub(super) fn line_released(&mut self, sku: &Sku) {
        self.go(sku, |steps, line| steps.undone(line));
    }

    pub(super) fn order_confirmed(&mut self) {
        if self.order == OrderStands::Placed {
            self.order = OrderStands::Confirmed;
        }
    }

    pub(super) fn order_cancelled(&mut self) {
        self.order = OrderStands::Cancelled;
    }

    fn go(&mut self, sku: &Sku, step: impl FnOnce(&mut Steps<FulfilmentLine>, &FulfilmentLine) -> bool) {
        if let Some(line) = self.line(sku).map(|(line, _)| line.clone()) {
            step(&mut self.steps, &line);
        }
    }
}
