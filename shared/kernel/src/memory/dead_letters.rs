//! [`MemoryDeadLetters`]: dead letters in memory.

use std::sync::Mutex;

use async_trait::async_trait;

use crate::{
    delivery::{DeadLetter, DeadLetterError, DeadLetters},
    memory::lock::lock,
};

/// Dead letters in memory.
#[derive(Debug, Default)]
pub struct MemoryDeadLetters {
    dead_letters: Mutex<Vec<DeadLetter>>,
}

impl MemoryDeadLetters {
    /// All dead letters, in the order they were written.
    pub fn all(&self) -> Vec<DeadLetter> {
        lock(&self.dead_letters).clone()
    }
}

#[async_trait]
impl DeadLetters for MemoryDeadLetters {
    async fn keep(&self, dead_letter: &DeadLetter) -> Result<(), DeadLetterError> {
        lock(&self.dead_letters).push(dead_letter.clone());
        Ok(())
    }
}
