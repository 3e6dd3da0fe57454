//! The sides of the comparison, command by command in turn, so that a busy machine is equally unfair to all.

use std::{error::Error, time::{Duration, Instant}};

use aws_sdk_dynamodb::Client;
use bench_store::{meter::{Meter, Spent}, ours::Ours, peer::{Keeping, Peer}};

/// The sides, in the order of the tables.
pub(crate) const SIDES: [&str; 4] = ["Causeway, cold", "Causeway, warm", "dynamo-es", "dynamo-es, snapshots"];
/// More streams than are ever made.
const ALL_STREAMS: usize = 1_000_000;

/// All sides, ready.
pub(crate) struct Race {
    name: String,
    sides: [Side; 4],
}

enum Side {
    Ours(Box<Ours>),
    Peer(Box<Peer>),
}

impl Side {
    async fn seed(&self, id: &str, events: u64) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Ours(ours) => ours.seed(id, events).await,
            Self::Peer(peer) => peer.seed(id, events).await,
        }
    }

    async fn place(&self, id: &str, number: u64) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Ours(ours) => ours.place(id, number).await,
            Self::Peer(peer) => peer.place(id, number).await,
        }
    }
}

impl Race {
    /// All sides over this client; the name keeps the streams of several races apart.
    pub(crate) fn new(client: &Client, name: &str, with_view: bool) -> Self {
        let view = if with_view { "view" } else { "log" };
        let sides = [
            Side::Ours(Box::new(Ours::new(client, 0, with_view))),
            Side::Ours(Box::new(Ours::new(client, ALL_STREAMS, with_view))),
            Side::Peer(Box::new(Peer::new(client, Keeping::Events, with_view))),
            Side::Peer(Box::new(Peer::new(client, Keeping::Snapshots, with_view))),
        ];
        Self { name: format!("{name}-{view}"), sides }
    }

    /// What one command costs on each side.
    pub(crate) async fn count(&self, length: u64, meter: &Meter) -> Result<Vec<Spent>, Box<dyn Error>> {
        let mut spent = Vec::new();
        for (index, side) in self.sides.iter().enumerate() {
            let id = self.id(index, length, 0);
            side.seed(&id, length).await?;
            meter.take();
            side.place(&id, length + 1).await?;
            spent.push(meter.take());
        }
        Ok(spent)
    }

    /// Whether each side can still continue a stream of this length, and if not, what it says.
    pub(crate) async fn attempt(&self, length: u64) -> Result<Vec<Result<(), String>>, Box<dyn Error>> {
        let mut answers = Vec::new();
        for (index, side) in self.sides.iter().enumerate() {
            let id = self.id(index, length, 0);
            side.seed(&id, length).await?;
            answers.push(side.place(&id, length + 1).await.map_err(|error| error.to_string()));
        }
        Ok(answers)
    }

    /// How long the commands took on each side, one on each of so many streams.
    pub(crate) async fn time(&self, length: u64, streams: u64) -> Result<Vec<Vec<Duration>>, Box<dyn Error>> {
        let mut took = vec![Vec::new(); self.sides.len()];
        // The first stream opens the connections and is not counted.
        for stream in 0..=streams {
            for (index, side) in self.sides.iter().enumerate() {
                let id = self.id(index, length, stream);
                side.seed(&id, length).await?;
            }
            for (index, (side, took)) in self.sides.iter().zip(&mut took).enumerate() {
                let id = self.id(index, length, stream);
                let begun = Instant::now();
                side.place(&id, length + 1).await?;
                let duration = begun.elapsed();
                if stream > 0 {
                    took.push(duration);
                }
            }
        }
        Ok(took)
    }

    fn id(&self, side: usize, length: u64, stream: u64) -> String {
        format!("{}-{side}-{length}-{stream}", self.name)
    }
}
