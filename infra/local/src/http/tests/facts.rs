//! The table of facts: a request, the answer of AWS, and where that answer is known from. Each fact is a test. What is not
//! answered as by AWS is listed in `docs/deploy.md`.

mod events;
mod fifo;
mod patterns;
mod permissions;
mod query;
mod queues;
mod schedules;
mod tables;
mod templates;

use serde_json::{Value, json};

use super::Server;

/// Where an answer of AWS is known from.
enum Source {
    /// Recorded in an account. It wins over the documentation.
    Recorded,
    /// This page of the documentation.
    Documented(&'static str),
    /// Nowhere: it follows from other facts.
    Assumed(&'static str),
}

/// A server whose answers are compared with a fact.
struct Fact {
    server: Server,
    source: Source,
}

impl Fact {
    async fn recorded() -> Self {
        Self::from(Source::Recorded).await
    }

    async fn documented(page: &'static str) -> Self {
        Self::from(Source::Documented(page)).await
    }

    async fn assumed(reason: &'static str) -> Self {
        Self::from(Source::Assumed(reason)).await
    }

    async fn from(source: Source) -> Self {
        Self { server: Server::open([]).await, source }
    }

    fn source(&self) -> String {
        match self.source {
            Source::Recorded => "recorded at AWS".to_owned(),
            Source::Documented(page) => format!("documented in {page}"),
            Source::Assumed(reason) => format!("assumed, because {reason}"),
        }
    }

    /// Makes a call that succeeds.
    async fn call(&self, target: &str, body: Value) -> Value {
        self.server.call(target, body).await
    }

    /// Compares the answer of a call that succeeds.
    async fn answers(&self, target: &str, body: Value, expected: Value) {
        assert_eq!(self.call(target, body.clone()).await, expected, "{target} {body}, {}", self.source());
    }

    /// Compares the status, the code and the first line of the message of a call that fails.
    async fn refuses(&self, target: &str, body: Value, (status, code, sentence): (u16, &str, &str)) {
        let answer = self.server.target(target, body.to_string()).await;
        let error = answer.json();
        let query_code = answer.header("x-amzn-query-error").split(';').next().unwrap().to_owned();
        let json_code = error["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap().to_owned();
        let given = if query_code.is_empty() { json_code } else { query_code };
        let message = error["message"].as_str().or(error["Message"].as_str()).unwrap_or_default();
        let given = (answer.status.as_u16(), given.as_str(), message.lines().next().unwrap_or_default());
        assert_eq!(given, (status, code, sentence), "{target} {body}, {}", self.source());
    }

    /// Creates a queue with these attributes and returns its URL.
    async fn queue(&self, name: &str, attributes: Value) -> String {
        let made = self.call("AmazonSQS.CreateQueue", json!({ "QueueName": name, "Attributes": attributes })).await;
        made["QueueUrl"].as_str().unwrap().to_owned()
    }

    /// Receives up to ten messages.
    async fn receive(&self, url: &str) -> Vec<Value> {
        let body = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"] });
        self.call("AmazonSQS.ReceiveMessage", body).await["Messages"].as_array().cloned().unwrap_or_default()
    }

    /// The bodies of up to ten messages.
    async fn bodies(&self, url: &str) -> Vec<String> {
        self.receive(url).await.iter().map(|message| message["Body"].as_str().unwrap().to_owned()).collect()
    }
}
