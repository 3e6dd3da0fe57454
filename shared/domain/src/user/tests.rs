//! Scenarios of users.

use causeway::{
    memory::MemoryIds,
    testing::{assert_idempotent, given, given_view},
};
use serde_json::json;

use super::*;
use crate::{email::EmailAddress, ids::UserId};

fn user_id() -> UserId {
    "u-1".parse().unwrap()
}

fn email(name: &str) -> EmailAddress {
    EmailAddress::new(format!("{name}@example.com")).unwrap()
}

fn profile(name: &str) -> Profile {
    Profile { name: name.to_owned(), address: None }
}

fn register(name: &str) -> UserCommand {
    RegisterUser { user_id: user_id(), email: email("ada"), profile: profile(name) }.into()
}

fn update_email(name: &str) -> UserCommand {
    UpdateUserEmail { user_id: user_id(), email: email(name) }.into()
}

fn update_profile(name: &str) -> UserCommand {
    UpdateUserProfile { user_id: user_id(), profile: profile(name) }.into()
}

fn deactivate() -> UserCommand {
    DeactivateUser { user_id: user_id() }.into()
}

fn reactivate() -> UserCommand {
    ReactivateUser { user_id: user_id() }.into()
}

fn registered() -> UserEvent {
    UserRegistered { user_id: user_id(), email: email("ada"), profile: profile("Ada") }.into()
}

fn email_updated() -> UserEvent {
    UserEmailUpdated { user_id: user_id(), previous_email: email("ada"), email: email("byron") }.into()
}

fn updated(name: &str, email: EmailAddress) -> UserEvent {
    UserUpdated { user_id: user_id(), email, profile: profile(name), active: true }.into()
}

fn deactivated() -> UserEvent {
    UserDeactivated { user_id: user_id() }.into()
}

fn activated() -> UserEvent {
    UserActivated { user_id: user_id() }.into()
}

#[test]
fn a_user_is_registered_once() {
    given::<User>([]).when(register("Ada")).then([registered()]).when(register("Ada")).then_nothing();
    given::<User>([registered()]).when(register("Bob")).then_rejected(UserRejection::AlreadyRegistered);
}

#[test]
fn a_repeated_registration_changes_nothing_after_later_changes() {
    let past = [registered(), email_updated(), updated("Bob", email("byron")), deactivated()];
    given::<User>(past).when(register("Ada")).then_nothing();
}

#[test]
fn a_name_has_1_to_200_characters() {
    for name in ["", "  \t", &"x".repeat(MAX_NAME_LENGTH + 1)] {
        given::<User>([]).when(register(name)).then_rejected(UserRejection::NameOutOfBounds);
        given::<User>([registered()]).when(update_profile(name)).then_rejected(UserRejection::NameOutOfBounds);
    }
    assert_eq!(given::<User>([]).when(register(&"é".repeat(MAX_NAME_LENGTH))).events().len(), 1);
}

#[test]
fn an_email_update_names_both_addresses_and_the_same_address_changes_nothing() {
    given::<User>([registered()])
        .when(update_email("byron"))
        .then([email_updated()])
        .when(update_email("byron"))
        .then_nothing();
}

#[test]
fn a_profile_update_carries_the_whole_state() {
    given::<User>([registered(), email_updated()])
        .when(update_profile("Bob"))
        .then([updated("Bob", email("byron"))])
        .when(update_profile("Bob"))
        .then_nothing();
}

#[test]
fn an_inactive_user_changes_nothing_but_its_activation() {
    let inactive = || given::<User>([registered(), deactivated()]);
    inactive().when(update_email("byron")).then_rejected(UserRejection::Inactive);
    inactive().when(update_profile("Bob")).then_rejected(UserRejection::Inactive);
    inactive().when(deactivate()).then_nothing();
    inactive().when(reactivate()).then([activated()]).when(reactivate()).then_nothing();
    given::<User>([registered(), deactivated(), activated()]).when(update_email("byron")).then([email_updated()]);
}

#[test]
fn an_unregistered_user_is_neither_changed_nor_deactivated() {
    for command in [update_email("byron"), update_profile("Bob"), deactivate(), reactivate()] {
        given::<User>([]).when(command).then_rejected(UserRejection::NotRegistered);
    }
}

#[test]
fn any_command_given_twice_adds_nothing_the_second_time() {
    let rng = MemoryIds::seeded(1);
    for _ in 0..300 {
        let name = ["Ada", "Bob", "", "Eve"][(rng.bits() % 4) as usize];
        let command = match rng.bits() % 5 {
            0 => register(name),
            1 => update_email(["ada", "byron"][(rng.bits() % 2) as usize]),
            2 => update_profile(name),
            3 => deactivate(),
            _ => reactivate(),
        };
        for past in [vec![], vec![registered()], vec![registered(), deactivated()], vec![registered(), email_updated()]]
        {
            assert_idempotent::<User>(past, &command);
        }
    }
}

#[test]
fn the_profile_view_follows_every_event() {
    let at = |second| format!("2026-01-01T00:00:0{second}Z").parse().unwrap();
    given_view::<UserProfile>([registered(), email_updated(), updated("Bob", email("byron")), deactivated()]).then_row(
        UserProfileRow {
            user_id: user_id(),
            email: email("byron"),
            profile: profile("Bob"),
            active: false,
            registered_at: at(0),
            changed_at: at(3),
        },
    );
}

#[test]
fn an_email_address_without_a_domain_is_rejected_with_its_field() {
    let body = json!({ "userId": "u-1", "email": "ada", "profile": { "name": "Ada" } });
    let error = serde_json::from_value::<RegisterUser>(body).unwrap_err().to_string();
    assert!(error.contains("e-mail address \"ada\""), "{error}");
}
