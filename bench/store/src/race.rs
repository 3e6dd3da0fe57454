//! The sides of the comparison. They take turns command by command, so that other load affects all of them equally.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::Client;
use bench_store::{
    meter::{Meter, Spent},
    ours::Ours,
    peer::{Keeping, Peer},
};

/// The sides, in the order of the tables.
pub(crate) const SIDES: [&str; 4] = ["Causeway, cold", "Causeway, warm", "dynamo-es", "dynamo-es, snapshots"];
/// More streams than any run creates.
const ALL_STREAMS: usize = 1_000_000;

/// All sides.
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
    /// All sides on this client; the name separates the streams of several races.
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

    /// Whether each side can continue a stream of this length, or its error.
    pub(crate) async fn attempt(&self, length: u64) -> Result<Vec<Result<(), String>>, Box<dyn Error>> {
        let mut results = Vec::new();
        for (index, side) in self.sides.iter().enumerate() {
            let id = self.id(index, length, 0);
            side.seed(&id, length).await?;
            results.push(side.place(&id, length + 1).await.map_err(|error| error.to_string()));
        }
        Ok(results)
    }

    /// The durations of the commands on each side, one command per stream.
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
