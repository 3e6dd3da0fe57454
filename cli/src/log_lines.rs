//! Passes the log lines of handlers in this process to the activity feed, each with its function, like the lines of binaries.

use std::{fmt::Debug, sync::OnceLock};

use causeway_local::lambda::process::{Listener, LogLine};
use serde_json::{Map, Value, json};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

tokio::task_local! {
    static FUNCTION: String;
}

/// Receives the lines. A program has one local cloud whose lines are passed on.
static LISTENER: OnceLock<Listener> = OnceLock::new();

/// Sets the receiver of the lines. False if there is one already.
pub fn set_listener(listener: Listener) -> bool {
    LISTENER.set(listener).is_ok()
}

/// Runs a future as the work of this function.
pub async fn within<F: Future>(function: &str, work: F) -> F::Output {
    FUNCTION.scope(function.to_owned(), work).await
}

/// The layer that passes on what functions log.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogLines;

impl<S: Subscriber> Layer<S> for LogLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(listener) = LISTENER.get() else { return };
        let Ok(function) = FUNCTION.try_with(String::clone) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = json!({ "level": event.metadata().level().as_str(), "fields": fields.0 }).to_string();
        listener(LogLine { function, process_id: std::process::id(), line });
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), Value::String(value.to_owned()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[tokio::test]
    async fn only_lines_of_a_function_are_passed_on_with_its_name() {
        static LINES: Mutex<Vec<LogLine>> = Mutex::new(Vec::new());
        assert!(set_listener(std::sync::Arc::new(|line| LINES.lock().unwrap().push(line))));
        let _here = tracing::subscriber::set_default(tracing_subscriber::registry().with(LogLines));
        tracing::info!("outside");
        within("shop-OnOrderPlaced", async { tracing::warn!(lines = 2_u64, "stock reserved") }).await;
        let lines = LINES.lock().unwrap();
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line.function, "shop-OnOrderPlaced");
        let logged: Value = serde_json::from_str(&line.line).unwrap();
        assert_eq!(logged, json!({ "level": "WARN", "fields": { "lines": 2, "message": "stock reserved" } }));
    }
}
