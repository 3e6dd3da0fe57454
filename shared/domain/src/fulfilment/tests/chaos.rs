//! A fulfilment among real orders and stock, with every message doubled, shuffled and sometimes very late, and a clock
//! that passes deadlines at any moment.

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
    order::{Order, OrderCommand, OrderEvent, OrderState, PlaceOrder, RequestedLine},
};

const SEEDS: u64 = 3_000;

/// One message under way.
#[derive(Clone)]
enum Delivery {
    Order(OrderCommand),
    Stock(InventoryCommand),
    Saga(Signal<FulfilmentOrder>),
}

struct Shop {
    rng: MemoryIds,
    now: Timestamp,
    under_way: Vec<Delivery>,
    timer: Option<Timestamp>,
    order: OrderState,
    order_events: Vec<OrderEvent>,
    stock: BTreeMap<String, StockState>,
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
        for _ in 0..2_000 {
            let clock_runs_ahead = self.timer.is_some() && self.rng.bits().is_multiple_of(one_in);
            if self.under_way.is_empty() || clock_runs_ahead {
                let Some(deadline) = self.timer.take() else { return };
                self.now = self.now.max(deadline);
                self.publish_to_saga(&FulfilmentDeadlinePassed { order_id: order_id(), deadline });
            }
            let index = (self.rng.bits() % self.under_way.len() as u64) as usize;
            match self.under_way.swap_remove(index) {
                Delivery::Order(command) => self.handle_order(&command),
                Delivery::Stock(command) => self.handle_stock(&command),
                Delivery::Saga(signal) => self.handle_saga(signal),
            }
        }
        panic!("the shop does not come to rest");
    }

    fn handle_order(&mut self, command: &OrderCommand) {
        let events = Order::decide(&self.order, command).unwrap_or_default();
        self.order = fold::<Order>(std::mem::take(&mut self.order), &events);
        for event in &events {
            match event {
                OrderEvent::OrderPlaced(placed) => self.publish_to_saga(placed),
                OrderEvent::OrderConfirmed(confirmed) => self.publish_to_saga(confirmed),
                OrderEvent::OrderCancelled(cancelled) => self.publish_to_saga(cancelled),
            }
        }
        self.order_events.extend(events);
    }

    fn handle_stock(&mut self, command: &InventoryCommand) {
        let sku = match command {
            InventoryCommand::ReceiveStock(command) => &command.sku,
            InventoryCommand::ReserveStock(command) => &command.sku,
            InventoryCommand::ReleaseStock(command) => &command.sku,
            InventoryCommand::ShipStock(command) => &command.sku,
        };
        let stock = self.stock.entry(sku.to_string()).or_default();
        let events = Inventory::decide(stock, command).unwrap();
        *stock = fold::<Inventory>(std::mem::take(stock), &events);
        for event in events {
            match event {
                InventoryEvent::StockReceived(_) | InventoryEvent::StockShipped(_) => {}
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
        for effect in events.iter().flat_map(|event| Fulfilment::effects(&after, event)) {
            match effect {
                Effect::Send { message, .. } => self.publish(delivery_of(&message.unwrap())),
                Effect::SetTimer { due, .. } => self.timer = Some(due),
                Effect::CancelTimer { .. } => self.timer = None,
            }
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

fn delivery_of(encoded: &Encoded) -> Delivery {
    let Encoded { name, version, data } = encoded;
    let order = OrderCommand::decode(name, *version, data).map(Delivery::Order);
    order.or_else(|_| InventoryCommand::decode(name, *version, data).map(Delivery::Stock)).unwrap()
}

fn place_order(skus: &[&str]) -> OrderCommand {
    let price = Money { amount: 100, currency: Currency::EUR };
    let lines = skus.iter().map(|text| RequestedLine { sku: sku(text), quantity: 2, unit_price: price });
    PlaceOrder {
        order_id: order_id(),
        user_id: "u-1".parse().unwrap(),
        lines: lines.collect(),
        shipping_address: None,
        contact_email: None,
    }
    .into()
}

/// The run of a seed: which items are in stock, and whether the buyer cancels.
fn run(seed: u64, one_in: u64) -> Shop {
    let mut shop = Shop::new(seed);
    let skus = ["mug", "tea", "cup"];
    for text in skus {
        let quantity = (shop.rng.bits() % 5) as u32;
        shop.handle_stock(&ReceiveStock { sku: sku(text), quantity: 1 + quantity }.into());
    }
    let wanted = 1 + (shop.rng.bits() % 3) as usize;
    shop.handle_order(&place_order(&skus[..wanted]));
    if shop.rng.bits().is_multiple_of(3) {
        let cancel = CancelOrder { order_id: order_id(), reason: CHANGED_MIND.to_owned() };
        shop.publish(Delivery::Order(cancel.into()));
    }
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
        let shop = run(seed, 20);
        let status = shop.saga.status;
        *seen.entry(format!("{status:?}")).or_default() += 1;
        *seen.entry("NeedsOperator".to_owned()).or_default() += u32::from(shop.resumed > 0);
        assert_eq!(shop.ends(), 1 + shop.resumed, "seed {seed}: {:#?}", shop.saga_events);
        assert!(shop.released.values().all(|times| *times == 1), "seed {seed}: released twice");
        match &shop.order {
            OrderState::Confirmed(_) => {
                assert_eq!(status, Status::Completed, "seed {seed}");
                assert!(shop.held() > 0, "seed {seed}: a confirmed order holds nothing");
            }
            OrderState::Cancelled(_) => assert_eq!(shop.held(), 0, "seed {seed}: a cancelled order holds something"),
            OrderState::New | OrderState::Placed(_) => {
                panic!("seed {seed}: the order was forgotten: {:?}", shop.order)
            }
        }
    }
    assert!(seen.len() == 3 && seen.values().all(|times| *times > 0), "no run ended so: {seen:?}");
}

#[test]
fn whatever_the_clock_does_no_order_is_both_confirmed_and_cancelled() {
    let mut in_doubt = 0;
    for seed in 0..SEEDS {
        let shop = run(seed, 3);
        assert!(!shop.both(), "seed {seed}: {:#?}", shop.order_events);
        let compensating = |event: &FulfilmentEvent| matches!(event, FulfilmentEvent::FulfilmentCompensating(_));
        let doubt = shop.saga_events.iter().any(compensating) && shop.saga.status == Status::Completed;
        in_doubt += u32::from(doubt);
    }
    assert!(in_doubt > 0, "no order was confirmed after its deadline had passed");
}
