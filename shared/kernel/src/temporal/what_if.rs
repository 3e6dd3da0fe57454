//! [`what_if`]: runs the handler of a command on a past state. It writes nothing: the handler gets ports in memory, on top
//! of a log that can only be read, so neither the bus nor a timer nor an outside system can be reached.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    App,
    failure::{Failure, Handled, causes},
    log::{Commit, EventStore, Moment, ReadError},
    memory::Memory,
    message::{CommandRejected, Delivery, Kind, Message as _, StreamId},
    ports::Ports,
    routing::{Right, Route},
    temporal::past_store::PastStore,
};

/// A moment of the past, with the log that it is read from.
#[derive(Clone)]
pub struct Past {
    /// The log. It is only read.
    pub log: Arc<dyn EventStore>,
    /// The stream that the command is about.
    pub stream: StreamId,
    /// The moment.
    pub at: Moment,
    /// The current time.
    pub now: Timestamp,
}

/// What a command would have done.
#[derive(Debug)]
pub struct Hypothetical {
    /// The commits that it would have appended.
    pub commits: Vec<Commit>,
    /// The rejection that it would have published.
    pub rejected: Option<CommandRejected>,
    /// The streams that were read to decide.
    pub streams: Vec<StreamId>,
}

/// A command for which no answer was found.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The message is an event.
    #[error("{message} is an event: only a command is decided")]
    Event {
        /// The message.
        message: &'static str,
    },
    /// The handler needs more than the log.
    #[error("{function} also needs {right:?}, and only the log has a past")]
    Unsupported {
        /// The function.
        function: String,
        /// The right.
        right: Right,
    },
    /// The command could never be handled.
    #[error("{reason}: {explanation}")]
    DeadLettered {
        /// The reason code: `MALFORMED`.
        reason: String,
        /// What is wrong.
        explanation: String,
    },
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The handler failed.
    #[error("{function}")]
    Failed {
        /// The function.
        function: String,
        /// Why.
        #[source]
        source: Failure,
    },
}

/// Runs the route's handler on the past. Its clock shows the moment: for a version, the time of that event.
pub async fn what_if(route: &Route, past: &Past, command: &Delivery) -> Result<Hypothetical, WhatIfError> {
    if route.kind == Kind::Event {
        return Err(WhatIfError::Event { message: route.message });
    }
    let outside = |right: &&Right| matches!(right, Right::ReadViews | Right::CallHttp(_) | Right::SendMail);
    if let Some(right) = route.rights.iter().find(outside) {
        return Err(WhatIfError::Unsupported { function: route.function(), right: *right });
    }
    let past_store = || PastStore::new(past.log.clone(), past.stream.clone(), past.at);
    let now = match past.at {
        Moment::Now => past.now,
        Moment::Time(time) => time,
        // By a store of its own, so that the streams of the answer are those that the handler read.
        Moment::Version(_) => past_store().newest(&past.stream).await?.map_or(past.now, |commit| commit.at),
    };
    let store = Arc::new(past_store());
    let memory = Memory::new(0);
    memory.clock.set(now);
    let app = App::new(Ports { store: store.clone(), ..memory.ports() });
    match route.handle(&app, command).await {
        Ok(Handled::Done | Handled::Duplicate | Handled::Rejected) => {}
        Ok(Handled::DeadLettered) => {
            let letter = memory.dead_letters.all().into_iter().next();
            let (reason, explanation) = letter.map(|letter| (letter.reason, letter.explanation)).unwrap_or_default();
            return Err(WhatIfError::DeadLettered { reason, explanation });
        }
        Err(source) => return Err(WhatIfError::Failed { function: route.function(), source }),
    }
    let published = memory.bus.deliveries();
    let rejected = published.iter().find(|delivery| delivery.detail_type == CommandRejected::NAME);
    let rejected = rejected.map(read_rejection).transpose().map_err(|error| WhatIfError::Failed {
        function: route.function(),
        source: Failure::permanent(causes(&error)),
    })?;
    Ok(Hypothetical { commits: store.appended(), rejected, streams: store.streams() })
}

fn read_rejection(delivery: &Delivery) -> Result<CommandRejected, serde_json::Error> {
    #[derive(Deserialize)]
    struct Detail {
        data: CommandRejected,
    }
    serde_json::from_str::<Detail>(delivery.detail.get()).map(|detail| detail.data)
}
