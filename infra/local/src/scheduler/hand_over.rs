//! Invoking the target of a schedule, and the dead letter when that does not succeed.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    delivery::progress::Doom,
    events::{
        bus_name,
        envelope::seconds,
        target::{Kind, kind},
    },
    ports::{NewEvent, NewMessage, NotTaken},
};

use super::{Scheduler, state::Execution};

/// The universal target that puts events.
pub(super) const PUT_EVENTS: &str = "arn:aws:scheduler:::aws-sdk:eventbridge:putEvents";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    source: String,
    detail_type: String,
    detail: String,
    #[serde(default)]
    resources: Vec<String>,
    event_bus_name: Option<String>,
}

impl Scheduler {
    /// Invokes the target once.
    pub(super) async fn hand_to_target(&self, execution: &Execution) -> Result<(), NotTaken> {
        let arn = &execution.target.arn;
        let input = self.input(execution);
        match kind(arn) {
            Some(Kind::Function) => self.around.functions.invoke_later(arn, input).await,
            Some(Kind::Queue) => {
                self.around.queues.send(arn, NewMessage { body: input, ..NewMessage::default() }).await
            }
            Some(Kind::Bus) => {
                let said = execution.target.event_bridge_parameters.clone().unwrap_or_default();
                let resources = vec![execution.schedule_arn.clone()];
                let event = NewEvent { source: said.source, detail_type: said.detail_type, detail: input, resources };
                self.buses.put(arn, event).await
            }
            None => self.put_events(&input).await,
        }
    }

    // As the call does: an entry that is refused, or whose bus does not exist, fails nothing.
    async fn put_events(&self, input: &str) -> Result<(), NotTaken> {
        let request: PutEvents = serde_json::from_str(input).map_err(|error| NotTaken {
            code: "SerializationException".to_owned(),
            message: error.to_string(),
            passing: false,
        })?;
        for Entry { source, detail_type, detail, resources, event_bus_name } in request.entries {
            let bus = self.around.place.bus(bus_name(event_bus_name.as_deref().unwrap_or("default")));
            match self.buses.put(&bus, NewEvent { source, detail_type, detail, resources }).await {
                Err(error) if error.passing => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// What the target gets: its input with the execution's own values in it, or a plain notice.
    fn input(&self, execution: &Execution) -> String {
        let Some(input) = &execution.target.input else {
            return serde_json::json!({
                "version": "0",
                "id": execution.id,
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": self.around.place.account,
                "time": seconds(execution.planned),
                "region": self.around.place.region,
                "resources": [execution.schedule_arn],
                "detail": "{}",
            })
            .to_string();
        };
        let tries = (execution.progress.tries + 1).to_string();
        let planned = seconds(execution.planned);
        let values = [
            ("<aws.scheduler.schedule-arn>", execution.schedule_arn.as_str()),
            ("<aws.scheduler.scheduled-time>", &planned),
            ("<aws.scheduler.execution-id>", &execution.id),
            ("<aws.scheduler.attempt-number>", &tries),
        ];
        values.into_iter().fold(input.clone(), |text, (name, value)| text.replace(name, value))
    }

    /// The message for the dead-letter queue: what the target did not take, and why.
    pub(super) fn letter(&self, execution: &Execution, doom: &Doom) -> NewMessage {
        let mut attributes = BTreeMap::from([
            ("SCHEDULE_ARN".to_owned(), execution.schedule_arn.clone()),
            ("TARGET_ARN".to_owned(), execution.target.arn.clone()),
            ("EXECUTION_ID".to_owned(), execution.id.clone()),
            ("SCHEDULED_TIME".to_owned(), seconds(execution.planned)),
            ("IS_PAYLOAD_TRUNCATED".to_owned(), "false".to_owned()),
            ("RETRY_ATTEMPTS".to_owned(), execution.progress.tries.saturating_sub(1).to_string()),
            ("ERROR_CODE".to_owned(), doom.code.clone()),
            ("ERROR_MESSAGE".to_owned(), doom.message.clone()),
        ]);
        if let Some(limit) = &doom.exhausted {
            attributes.insert("EXHAUSTED_RETRY_CONDITION".to_owned(), limit.clone());
        }
        NewMessage { body: self.input(execution), attributes, ..NewMessage::default() }
    }
}
