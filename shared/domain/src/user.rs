//! A user: the e-mail address and the profile, and whether the user is active. Stream `user/<user id>`.
//!
//! | command | event | a rejection names the rule |
//! |---|---|---|
//! | `RegisterUser` | `UserRegistered` | `NameOutOfBounds`, `AlreadyRegistered` |
//! | `UpdateUserEmail` (once) | `UserEmailUpdated` | `NotRegistered`, `Inactive` |
//! | `UpdateUserProfile` (once) | `UserUpdated` | `NotRegistered`, `Inactive`, `NameOutOfBounds` |
//! | `DeactivateUser` (once) | `UserDeactivated` | `NotRegistered` |
//! | `ReactivateUser` (once) | `UserActivated` | `NotRegistered` |
//!
//! - A user is registered once. The same registration repeated changes nothing, another one is rejected.
//! - Nothing of an inactive user changes but its activation.
//! - `UserUpdated` carries the whole state of the user, so that its consumers need not ask back (event-carried state
//!   transfer).

mod decider;
mod events;
mod samples;
mod views;

#[cfg(test)]
mod tests;

pub use decider::{MAX_NAME_LENGTH, User, UserRejection, UserState};
pub use events::{
    DeactivateUser, Profile, ReactivateUser, RegisterUser, UpdateUserEmail, UpdateUserProfile, UserActivated,
    UserCommand, UserDeactivated, UserEmailUpdated, UserEvent, UserRegistered, UserUpdated,
};
pub use samples::context;
pub use views::{UserProfile, UserProfileRow};
