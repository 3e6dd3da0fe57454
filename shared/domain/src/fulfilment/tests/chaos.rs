//! A fulfilment among real orders, stock, payments and shipments, with every message doubled, shuffled and sometimes
//! very late, and a clock that passes deadlines at any moment.

use std::collections::BTreeMap;

use causeway::{
    Decider, Encoded, Messages,
    command::decider::fold,
    memory::MemoryIds,
    saga::{SagaInput, SagaState, Signal, Waits},
};
use jiff::SignedDuration;

use super::*;
use crate::{
    inventory::{Inventory, InventoryCommand, InventoryEvent, ReceiveStock, StockState},
    order::{
        Order, OrderCommand, OrderEvent, OrderFact, OrderRecord, OrderRejection, OrderState, PlaceOrder, RequestedLine,
    },
    payment::{ChargeOutcome, Payment, PaymentCommand, PaymentEvent, PaymentInput, PaymentState, Refunded},
    shipment::{ConfirmDelivery, Shipment, ShipmentCommand, ShipmentEvent, ShipmentState},
};

const SEEDS: u64 = 3_000;

/// One message under way.
#[derive(Clone)]
enum Delivery {
    Order(OrderCommand),
    Fact(OrderFact),
    Stock(InventoryCommand),
    Payment(PaymentInput),
    /// The provider is asked to charge.
    Charge,
    /// The provider is asked to close the charge and to return it.
    Return,
    Shipment(ShipmentCommand),
    Saga(Signal<FulfilmentOrder>),
}

/// The payment provider: it charges once, and never after it was closed.
#[derive(Default)]
struct Provider {
    declines: bool,
    charged: bool,
    closed: bool,
    returned: bool,
}

/// When the buyer cancels.
#[derive(Clone, Copy, PartialEq)]
enum Cancels {
    AtOnce,
    WhenPaid,
    WhenConfirmed,
}

struct Shop {
    rng: MemoryIds,
    now: Timestamp,
    under_way: Vec<Delivery>,
    timer: Option<Timestamp>,
    order: OrderState,
    order_events: Vec<OrderEvent>,
    stock: BTreeMap<String, StockState>,
    payment: PaymentState,
    provider: Provider,
    shipment: ShipmentState,
    cancels: Option<Cancels>,
    saga: SagaState<FulfilmentOrder>,
    saga_events: Vec<FulfilmentEvent>,
    released: BTreeMap<String, u32>,
    resumed: usize,
}

impl Shop {
    fn new(seed: u64) -> Self {
        Self {
            rng: MemoryIds::seeded(seed),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            under_way: Vec::new(),
            timer: None,
            order: OrderState::New,
            order_events: Vec::new(),
            stock: BTreeMap::new(),
            payment: PaymentState::New,
            provider: Provider::default(),
            shipment: ShipmentState::New,
            cancels: None,
            saga: SagaState::default(),
            saga_events: Vec::new(),
            released: BTreeMap::new(),
            resumed: 0,
        }
    }

    fn publish(&mut self, delivery: Delivery) {
        for _ in 0..=self.rng.bits() % 3 {
            self.under_way.push(delivery.clone());
        }
    }

    fn publish_to_saga<M: Message>(&mut self, message: &M)
    where
        Fulfilment: Waits<M>,
    {
        self.publish(Delivery::Saga(<Fulfilment as Waits<M>>::signal(message).1));
    }

    /// Delivers everything in any order; the deadline passes at any moment with this chance of one in so many.
    fn run(&mut self, one_in: u64) {
        for _ in 0..5_000 {
            let clock_runs_ahead = self.timer.is_some() && self.rng.bits().is_multiple_of(one_in);
            if self.under_way.is_empty() || clock_runs_ahead {
                let Some(deadline) = self.timer.take() else { return };
                self.now = self.now.max(deadline);
                self.publish_to_saga(&FulfilmentDeadlinePassed { order_id: order_id(), deadline });
            }
            let index = (self.rng.bits() % self.under_way.len() as u64) as usize;
            match self.under_way.swap_remove(index) {
                Delivery::Order(command) => self.handle_order(&command),
                Delivery::Fact(fact) => self.record(fact),
                Delivery::Stock(command) => self.handle_stock(&command),
                Delivery::Payment(input) => self.handle_payment(&input),
                Delivery::Charge => self.charge(),
                Delivery::Return => self.return_charge(),
                Delivery::Shipment(command) => self.handle_shipment(&command),
                Delivery::Saga(signal) => self.handle_saga(signal),
            }
        }
        panic!("the shop does not come to rest");
    }

