//! Messages from streams through a consumer group: an entry stays pending until it is acknowledged. After a crash the same
//! consumer begins with its pending entries; those of a consumer that is gone are claimed.

use std::{collections::BTreeMap, time::Duration};

use ::redis::{FromRedisValue as _, Value, cmd};
use async_trait::async_trait;

use super::{Connection, Redis, taken};
use crate::broker::{BrokerError, Parking, Poison, Source, Taken};

/// Streams with entries: per stream, the id of each entry and its fields; none for an entry that was trimmed.
type Entries = Option<Vec<(String, Vec<(String, Option<Vec<(String, Vec<u8>)>>)>)>>;

pub(super) struct Streams {
    connection: Connection,
    streams: Vec<String>,
    group: String,
    consumer: String,
    claim_after: Duration,
    /// Per stream, the pending entry that was read last, as long as there may be more.
    pending: BTreeMap<String, String>,
}

impl Streams {
    /// Creates the groups where they are missing; they begin with the first entry.
    pub(super) async fn open(redis: &Redis) -> Result<Self, BrokerError> {
        let mut connection = redis.connect().await?;
        for stream in &redis.streams {
            let mut create = cmd("XGROUP");
            create.arg("CREATE").arg(stream).arg(&redis.group).arg("0").arg("MKSTREAM");
            let action = format!("create the group {} of the stream {stream}", redis.group);
            match connection.ask::<()>(&create, Duration::ZERO, &action).await {
                Err(error) if !error.source.to_string().contains("BUSYGROUP") => return Err(error),
                _ => {}
            }
        }
        let pending = redis.streams.iter().map(|stream| (stream.clone(), "0".to_owned())).collect();
        let mut streams = Self {
            connection,
            streams: redis.streams.clone(),
            group: redis.group.clone(),
            consumer: redis.consumer.clone(),
            claim_after: redis.claim_after,
            pending,
        };
        streams.claim().await?;
        Ok(streams)
    }

    /// Makes entries that another consumer has left pending our own.
    async fn claim(&mut self) -> Result<(), BrokerError> {
        for stream in &self.streams {
            let mut next = "0-0".to_owned();
            loop {
                let mut claim = cmd("XAUTOCLAIM");
                claim.arg(stream).arg(&self.group).arg(&self.consumer);
                claim.arg(u64::try_from(self.claim_after.as_millis()).unwrap_or(u64::MAX)).arg(&next).arg("JUSTID");
                let action = format!("claim pending entries of the stream {stream}");
                // Where to go on, what was claimed, and since Redis 7 what was trimmed.
                let reply: Vec<Value> = self.connection.ask(&claim, Duration::ZERO, &action).await?;
                if matches!(reply.get(1), Some(Value::Array(claimed)) if !claimed.is_empty()) {
                    self.pending.insert(stream.clone(), "0".to_owned());
                }
                let after = reply.into_iter().next().and_then(|after| String::from_redis_value(after).ok());
                match after {
                    Some(after) if after != "0-0" => next = after,
                    _ => break,
                }
            }
        }
        Ok(())
    }

    async fn read(&mut self, most: usize, from: &[(String, String)], wait: Duration) -> Result<Entries, BrokerError> {
        let mut read = cmd("XREADGROUP");
        read.arg("GROUP").arg(&self.group).arg(&self.consumer).arg("COUNT").arg(most);
        if !wait.is_zero() {
            read.arg("BLOCK").arg(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        }
        read.arg("STREAMS");
        from.iter().for_each(|(stream, _)| {
            read.arg(stream);
        });
        from.iter().for_each(|(_, id)| {
            read.arg(id);
        });
        self.connection.ask(&read, wait, "read streams").await
    }
}

#[async_trait]
impl Source for Streams {
    async fn take(&mut self, most: usize, wait: Duration) -> Result<Vec<Taken>, BrokerError> {
        while !self.pending.is_empty() {
            let from: Vec<(String, String)> = self.pending.clone().into_iter().collect();
            let entries = self.read(most, &from, Duration::ZERO).await?;
            let mut found = Vec::new();
            self.pending.clear();
            for (stream, entries) in entries.into_iter().flatten() {
                if let Some((last, _)) = entries.last() {
                    self.pending.insert(stream.clone(), last.clone());
                }
                found.extend(entries.into_iter().map(|(id, fields)| {
                    // A trimmed entry has no fields left; without a body it is parked.
                    taken(format!("{stream}/{id}"), fields.unwrap_or_default())
                }));
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let new: Vec<(String, String)> = self.streams.iter().map(|stream| (stream.clone(), ">".to_owned())).collect();
        let entries = self.read(most, &new, wait).await?;
        let entries = entries.into_iter().flatten();
        let found: Vec<Taken> = entries
            .flat_map(|(stream, entries)| {
                entries.into_iter().map(move |(id, fields)| taken(format!("{stream}/{id}"), fields.unwrap_or_default()))
            })
            .collect();
        if found.is_empty() {
            self.claim().await?;
        }
        Ok(found)
    }

    async fn acknowledge(&mut self, taken: &[Taken]) -> Result<(), BrokerError> {
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for taken in taken {
            if let Some((stream, id)) = taken.position.rsplit_once('/') {
                ids.entry(stream).or_default().push(id);
            }
        }
        for (stream, ids) in ids {
            let mut acknowledge = cmd("XACK");
            acknowledge.arg(stream).arg(&self.group).arg(ids);
            self.connection.ask::<()>(&acknowledge, Duration::ZERO, "acknowledge entries").await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Parking for Streams {
    async fn park(&mut self, taken: &Taken, poison: &Poison) -> Result<(), BrokerError> {
        let stream = taken.position.rsplit_once('/').map_or("causeway", |(stream, _)| stream);
        self.connection.park(stream, taken, poison).await
    }
}
