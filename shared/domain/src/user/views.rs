//! The view of a user's current profile.

use causeway::{Patch, StreamId, View, log::commit::Recorded};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{Profile, UserEvent};
use crate::{email::EmailAddress, ids::UserId};

/// The view of current profiles: one row per user.
#[derive(Debug)]
pub struct UserProfile;

/// The current profile of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserProfileRow {
    /// The id of the user.
    pub user_id: UserId,
    /// The address for e-mails to the user.
    pub email: EmailAddress,
    /// The profile.
    pub profile: Profile,
    /// Whether the user is active.
    pub active: bool,
    /// The time of the registration.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub registered_at: Timestamp,
    /// The time of the newest change.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub changed_at: Timestamp,
}

impl View for UserProfile {
    const NAME: &'static str = "user-profile";
    type Event = UserEvent;
    type Row = UserProfileRow;

    fn patch(_: &StreamId, event: &Recorded<UserEvent>) -> Patch {
        let row = Patch::none().set("changedAt", event.at);
        match &event.event {
            UserEvent::UserRegistered(user) => row
                .set("userId", &user.user_id)
                .set("email", &user.email)
                .set("profile", &user.profile)
                .set("active", true)
                .set("registeredAt", event.at),
            UserEvent::UserEmailUpdated(user) => row.set("email", &user.email),
            UserEvent::UserUpdated(user) => {
                row.set("email", &user.email).set("profile", &user.profile).set("active", user.active)
            }
            UserEvent::UserDeactivated(_) => row.set("active", false),
            UserEvent::UserActivated(_) => row.set("active", true),
        }
    }
}
