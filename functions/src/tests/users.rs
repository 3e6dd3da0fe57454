//! Users: registration with its welcome mail, changes, and the state of a past day.

use causeway::message::system::CommandRejected;
use domain::{
    notification::{EmailKind, NotificationEvent},
    user::{UserProfile, UserState},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::test_app::TestApp;

fn register(user: &str) -> Value {
    json!({ "userId": user, "email": "ada@example.com", "profile": { "name": "Ada" } })
}

#[test]
fn a_registered_user_gets_one_welcome_mail_and_has_a_profile() {
    let app = TestApp::new(30).delivering_each(3);
    app.publish("RegisterUser", register("u-1"));
    app.publish("RegisterUser", register("u-1"));
    let mails = app.memory.mailer.sent();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].to.as_str(), mails[0].subject.as_str()), ("ada@example.com", "Welcome to the shop"));
    match app.notifications().as_slice() {
        [NotificationEvent::EmailSent(sent)] => assert_eq!(sent.kind, EmailKind::Welcome),
        other => panic!("{other:?}"),
    }
    app.publish("UpdateUserEmail", json!({ "userId": "u-1", "email": "byron@example.com" }));
    app.publish("UpdateUserProfile", json!({ "userId": "u-1", "profile": { "name": "Ada Byron" } }));
    let profile = app.row::<UserProfile>("u-1");
    assert_eq!((profile.email.as_str(), profile.profile.name.as_str()), ("byron@example.com", "Ada Byron"));
    assert_eq!(app.memory.mailer.sent().len(), 1);
    app.assert_no_dead_letters();
}

#[test]
fn an_inactive_user_changes_nothing_until_it_is_activated() {
    let app = TestApp::new(31);
    app.publish("RegisterUser", register("u-1"));
    app.publish("DeactivateUser", json!({ "userId": "u-1" }));
    app.publish("UpdateUserEmail", json!({ "userId": "u-1", "email": "eve@example.com" }));
    let rejected = app.published::<CommandRejected>();
    assert_eq!((rejected.len(), rejected[0].rule.as_str()), (1, "Inactive"));
    assert!(!app.row::<UserProfile>("u-1").active);
    app.publish("ReactivateUser", json!({ "userId": "u-1" }));
    app.publish("UpdateUserEmail", json!({ "userId": "u-1", "email": "byron@example.com" }));
    let profile = app.row::<UserProfile>("u-1");
    assert_eq!((profile.email.as_str(), profile.active), ("byron@example.com", true));
}

#[test]
fn the_address_of_a_user_is_known_for_every_time() {
    let app = TestApp::new(32);
    let begin = app.now();
    app.publish("RegisterUser", register("u-1"));
    app.advance(SignedDuration::from_hours(24));
    app.publish("UpdateUserEmail", json!({ "userId": "u-1", "email": "byron@example.com" }));
    let email_at = |hours| match app.user_at("u-1", begin + SignedDuration::from_hours(hours)) {
        UserState::Registered { email, .. } => Some(email.to_string()),
        UserState::Unregistered => None,
    };
    assert_eq!(email_at(-1), None);
    assert_eq!(email_at(1).as_deref(), Some("ada@example.com"));
    assert_eq!(email_at(25).as_deref(), Some("byron@example.com"));
}
