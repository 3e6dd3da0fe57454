//! Integration events: one public event for each event inside.

use domain::public::{PublicOrderConfirmed, PublicShipmentDispatched};

use super::{place, receive, test_app::TestApp};

#[test]
fn a_confirmed_order_is_published_once_in_its_public_shape() {
    let app = TestApp::new(40).delivering_each(3);
    app.publish("ReceiveStock", receive("mug", 5));
    app.publish("PlaceOrder", place("o-1", &[("mug", 2)]));
    app.publish("PlaceOrder", place("o-2", &[("mug", 9)]));
    let published = app.published::<PublicOrderConfirmed>();
    assert_eq!(published.len(), 1, "a cancelled order is not published");
    let confirmed = &published[0];
    assert_eq!((confirmed.order_number.as_str(), confirmed.total.minor_units), ("o-1", 2000));
    assert_eq!(confirmed.total.currency, "EUR");
}

#[test]
fn a_dispatched_parcel_is_published_once_and_the_buyer_gets_one_mail_for_each_step() {
    let app = TestApp::new(41).delivering_each(3);
    app.publish("ReceiveStock", receive("mug", 5));
    app.publish("PlaceOrder", place("o-1", &[("mug", 2)]));
    let published = app.published::<PublicShipmentDispatched>();
    assert_eq!((published.len(), published[0].tracking_number.as_str()), (1, "o-1"));
    let mut subjects: Vec<String> = app.memory.mailer.sent().into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    let expected = [
        "How do you like your order o-1?",
        "Your order o-1 is confirmed",
        "Your order o-1 is on its way",
        "Your receipt for order o-1",
    ];
    assert_eq!(subjects, expected);
}
