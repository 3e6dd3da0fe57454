//! A client of the local cloud: the SDK's clients, and plain HTTP for what AWS does not have.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, ensure};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use causeway_aws::{
    capacity::CapacityMeter,
    client::{Account, http_client, sdk_config},
    dynamo::DynamoViewStore,
    eventbridge::EventBridgeBus,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const BUS: &str = "causeway";
const VIEWS: &str = "causeway-views";

/// The table of the log.
pub(super) const EVENTS: &str = "causeway-events";

/// The lists of the fulfilments that have ended.
const ENDED: [&str; 3] = ["process-board/completed", "process-board/compensated", "process-board/needsOperator"];

/// All clients of one local cloud.
#[derive(Clone)]
pub(super) struct Client {
    address: SocketAddr,
    pub(super) tables: aws_sdk_dynamodb::Client,
    pub(super) queues: aws_sdk_sqs::Client,
    pub(super) bus: EventBridgeBus,
    pub(super) views: Arc<DynamoViewStore>,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        let credentials = Credentials::new("local", "local", None, None, "local");
        let endpoint = Some(format!("http://{address}"));
        let account = Account { region: "us-east-1".to_owned(), credentials, endpoint };
        let sdk = sdk_config(&account, http_client());
        let tables = aws_sdk_dynamodb::Client::new(&sdk);
        let views = DynamoViewStore::new(tables.clone(), VIEWS, Arc::new(CapacityMeter::default()));
        Self {
            address,
            tables,
            queues: aws_sdk_sqs::Client::new(&sdk),
            bus: EventBridgeBus::new(aws_sdk_eventbridge::Client::new(&sdk), BUS),
            views: Arc::new(views),
        }
    }

    /// The time of the cloud's clock.
    pub(super) async fn now(&self) -> anyhow::Result<Timestamp> {
        let health = self.call("GET", "/_causeway/health", "").await?;
        Ok(health["now"].as_str().context("the health check has no time")?.parse()?)
    }

    /// Whether the cloud has nothing to do but wait for timers.
    pub(super) async fn is_idle(&self) -> anyhow::Result<bool> {
        let health = self.call("GET", "/_causeway/health", "").await?;
        Ok(health["undelivered"] == 0 && health["invokes"] == 0)
    }

    /// Advances the clock; returns whether the cloud became idle.
    pub(super) async fn advance_clock(&self, seconds: u32) -> anyhow::Result<bool> {
        let body = json!({ "seconds": seconds, "patience": 600 }).to_string();
        Ok(self.call("POST", "/_causeway/tick", &body).await?["settled"] == true)
    }

    /// The e-mails to this address.
    pub(super) async fn mails_to(&self, address: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!("/_causeway/mailbox?to={address}&limit=1000");
        let mailbox = self.call("GET", &path, "").await?;
        Ok(mailbox["Mails"].as_array().context("the mailbox has no list of e-mails")?.clone())
    }

    /// The number of fulfilments that have ended.
    pub(super) async fn count_ended(&self) -> anyhow::Result<usize> {
        let mut ended = 0;
        for list in ENDED {
            let query = self.tables.query().table_name(VIEWS).index_name("by-list").select(Select::Count);
            let query = query.key_condition_expression("#list = :list").expression_attribute_names("#list", "list");
            let mut pages =
                query.expression_attribute_values(":list", AttributeValue::S(list.to_owned())).into_paginator().send();
            while let Some(page) = pages.next().await {
                ended += usize::try_from(page?.count)?;
            }
        }
        Ok(ended)
    }

    /// Opens a response of HTTP/1.0, which has neither chunks nor a second request.
    pub(super) async fn open(&self, method: &str, path: &str, body: &str) -> anyhow::Result<TcpStream> {
        let mut connection = TcpStream::connect(self.address).await?;
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.0\r\nhost: {}\r\ncontent-length: {length}\r\n\r\n", self.address);
        connection.write_all(head.as_bytes()).await?;
        connection.write_all(body.as_bytes()).await?;
        Ok(connection)
    }

    async fn call(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let mut response = String::new();
        self.open(method, path, body).await?.read_to_string(&mut response).await?;
        let (head, body) = response.split_once("\r\n\r\n").context("the response is incomplete")?;
        ensure!(head.split(' ').nth(1) == Some("200"), "{method} {path}: {response}");
        Ok(serde_json::from_str(body)?)
    }
}
