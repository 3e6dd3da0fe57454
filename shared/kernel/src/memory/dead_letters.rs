//! The dead letters in memory.

use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::delivery::dead_letter::{DeadLetter, DeadLetterError, DeadLetters};

/// Dead letters in memory.
#[derive(Debug, Default)]
pub struct MemoryDeadLetters {
    letters: Mutex<Vec<DeadLetter>>,
}

impl MemoryDeadLetters {
    /// All letters, in the order they came.
    pub fn letters(&self) -> Vec<DeadLetter> {
        lock(&self.letters).clone()
    }
}

#[async_trait]
impl DeadLetters for MemoryDeadLetters {
    async fn keep(&self, letter: &DeadLetter) -> Result<(), DeadLetterError> {
        lock(&self.letters).push(letter.clone());
        Ok(())
    }
}
