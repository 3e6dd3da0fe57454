//! The rules of a user.

use causeway::{Decider, Message, MessageId, Messages, Once, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::{
    DeactivateUser, Profile, ReactivateUser, RegisterUser, UpdateUserEmail, UpdateUserProfile, UserActivated,
    UserCommand, UserDeactivated, UserEmailUpdated, UserEvent, UserRegistered, UserUpdated,
};
use crate::email::EmailAddress;

/// The maximum length of a user's name in characters.
pub const MAX_NAME_LENGTH: usize = 200;

/// The rules of a user.
#[derive(Debug)]
pub struct User;

/// The state of a user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserState {
    /// The user is not registered.
    #[default]
    Unregistered,
    /// The user is registered.
    Registered {
        /// A digest of the registration, by which a repeated `RegisterUser` is recognised.
        registration: MessageId,
        /// The current address for e-mails.
        email: EmailAddress,
        /// The current profile.
        profile: Profile,
        /// Whether the user is active.
        active: bool,
    },
}

/// Why a user's stream rejects a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserRejection {
    /// The name is blank or too long.
    #[error("profile.name: 1 to {MAX_NAME_LENGTH} characters, and not only blanks")]
    NameOutOfBounds,
    /// A user with this id was registered with other content.
    #[error("userId: this user was registered before with other content")]
    AlreadyRegistered,
    /// The user was never registered.
    #[error("userId: this user was never registered")]
    NotRegistered,
    /// The user is inactive.
    #[error("userId: this user is inactive; only ReactivateUser changes an inactive user")]
    Inactive,
}

impl Rejection for UserRejection {
    fn rule(&self) -> &'static str {
        match self {
            Self::NameOutOfBounds => "NameOutOfBounds",
            Self::AlreadyRegistered => "AlreadyRegistered",
            Self::NotRegistered => "NotRegistered",
            Self::Inactive => "Inactive",
        }
    }
}

impl Decider for User {
    const CONTEXT: &'static str = "user";
    /// After a change and a change back, the state cannot tell a late repeat of the first from a new command.
    const ONCE: Once<UserCommand> = Once::Messages(
        &[UpdateUserEmail::NAME, UpdateUserProfile::NAME, DeactivateUser::NAME, ReactivateUser::NAME],
        UserCommand::name,
    );
    type State = UserState;
    type Command = UserCommand;
    type Event = UserEvent;
    type Rejection = UserRejection;

    fn decide(state: &UserState, command: &UserCommand) -> Result<Vec<UserEvent>, UserRejection> {
        let UserState::Registered { registration, email, profile, active } = state else {
            return match command {
                UserCommand::RegisterUser(register) => Ok(vec![registered(register)?.into()]),
                UserCommand::UpdateUserEmail(_)
                | UserCommand::UpdateUserProfile(_)
                | UserCommand::DeactivateUser(_)
                | UserCommand::ReactivateUser(_) => Err(UserRejection::NotRegistered),
            };
        };
        match command {
            UserCommand::RegisterUser(register) => match registered(register) {
                Ok(again) if digest_of(&again) == *registration => Ok(Vec::new()),
                _ => Err(UserRejection::AlreadyRegistered),
            },
            UserCommand::UpdateUserEmail(_) | UserCommand::UpdateUserProfile(_) if !active => {
                Err(UserRejection::Inactive)
            }
            UserCommand::UpdateUserEmail(update) if update.email == *email => Ok(Vec::new()),
            UserCommand::UpdateUserEmail(update) => {
                let UpdateUserEmail { user_id, email: new } = update.clone();
                Ok(vec![UserEmailUpdated { user_id, previous_email: email.clone(), email: new }.into()])
            }
            UserCommand::UpdateUserProfile(update) if update.profile == *profile => Ok(Vec::new()),
            UserCommand::UpdateUserProfile(update) => {
                let UpdateUserProfile { user_id, profile } = update.clone();
                check(&profile)?;
                Ok(vec![UserUpdated { user_id, email: email.clone(), profile, active: *active }.into()])
            }
            UserCommand::DeactivateUser(command) if *active => {
                Ok(vec![UserDeactivated { user_id: command.user_id.clone() }.into()])
            }
            UserCommand::ReactivateUser(command) if !*active => {
                Ok(vec![UserActivated { user_id: command.user_id.clone() }.into()])
            }
            UserCommand::DeactivateUser(_) | UserCommand::ReactivateUser(_) => Ok(Vec::new()),
        }
    }

    fn evolve(state: UserState, event: &UserEvent) -> UserState {
        match (state, event) {
            (_, UserEvent::UserRegistered(event)) => UserState::Registered {
                registration: digest_of(event),
                email: event.email.clone(),
                profile: event.profile.clone(),
                active: true,
            },
            (UserState::Unregistered, _) => UserState::Unregistered,
            (UserState::Registered { registration, email, profile, active }, event) => match event {
                UserEvent::UserEmailUpdated(UserEmailUpdated { email, .. }) => {
                    UserState::Registered { registration, email: email.clone(), profile, active }
                }
                UserEvent::UserUpdated(UserUpdated { email, profile, active, .. }) => UserState::Registered {
                    registration,
                    email: email.clone(),
                    profile: profile.clone(),
                    active: *active,
                },
                UserEvent::UserDeactivated(_) => UserState::Registered { registration, email, profile, active: false },
                UserEvent::UserActivated(_) => UserState::Registered { registration, email, profile, active: true },
                UserEvent::UserRegistered(_) => UserState::Registered { registration, email, profile, active },
            },
        }
    }
}

fn registered(command: &RegisterUser) -> Result<UserRegistered, UserRejection> {
    check(&command.profile)?;
    let RegisterUser { user_id, email, profile } = command.clone();
    Ok(UserRegistered { user_id, email, profile })
}

fn check(profile: &Profile) -> Result<(), UserRejection> {
    let length = profile.name.chars().count();
    if profile.name.trim().is_empty() || length > MAX_NAME_LENGTH {
        return Err(UserRejection::NameOutOfBounds);
    }
    Ok(())
}

/// A digest of the registration: equal for equal content. Its JSON cannot fail, because it has no map.
fn digest_of(registered: &UserRegistered) -> MessageId {
    registered.user_id.cast().derived(&serde_json::to_string(registered).unwrap_or_default())
}
