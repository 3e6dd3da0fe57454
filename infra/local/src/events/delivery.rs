//! One event on its way to one target, with all that a later start must know to go on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::delivery::{
    progress::Progress,
    service::{self, DeliveryMeta},
};

use super::{envelope::Accepted, target::Target};

/// A delivery with its event.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(super) event: Arc<Accepted>,
    pub(super) owed: Owed,
}

/// A delivery that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owed {
    pub(super) rule_arn: String,
    pub(super) target: Target,
    #[serde(flatten)]
    pub(super) progress: Progress,
}

impl service::Delivery for Delivery {
    fn progress(&self) -> &Progress {
        &self.owed.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.owed.progress
    }

    fn meta(&self) -> DeliveryMeta<'_> {
        let target = &self.owed.target;
        DeliveryMeta {
            id: &self.event.id,
            from: &self.owed.rule_arn,
            to: &target.arn,
            since: self.event.at,
            sent: self.event.at,
            policy: target.retry_policy.unwrap_or_default(),
            dead_letters: target.dead_letter_config.as_ref().and_then(|config| config.arn.as_deref()),
        }
    }
}
