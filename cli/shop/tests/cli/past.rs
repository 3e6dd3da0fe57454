//! Questions about the past: states, rows, differences, numbers of events, and commands on a past state.

use std::sync::Arc;

use causeway::{App, Cause, Decider, Ports, StreamId, memory::Memory};
use causeway_cli::{command_status::CommandStatus, connection::GlobalArgs};
use domain::{
    order::{Order, PlaceOrder},
    user::{RegisterUser, UpdateUserEmail, User},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A stack whose log is written on chosen days.
struct Story {
    stage: Stage,
    app: App,
    memory: Memory,
}

impl Story {
    async fn open() -> Self {
        let stage = Stage::open().await;
        let endpoint = Some(stage.running.cloud.endpoint());
        let global = GlobalArgs { endpoint, stack: "causeway".to_owned(), ..GlobalArgs::default() };
        let connection = global.connect().await.expect("a connection");
        let memory = Memory::new(9);
        let app = App::new(Ports { store: Arc::new(connection.store()), ..memory.ports() });
        Self { stage, app, memory }
    }

    async fn on<D: Decider>(&self, day: &str, stream: &str, command: impl Into<D::Command>) {
        let time: Timestamp = format!("{day}T12:00:00Z").parse().expect("a day");
        self.memory.clock.set(time);
        let cause = Cause::new(format!("{day}-{}", stream.replace('/', "-")).parse().expect("an id"), "Story");
        let stream = StreamId::parse(stream).expect("a stream");
        self.app.execute_on::<D>(stream, &command.into(), &cause).await.expect("it is decided");
    }

    async fn registers(&self, day: &str, user: &str, email: &str) {
        let command = json!({ "userId": user, "email": email, "profile": { "name": "Ada" } });
        let register: RegisterUser = serde_json::from_value(command).expect("a command");
        self.on::<User>(day, &format!("user/{user}"), register).await;
    }

    async fn changes_email(&self, day: &str, user: &str, email: &str) {
        let update: UpdateUserEmail =
            serde_json::from_value(json!({ "userId": user, "email": email })).expect("a command");
        self.on::<User>(day, &format!("user/{user}"), update).await;
    }

    async fn orders(&self, day: &str, order: &str) {
        let sample = causeway_cli::samples::find("PlaceOrder").expect("a sample");
        let entries: Value = serde_json::from_str(sample.text).expect("JSON");
        let mut detail: Value = serde_json::from_str(entries[0]["Detail"].as_str().expect("text")).expect("JSON");
        detail["data"]["orderId"] = json!(order);
        let place: PlaceOrder = serde_json::from_value(detail["data"].take()).expect("a command");
        self.on::<Order>(day, &format!("order/{order}"), place).await;
    }

    async fn one(&self, words: &[&str]) -> Value {
        self.stage.json(words).await.remove(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_the_email_on_15_january_and_how_many_orders_came_in_the_first_quarter() {
    let story = Story::open().await;
    story.registers("2026-01-02", "u-9", "ada@example.com").await;
    story.changes_email("2026-01-20", "u-9", "lovelace@example.com").await;
    story.changes_email("2026-03-01", "u-9", "byron@example.com").await;
    for (day, order) in [("2025-12-31", "o-91"), ("2026-01-01", "o-92"), ("2026-03-31", "o-93"), ("2026-04-01", "o-94")]
    {
        story.orders(day, order).await;
    }

    // What was the e-mail on 15 January?
    let state = story.one(&["state", "user/u-9", "--at", "2026-01-15"]).await;
    assert_eq!(state["state"]["registered"]["email"], "ada@example.com");
    let row = story.one(&["view", "user-profile", "u-9", "--at", "2026-01-15"]).await;
    assert_eq!((&row["columns"]["email"], &row["version"]), (&json!("ada@example.com"), &json!(1)));

    // How did it change after that?
    let changes = story.one(&["diff", "user/u-9", "2026-01-15", "2026-02-01"]).await;
    let email = json!({ "path": "registered.email", "before": "ada@example.com", "after": "lovelace@example.com" });
    assert_eq!(changes["differences"], json!([email]));

    // How many orders came in the first quarter?
    let quarter = ["count", "OrderPlaced", "--from", "2026-01-01", "--to", "2026-04-01"];
    assert_eq!(story.one(&quarter).await["count"], 2);

    // What if the second change of address had been asked for on 15 January?
    let asked = ["what-if", "user/u-9", "UpdateUserEmail", "--set", "email=byron@example.com", "--at", "2026-01-15"];
    let answer = story.one(&asked).await;
    assert_eq!((&answer["outcome"], &answer["events"][0]["type"]), (&json!("appended"), &json!("UserEmailUpdated")));
    assert_eq!(answer["events"][0]["data"]["previousEmail"], "ada@example.com");
    assert_eq!(answer["differences"][0]["after"], "byron@example.com");
    assert_eq!(story.stage.json(&["history", "user/u-9"]).await.len(), 3, "nothing was written");
    story.stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_about_what_never_was_are_answered_with_what_is_wrong() {
    let story = Story::open().await;
    let stage = &story.stage;
    story.registers("2026-01-02", "u-9", "ada@example.com").await;
    story.orders("2026-02-01", "o-9").await;

    let before = stage.output(&["view", "user-profile", "u-9", "--at", "2026-01-01"]).await;
    assert_eq!((before.ended, before.text.contains("has no row u-9 then")), (CommandStatus::NotFound, true));
    let unknown = stage.output(&["diff", "order/nobody", "1"]).await;
    assert_eq!((unknown.ended, unknown.text.contains("has no events")), (CommandStatus::NotFound, true));
    let created = stage.output(&["diff", "user/u-9", "0", "1"]).await.text;
    assert!(created.contains("from before its first event to version 1 of 2026-01-02"), "{created}");
    assert!(stage.output(&["diff", "user/u-9", "1", "1"]).await.text.contains("no difference"));

    let rejected = stage.output(&["what-if", "order/nobody", "CancelOrder"]).await;
    assert_eq!(rejected.ended, CommandStatus::Rejected);
    assert!(rejected.text.contains("would be rejected: ") && rejected.text.contains("nothing was written"));
    let cancelled = stage.output(&["what-if", "order/o-9", "CancelOrder", "--at", "1"]).await.text;
    assert!(cancelled.contains("order/o-9 v2") && cancelled.contains("OrderCancelled"), "{cancelled}");
    let all = stage.json(&["count", "--to", "2026-02-02"]).await;
    let types: Vec<&Value> = all.iter().map(|line| &line["type"]).collect();
    assert_eq!(types, ["OrderPlaced", "UserRegistered"]);

    for (words, reason) in [
        (&["count", "OrderPlacd"][..], "did you mean OrderPlaced"),
        (&["count", "PlaceOrder"], "PlaceOrder is a command, and the log holds events"),
        (&["count", "--from", "2026-02-01", "--to", "2026-01-01"], "to: 2026-01-01T00:00:00Z must be later than from"),
        (&["count", "--from", "soon"], "--from: \"soon\" is no time"),
        (&["view", "profiles", "u-9", "--at", "1"], "no view is called \"profiles\": there are "),
        (&["view", "account-statement", "a-1", "--at", "1"], "/<version of the event>"),
        (&["what-if", "user/u-9", "UserRegistered"], "no function handles UserRegistered as a command"),
        (&["what-if", "user/u-9", "CancelOrder"], "CancelOrder is about order/o-1001, not about user/u-9"),
        (&["what-if", "user/u-9", "UpdateUserEmail", "--set", "email=none"], "MALFORMED: UpdateUserEmail v1"),
        (&["diff", "user/u-9", "soon"], "a moment is a version or a time"),
    ] {
        let error = format!("{:#}", stage.call(words).await.expect_err("a wrong question"));
        assert!(error.contains(reason), "{words:?}: {error}");
    }
    story.stage.close().await;
}
