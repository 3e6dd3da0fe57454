//! Commands and events of a user.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{address::Address, email::EmailAddress, ids::UserId};

causeway::events! {
    /// The commands to a user.
    pub enum UserCommand: commands to "user" by user_id {
        RegisterUser = 1,
        UpdateUserEmail = 1,
        UpdateUserProfile = 1,
        DeactivateUser = 1,
        ReactivateUser = 1,
    }
}

causeway::events! {
    /// The events of a user.
    pub enum UserEvent: events of "user" {
        UserRegistered = 1,
        UserEmailUpdated = 1,
        UserUpdated = 1,
        UserDeactivated = 1,
        UserActivated = 1,
    }
}

/// What a user tells about themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The name by which the user is addressed.
    pub name: String,
    /// The postal address for deliveries, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// Registers a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegisterUser {
    /// The id of the user, chosen by the caller, so that a repeated command is about the same user.
    pub user_id: UserId,
    /// The address for e-mails to the user.
    pub email: EmailAddress,
    /// The profile.
    pub profile: Profile,
}

/// Changes the e-mail address of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateUserEmail {
    /// The id of the user.
    pub user_id: UserId,
    /// The new address.
    pub email: EmailAddress,
}

/// Replaces the profile of a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateUserProfile {
    /// The id of the user.
    pub user_id: UserId,
    /// The new profile.
    pub profile: Profile,
}

/// Deactivates a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateUser {
    /// The id of the user.
    pub user_id: UserId,
}

/// Activates an inactive user again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactivateUser {
    /// The id of the user.
    pub user_id: UserId,
}

/// A user was registered and is active.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserRegistered {
    /// The id of the user.
    pub user_id: UserId,
    /// The address for e-mails to the user.
    pub email: EmailAddress,
    /// The profile.
    pub profile: Profile,
}

/// The e-mail address of a user was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEmailUpdated {
    /// The id of the user.
    pub user_id: UserId,
    /// The address until then.
    pub previous_email: EmailAddress,
    /// The address from then on.
    pub email: EmailAddress,
}

/// The profile of a user was replaced. The event carries the whole state of the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserUpdated {
    /// The id of the user.
    pub user_id: UserId,
    /// The address for e-mails to the user.
    pub email: EmailAddress,
    /// The profile from then on.
    pub profile: Profile,
    /// Whether the user is active.
    pub active: bool,
}

/// A user was deactivated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDeactivated {
    /// The id of the user.
    pub user_id: UserId,
}

/// An inactive user was activated again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserActivated {
    /// The id of the user.
    pub user_id: UserId,
}
