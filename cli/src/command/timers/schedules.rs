//! The schedules in the stack's groups, with what each will say.

use aws_sdk_scheduler::{Client, error::SdkError, operation::get_schedule::GetScheduleOutput};
use causeway::StreamId;
use causeway_aws::scheduler::parse_due;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{connection::Connection, error_hint::sdk_error};

/// So many are asked for side by side.
const AT_ONCE: usize = 8;

/// The scheduler.
pub(super) struct Schedules {
    client: Client,
    connection: Connection,
}

/// Something that is to be said later.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Waiting {
    /// The schedule's name.
    pub(super) name: String,
    /// Its group.
    pub(super) group: String,
    /// When it is due; a schedule that comes again and again has no one time.
    pub(super) due: Option<Timestamp>,
    /// The same as the scheduler has it.
    pub(super) expression: String,
    /// The message's name.
    #[serde(rename = "type")]
    pub(super) message: String,
    /// Whose timer it is.
    pub(super) stream: Option<StreamId>,
    /// The envelope.
    pub(super) says: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spoken {
    event_type: String,
    aggregate_type: String,
    aggregate_id: String,
}

impl Schedules {
    pub(super) fn of(connection: &Connection) -> Self {
        Self { client: Client::new(&connection.sdk), connection: connection.clone() }
    }

    /// What waits, the earliest first; with a prefix, only schedules whose names begin so.
    pub(super) async fn waiting(&self, prefix: Option<&str>) -> anyhow::Result<Vec<Waiting>> {
        let mut names = Vec::new();
        for group in self.groups().await? {
            let mut page = None;
            loop {
                let call = self.client.list_schedules().group_name(&group).set_next_token(page);
                let call = call.set_name_prefix(prefix.map(str::to_owned));
                let listed = call.send().await.map_err(|error| sdk_error(&self.connection, error))?;
                names.extend(listed.schedules.into_iter().filter_map(|said| Some((group.clone(), said.name?))));
                page = listed.next_token;
                if page.is_none() {
                    break;
                }
            }
        }
        let asked = stream::iter(names).map(|(group, name)| self.one(group, name)).buffered(AT_ONCE);
        let mut waiting: Vec<Waiting> = asked.try_filter_map(async |one| Ok(one)).try_collect().await?;
        waiting.sort_by(|one, other| (one.due, &one.name).cmp(&(other.due, &other.name)));
        Ok(waiting)
    }

    /// Takes it back. False when it was gone already.
    pub(super) async fn remove(&self, timer: &Waiting) -> anyhow::Result<bool> {
        let call = self.client.delete_schedule().name(&timer.name).group_name(&timer.group);
        match call.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(false),
            Err(error) => Err(sdk_error(&self.connection, error)),
        }
    }

    async fn groups(&self) -> anyhow::Result<Vec<String>> {
        let stack = &self.connection.stack;
        let mut groups = Vec::new();
        let mut page = None;
        loop {
            let call = self.client.list_schedule_groups().name_prefix(stack).set_next_token(page);
            let listed = call.send().await.map_err(|error| sdk_error(&self.connection, error))?;
            groups.extend(listed.schedule_groups.into_iter().filter_map(|group| group.name));
            page = listed.next_token;
            if page.is_none() {
                break;
            }
        }
        if groups.is_empty() {
            anyhow::bail!("no schedule group is named {stack}…: is the stack's name another one (--stack)?");
        }
        Ok(groups)
    }

    /// One schedule; none if it went meanwhile.
    async fn one(&self, group: String, name: String) -> anyhow::Result<Option<Waiting>> {
        match self.client.get_schedule().name(&name).group_name(&group).send().await {
            Ok(schedule) => Ok(Some(read(group, name, schedule))),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(None),
            Err(error) => Err(sdk_error(&self.connection, error)),
        }
    }
}

fn read(group: String, name: String, schedule: GetScheduleOutput) -> Waiting {
    let expression = schedule.schedule_expression.unwrap_or_default();
    let due = parse_due(&expression).ok();
    let input = schedule.target.and_then(|target| target.input).unwrap_or_default();
    let spoken = serde_json::from_str::<Spoken>(&input).ok();
    let stream = spoken.as_ref().map(|spoken| format!("{}/{}", spoken.aggregate_type, spoken.aggregate_id));
    let stream = stream.and_then(|stream| StreamId::parse(&stream).ok());
    let message = spoken.map(|spoken| spoken.event_type).unwrap_or_else(|| "unknown".to_owned());
    Waiting { name, group, due, expression, message, stream, says: RawValue::from_string(input).ok() }
}
