//! The suite of [`Journal`]: a position is given once, and batches are read as they were written.

use futures::future::join_all;

use crate::{
    journal::{Batch, Journal, JournalCommit, JournalError},
    testing::{
        diff::{assert_same, fail},
        ports::fixture::{full_commit, must, noon, stream},
    },
};

/// Tests one partition of a journal, which is empty.
pub async fn journal(journal: &dyn Journal, partition: u32, prefix: &str) {
    assert_same("an empty journal", &must(journal.until(partition, u64::MAX, 1).await, "until"), &Vec::new());
    let batches = batches(prefix);
    for batch in &batches {
        must(journal.append(partition, batch).await, "append");
    }
    batches_are_read_from_both_ends(journal, partition, &batches).await;
    of_concurrent_writers_one_wins(journal, partition, &batches).await;
}

/// Three batches of one to three commits.
fn batches(prefix: &str) -> Vec<Batch> {
    let mut position = 1;
    let batches = (1..=3_u64).map(|number| {
        let commit = |version| JournalCommit::from(&full_commit(&stream(prefix, "journal"), version, "c-1"));
        let commits = (0..number).map(|index| commit(number * 10 + index)).collect();
        let batch = Batch { position, at: noon(), commits };
        position = batch.next();
        batch
    });
    batches.collect()
}

async fn batches_are_read_from_both_ends(journal: &dyn Journal, partition: u32, batches: &[Batch]) {
    let [one, two, three] = batches else { fail("three batches") };
    let (first, second, third) = (one.clone(), two.clone(), three.clone());
    let since = async |position, limit| must(journal.since(partition, position, limit).await, "since");
    let until = async |position, limit| must(journal.until(partition, position, limit).await, "until");
    assert_same("all batches", &since(1, 100).await, &vec![first.clone(), second.clone(), third.clone()]);
    assert_same("two batches", &since(1, 2).await, &vec![first.clone(), second.clone()]);
    assert_same("from inside of a batch", &since(two.position + 1, 100).await, &vec![third.clone()]);
    assert_same("after the last", &since(three.next(), 100).await, &Vec::new());
    assert_same("the newest", &until(u64::MAX, 1).await, &vec![third.clone()]);
    assert_same("back from a position", &until(three.position - 1, 100).await, &vec![second, first]);
    assert_same("before the first", &until(0, 1).await, &Vec::new());
    assert_same("another partition", &must(journal.since(partition + 1, 1, 100).await, "since"), &Vec::new());
}

async fn of_concurrent_writers_one_wins(journal: &dyn Journal, partition: u32, batches: &[Batch]) {
    let next = batches.last().map_or(1, Batch::next);
    let batch = |index: usize| Batch { position: next, ..batches[index % batches.len()].clone() };
    let rivals: Vec<Batch> = (0..8).map(batch).collect();
    let answers = join_all(rivals.iter().map(|batch| journal.append(partition, batch))).await;
    let won: Vec<usize> = (0..8).filter(|index| answers[*index].is_ok()).collect();
    assert_same("the number of winners of 8 writers at one position", &won.len(), &1);
    let lost = answers.iter().filter(|answer| matches!(answer, Err(JournalError::Taken { .. }))).count();
    assert_same("the others find the position taken", &lost, &7);
    let stored = must(journal.since(partition, next, 100).await, "since");
    assert_same("the winner's batch is stored", &stored, &vec![rivals[won[0]].clone()]);
}
