//! The registry's entry of users, with a sample of each message.

use serde_json::{Value, json};

use super::*;
use crate::context::{Context, Entry};

/// The context.
pub fn context() -> Context {
    Context::of::<User>().family::<UserCommand>().samples(
        "userId",
        [
            Entry::of::<RegisterUser>(json!({ "userId": "u-1", "email": "ada@example.com", "profile": profile() })),
            Entry::of::<UpdateUserEmail>(json!({ "userId": "u-1", "email": "ada.byron@example.com" })),
            Entry::of::<UpdateUserProfile>(json!({ "userId": "u-1", "profile": moved() })),
            Entry::of::<DeactivateUser>(json!({ "userId": "u-1" })),
            Entry::of::<ReactivateUser>(json!({ "userId": "u-1" })),
            Entry::of::<UserRegistered>(json!({ "userId": "u-1", "email": "ada@example.com", "profile": profile() })),
            Entry::of::<UserEmailUpdated>(json!({
                "userId": "u-1",
                "previousEmail": "ada@example.com",
                "email": "ada.byron@example.com",
            })),
            Entry::of::<UserUpdated>(json!({
                "userId": "u-1",
                "email": "ada.byron@example.com",
                "profile": moved(),
                "active": true,
            })),
            Entry::of::<UserDeactivated>(json!({ "userId": "u-1" })),
            Entry::of::<UserActivated>(json!({ "userId": "u-1" })),
        ],
    )
}

fn profile() -> Value {
    json!({ "name": "Ada Example" })
}

fn moved() -> Value {
    json!({
        "name": "Ada Example",
        "address": {
            "name": "Ada Example",
            "street": "1 Analytical Road",
            "postalCode": "10115",
            "city": "Berlin",
            "country": "DE",
        },
    })
}