    fn handle_order(&mut self, command: &OrderCommand) {
        let events = Order::decide(&self.order, command).unwrap_or_default();
        self.order_changes(events);
    }

    /// Records a fact; one that overtook the fact before it comes again.
    fn record(&mut self, fact: OrderFact) {
        match OrderRecord::decide(&self.order, &fact) {
            Ok(events) => self.order_changes(events),
            Err(OrderRejection::NotPaid | OrderRejection::NotShipped) => self.under_way.push(Delivery::Fact(fact)),
            Err(rejection) => assert_ne!(rejection, OrderRejection::AlreadyCancelled, "a cancelled order is shipped"),
        }
    }

    fn order_changes(&mut self, events: Vec<OrderEvent>) {
        self.order = fold::<Order>(std::mem::take(&mut self.order), &events);
        for event in &events {
            match event {
                OrderEvent::OrderPlaced(placed) => {
                    self.publish_to_saga(placed);
                    self.cancel_if(Cancels::AtOnce);
                }
                OrderEvent::OrderPaid(paid) => {
                    self.publish_to_saga(paid);
                    self.cancel_if(Cancels::WhenPaid);
                }
                OrderEvent::OrderConfirmed(confirmed) => {
                    self.publish_to_saga(confirmed);
                    self.cancel_if(Cancels::WhenConfirmed);
                }
                OrderEvent::OrderCancelled(cancelled) => self.publish_to_saga(cancelled),
                OrderEvent::OrderShipped(shipped) => self.publish_to_saga(shipped),
                OrderEvent::OrderDelivered(delivered) => self.publish_to_saga(delivered),
                OrderEvent::OrderCompleted(completed) => self.publish_to_saga(completed),
                OrderEvent::OrderCancellationRequested(_) => {}
            }
            self.send(Order::effects(&self.order, event));
        }
        self.order_events.extend(events);
    }

    fn cancel_if(&mut self, now: Cancels) {
        if self.cancels == Some(now) {
            let reason = CHANGED_MIND.to_owned();
            let cancel = CancelOrder { order_id: order_id(), reason, unless_confirmed: false };
            self.publish(Delivery::Order(cancel.into()));
        }
    }

