//! What handlers in this process log, for those who read the feed: each line with its function, as the binaries' lines.

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

/// Who hears the lines. A program runs one cloud whose lines are told.
static LISTENER: OnceLock<Listener> = OnceLock::new();

/// From now on lines are told here; false if they are told elsewhere already.
pub fn tell_to(listener: Listener) -> bool {
    LISTENER.set(listener).is_ok()
}

/// Does this work as the work of the function of this name.
pub async fn within<F: Future>(function: &str, work: F) -> F::Output {
    FUNCTION.scope(function.to_owned(), work).await
}

/// Hears what is logged, and tells what functions say.
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
    async fn only_what_is_said_within_a_function_is_told_with_its_name() {
        static HEARD: Mutex<Vec<LogLine>> = Mutex::new(Vec::new());
        assert!(tell_to(std::sync::Arc::new(|line| HEARD.lock().unwrap().push(line))));
        let _here = tracing::subscriber::set_default(tracing_subscriber::registry().with(LogLines));
        tracing::info!("outside");
        within("shop-OnOrderPlaced", async { tracing::warn!(lines = 2_u64, "stock reserved") }).await;
        let heard = HEARD.lock().unwrap();
        let [line] = heard.as_slice() else { panic!("{heard:?}") };
        assert_eq!(line.function, "shop-OnOrderPlaced");
        let said: Value = serde_json::from_str(&line.line).unwrap();
        assert_eq!(said, json!({ "level": "WARN", "fields": { "lines": 2, "message": "stock reserved" } }));
    }
}
