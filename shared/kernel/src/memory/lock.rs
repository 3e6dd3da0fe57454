//! [`lock`]: a mutex that stays usable after a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks the mutex, also after another holder panicked: the data is consistent between two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