    fn send(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { message, .. } => self.publish(delivery_of(&message.unwrap())),
                Effect::SetTimer { due, .. } => self.timer = Some(due),
                Effect::CancelTimer { .. } => self.timer = None,
            }
        }
    }

    fn handle_payment(&mut self, input: &PaymentInput) {
        let events = Payment::decide(&self.payment, input).unwrap();
        self.payment = fold::<Payment>(std::mem::take(&mut self.payment), &events);
        for event in events {
            match event {
                PaymentEvent::PaymentRequested(_) => self.publish(Delivery::Charge),
                PaymentEvent::PaymentRefundRequested(_) => self.publish(Delivery::Return),
                PaymentEvent::PaymentProcessed(processed) => self.publish(Delivery::Fact(OrderFact::Paid(processed))),
                PaymentEvent::PaymentFailed(failed) => self.publish_to_saga(&failed),
                PaymentEvent::PaymentRefunded(refunded) => self.publish_to_saga(&refunded),
                PaymentEvent::PaymentVoided(voided) => self.publish_to_saga(&voided),
            }
        }
    }

    fn charge(&mut self) {
        if !matches!(self.payment, PaymentState::Requested(_)) {
            return;
        }
        let provider = &mut self.provider;
        provider.charged |= !provider.closed && !provider.declines;
        let outcome = self.provider.outcome();
        self.handle_payment(&PaymentInput::Charge(outcome));
    }

    fn return_charge(&mut self) {
        self.provider.closed = true;
        let outcome = self.provider.outcome();
        self.handle_payment(&PaymentInput::Charge(outcome));
        if self.provider.charged {
            self.provider.returned = true;
            let returned = Refunded { refund_id: "re-1".parse().unwrap(), amount: TOTAL };
            self.handle_payment(&PaymentInput::Refund(returned));
        }
    }

    fn handle_shipment(&mut self, command: &ShipmentCommand) {
        let events = Shipment::decide(&self.shipment, command).unwrap_or_default();
        self.shipment = fold::<Shipment>(std::mem::take(&mut self.shipment), &events);
        for event in events {
            match event {
                ShipmentEvent::ShippingScheduled(scheduled) => self.publish_to_saga(&scheduled),
                ShipmentEvent::ShippingCancelled(cancelled) => {
                    self.publish_to_saga(&cancelled);
                    self.publish(Delivery::Fact(OrderFact::ShippingCancelled(cancelled)));
                }
                ShipmentEvent::ShipmentDispatched(dispatched) => {
                    self.publish(Delivery::Fact(OrderFact::Shipped(dispatched)));
                    self.publish(Delivery::Shipment(ConfirmDelivery { order_id: order_id() }.into()));
                }
                ShipmentEvent::ShipmentDelivered(delivered) => {
                    self.publish(Delivery::Fact(OrderFact::Delivered(delivered)));
                }
                ShipmentEvent::TrackingUpdated(_) => {}
            }
        }
    }

    fn handle_stock(&mut self, command: &InventoryCommand) {
        let sku = match command {
            InventoryCommand::ReceiveStock(command) => &command.sku,
            InventoryCommand::ReserveStock(command) => &command.sku,
            InventoryCommand::ReleaseStock(command) => &command.sku,
            InventoryCommand::ShipStock(command) => &command.sku,
        };
        let stock = self.stock.entry(sku.to_string()).or_default();
        let events = Inventory::decide(stock, command).unwrap_or_default();
        *stock = fold::<Inventory>(std::mem::take(stock), &events);
        for event in events {
            match event {
                InventoryEvent::StockReceived(_) => {}
                InventoryEvent::StockShipped(shipped) => self.publish_to_saga(&shipped),
                InventoryEvent::StockReserved(reserved) => self.publish_to_saga(&reserved),
                InventoryEvent::StockReservationFailed(failed) => self.publish_to_saga(&failed),
                InventoryEvent::StockReleased(released) => {
                    if released.quantity > 0 {
                        *self.released.entry(released.sku.to_string()).or_default() += 1;
                    }
                    self.publish_to_saga(&released);
                }
            }
        }
    }

    fn handle_saga(&mut self, signal: Signal<FulfilmentOrder>) {
        let input = SagaInput { id: order_id(), at: self.now, signal };
        let events = Fulfilment::decide(&self.saga, &input).unwrap();
        let after = fold::<Fulfilment>(std::mem::take(&mut self.saga), &events);
        let again = Fulfilment::decide(&after, &input).unwrap();
        assert_eq!(again, [], "{input:?} a second time adds something");
        for event in &events {
            self.send(Fulfilment::effects(&after, event));
        }
        self.saga = after;
        self.saga_events.extend(events);
    }

    fn held(&self) -> u64 {
        self.stock.values().map(StockState::reserved).sum()
    }

    fn ends(&self) -> usize {
        let end = |event: &&FulfilmentEvent| {
            matches!(
                event,
                FulfilmentEvent::FulfilmentCompleted(_)
                    | FulfilmentEvent::FulfilmentCompensated(_)
                    | FulfilmentEvent::FulfilmentNeedsOperator(_)
            )
        };
        self.saga_events.iter().filter(end).count()
    }

    /// Whether the order was both confirmed and cancelled.
    fn both(&self) -> bool {
        let confirmed = self.order_events.iter().any(|event| matches!(event, OrderEvent::OrderConfirmed(_)));
        confirmed && self.order_events.iter().any(|event| matches!(event, OrderEvent::OrderCancelled(_)))
    }
}

impl Provider {
    fn outcome(&self) -> ChargeOutcome {
        match (self.charged, self.closed) {
            (true, _) => ChargeOutcome::Charged { charge_id: "ch-1".parse().unwrap(), amount: TOTAL },
            (false, true) => ChargeOutcome::Closed,
            (false, false) => ChargeOutcome::Declined { reason: "card expired".to_owned() },
        }
    }
}

fn delivery_of(encoded: &Encoded) -> Delivery {
    let Encoded { name, version, data } = encoded;
    let order = OrderCommand::decode(name, *version, data).map(Delivery::Order);
    let stock = || InventoryCommand::decode(name, *version, data).map(Delivery::Stock);
    let payment =
        || PaymentCommand::decode(name, *version, data).map(|it| Delivery::Payment(PaymentInput::Command(it)));
    let shipment = || ShipmentCommand::decode(name, *version, data).map(Delivery::Shipment);
    order.or_else(|_| stock()).or_else(|_| payment()).or_else(|_| shipment()).unwrap()
}

fn place_order(skus: &[&str]) -> OrderCommand {
    // The total is the same for one, two and three lines.
    let unit_price = Money { amount: 6 / skus.len() as i64 * 25, currency: Currency::EUR };
    let lines = skus.iter().map(|text| RequestedLine { sku: sku(text), quantity: 2, unit_price });
    PlaceOrder {
        order_id: order_id(),
        user_id: "u-1".parse().unwrap(),
        lines: lines.collect(),
        shipping_address: None,
        contact_email: None,
        payment_token: None,
    }
    .into()
}

/// The run of a seed: which items are in stock, whether the card is declined, and whether and when the buyer cancels.
fn run(seed: u64, one_in: u64, may_cancel: bool) -> Shop {
    let mut shop = Shop::new(seed);
    let skus = ["mug", "tea", "cup"];
    for text in skus {
        let quantity = (shop.rng.bits() % 5) as u32;
        shop.handle_stock(&ReceiveStock { sku: sku(text), quantity: 1 + quantity }.into());
    }
    let wanted = 1 + (shop.rng.bits() % 3) as usize;
    shop.provider.declines = shop.rng.bits().is_multiple_of(10);
    let cancels = [None, Some(Cancels::AtOnce), Some(Cancels::WhenPaid), Some(Cancels::WhenConfirmed)];
    shop.cancels = cancels[(shop.rng.bits() % 4) as usize].filter(|_| may_cancel);
    shop.handle_order(&place_order(&skus[..wanted]));
    shop.run(one_in);
    // An operator resumes what got no answer in time.
    while shop.saga.status == Status::NeedsOperator {
        shop.resumed += 1;
        assert!(shop.resumed < 10, "seed {seed} is stuck: {:#?}", shop.saga_events);
        shop.publish_to_saga(&ResumeFulfilment { order_id: order_id() });
        shop.run(u64::MAX);
    }
    // After everything, everything once more: the bus may repeat itself for days.
    shop.publish(Delivery::Order(place_order(&skus[..wanted])));
    shop.now += SignedDuration::from_hours(24);
    shop.run(one_in);
    shop
}

#[test]
fn whatever_comes_in_whatever_order_there_is_one_end_and_nothing_is_undone_twice() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..SEEDS {
        let shop = run(seed, 20, true);
        let status = shop.saga.status;
        *seen.entry(format!("{status:?}")).or_default() += 1;
        *seen.entry("resumed".to_owned()).or_default() += u32::from(shop.resumed > 0);
        *seen.entry("cancelled after the confirmation".to_owned()).or_default() += u32::from(shop.both());
        assert_eq!(shop.ends(), 1 + shop.resumed, "seed {seed}: {:#?}", shop.saga_events);
        assert!(shop.released.values().all(|times| *times == 1), "seed {seed}: released twice");
        let Provider { charged, returned, .. } = shop.provider;
        let dispatched = matches!(shop.shipment, ShipmentState::Delivered(_));
        assert_eq!(shop.held(), 0, "seed {seed}: stock is held after the end");
        match &shop.order {
            OrderState::Completed(_) => {
                assert_eq!(status, Status::Completed, "seed {seed}");
                assert!(charged && !returned && dispatched, "seed {seed}: {charged} {returned} {dispatched}");
                assert!(shop.stock.values().any(|stock| stock.shipped > 0), "seed {seed}: nothing left the house");
            }
            OrderState::Cancelled(_) => {
                assert_eq!(status, Status::Compensated, "seed {seed}");
                assert!(charged == returned && !dispatched, "seed {seed}: {charged} {returned} {dispatched}");
                assert!(shop.stock.values().all(|stock| stock.shipped == 0), "seed {seed}: cancelled and shipped");
            }
            OrderState::New
            | OrderState::Placed(_)
            | OrderState::Confirmed(_)
            | OrderState::Cancelling(_)
            | OrderState::Shipped(_)
            | OrderState::Delivered(_) => {
                panic!("seed {seed}: the order was forgotten: {:?}, {:#?}", shop.order, shop.saga_events)
            }
        }
    }
    assert!(seen.len() == 4 && seen.values().all(|times| *times > 10), "no run ended so: {seen:?}");
}

#[test]
fn whatever_the_clock_does_no_order_is_both_confirmed_and_cancelled() {
    let mut in_doubt = 0;
    for seed in 0..SEEDS {
        let shop = run(seed, 3, false);
        assert!(!shop.both(), "seed {seed}: {:#?}", shop.order_events);
        let compensating = |event: &FulfilmentEvent| matches!(event, FulfilmentEvent::FulfilmentCompensating(_));
        let doubt = shop.saga_events.iter().any(compensating) && shop.saga.status == Status::Completed;
        in_doubt += u32::from(doubt);
    }
    assert!(in_doubt > 0, "no order was confirmed after its deadline had passed");
}
