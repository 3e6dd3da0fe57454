//! A fulfilment among real orders and shelves, with every message doubled, shuffled and sometimes very late.

use std::collections::BTreeMap;

use causeway::{Decider, Effect, Encoded, Messages, Process, command::decider::fold, memory::MemoryIds};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    inventory::{Inventory, InventoryCommand, InventoryEvent, ReceiveStock, StockState},
    order::{Order, OrderCommand, OrderEvent, OrderState, PlaceOrder, RequestedLine},
};

/// One message under way.
#[derive(Clone)]
enum Message {
    Order(OrderCommand),
    StockState(InventoryCommand),
    Process(Trigger),
}

struct House {
    chance: MemoryIds,
    now: Timestamp,
    under_way: Vec<Message>,
    timer: Option<Timestamp>,
    order: OrderState,
    shelves: BTreeMap<String, StockState>,
    fulfilment: FulfilmentState,
    recorded: Vec<FulfilmentEvent>,
    released: BTreeMap<String, u32>,
}

impl House {
    fn new(seed: u64) -> Self {
        Self {
            chance: MemoryIds::seeded(seed),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            under_way: Vec::new(),
            timer: None,
            order: OrderState::New,
            shelves: BTreeMap::new(),
            fulfilment: FulfilmentState::default(),
            recorded: Vec::new(),
            released: BTreeMap::new(),
        }
    }

    fn say(&mut self, message: Message) {
        for _ in 0..=self.chance.bits() % 3 {
            self.under_way.push(message.clone());
        }
    }

    fn run(&mut self) {
        for _ in 0..2_000 {
            let timer_first = self.timer.is_some() && self.chance.bits().is_multiple_of(20);
            if self.under_way.is_empty() || timer_first {
                let Some(deadline) = self.timer.take() else { return };
                self.now = self.now.max(deadline);
                self.say(Message::Process(Trigger::DeadlinePassed { deadline }));
            }
            let index = (self.chance.bits() % self.under_way.len() as u64) as usize;
            match self.under_way.swap_remove(index) {
                Message::Order(command) => self.order_hears(&command),
                Message::StockState(command) => self.shelf_hears(&command),
                Message::Process(fact) => self.fulfilment_hears(fact),
            }
        }
        panic!("the house does not come to rest");
    }

    fn order_hears(&mut self, command: &OrderCommand) {
        let events = Order::decide(&self.order, command).unwrap_or_default();
        self.order = fold::<Order>(std::mem::take(&mut self.order), &events);
        for event in events {
            let fact = match event {
                OrderEvent::OrderPlaced(placed) => Trigger::OrderPlaced {
                    placed_at: self.now,
                    lines: placed
                        .lines
                        .into_iter()
                        .map(|line| FulfilmentLine { sku: line.sku, quantity: line.quantity })
                        .collect(),
                },
                OrderEvent::OrderConfirmed(_) => Trigger::OrderConfirmed,
                OrderEvent::OrderCancelled(cancelled) => Trigger::OrderCancelled { reason: cancelled.reason },
            };
            self.say(Message::Process(fact));
        }
    }

    fn shelf_hears(&mut self, command: &InventoryCommand) {
        let sku = match command {
            InventoryCommand::ReceiveStock(command) => &command.sku,
            InventoryCommand::ReserveStock(command) => &command.sku,
            InventoryCommand::ReleaseStock(command) => &command.sku,
            InventoryCommand::ShipStock(command) => &command.sku,
        };
        let shelf = self.shelves.entry(sku.to_string()).or_default();
        let events = Inventory::decide(shelf, command).unwrap();
        *shelf = fold::<Inventory>(std::mem::take(shelf), &events);
        for event in events {
            match event {
                InventoryEvent::StockReceived(_) | InventoryEvent::StockShipped(_) => {}
                InventoryEvent::StockReserved(reserved) => {
                    let line = FulfilmentLine { sku: reserved.sku, quantity: reserved.quantity };
                    self.say(Message::Process(Trigger::StockReserved { line }));
                }
                InventoryEvent::StockReservationFailed(failed) => {
                    let line = FulfilmentLine { sku: failed.sku, quantity: failed.quantity };
                    let because = failed.because.to_string();
                    self.say(Message::Process(Trigger::StockReservationFailed { line, because }));
                }
                InventoryEvent::StockReleased(released) => {
                    if released.quantity > 0 {
                        *self.released.entry(released.sku.to_string()).or_default() += 1;
                    }
                    self.say(Message::Process(Trigger::StockReleased { sku: released.sku }));
                }
            }
        }
    }

    fn fulfilment_hears(&mut self, fact: Trigger) {
        let input = FulfilmentInput { order_id: order_id(), at: self.now, trigger: fact };
        let events = Fulfilment::decide(&self.fulfilment, &input).unwrap();
        let after = fold::<Fulfilment>(std::mem::take(&mut self.fulfilment), &events);
        let again = Fulfilment::decide(&after, &input).unwrap();
        assert_eq!(again, [], "{input:?} input twice adds something");
        for wish in events.iter().flat_map(|event| Fulfilment::effects(&after, event)) {
            match wish {
                Effect::Send { message, .. } => self.say(message_of(&message.unwrap())),
                Effect::SetTimer { due, .. } => self.timer = Some(due),
                Effect::CancelTimer { .. } => self.timer = None,
            }
        }
        self.fulfilment = after;
        self.recorded.extend(events);
    }

    fn held(&self) -> u64 {
        self.shelves.values().map(StockState::reserved).sum()
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
        self.recorded.iter().filter(end).count()
    }
}

fn message_of(encoded: &Encoded) -> Message {
    let Encoded { name, version, data } = encoded;
    let order = OrderCommand::decode(name, *version, data).map(Message::Order);
    order.or_else(|_| InventoryCommand::decode(name, *version, data).map(Message::StockState)).unwrap()
}

fn place_order(skus: &[&str]) -> OrderCommand {
    let price = crate::money::Money { amount: 100, currency: crate::money::Currency::EUR };
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

/// How a run begins: which shelves have something, and whether the customer cancels.
fn tell(seed: u64) -> House {
    let mut house = House::new(seed);
    let skus = ["mug", "tea", "cup"];
    for text in skus {
        let quantity = (house.chance.bits() % 5) as u32;
        let receive = ReceiveStock { sku: sku(text), quantity: 1 + quantity };
        house.shelf_hears(&receive.into());
    }
    let wanted = 1 + (house.chance.bits() % 3) as usize;
    house.order_hears(&place_order(&skus[..wanted]));
    if house.chance.bits().is_multiple_of(3) {
        house.say(Message::Order(CancelOrder { order_id: order_id(), reason: MIND.to_owned() }.into()));
    }
    house.run();
    // After everything, everything once more: the bus may repeat itself for days.
    house.say(Message::Order(place_order(&skus[..wanted])));
    house.now += SignedDuration::from_hours(24);
    house.run();
    house
}

#[test]
fn whatever_comes_in_whatever_order_there_is_one_end_and_nothing_is_undone_twice() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..3_000 {
        let house = tell(seed);
        let status = Fulfilment::status(&house.fulfilment);
        *seen.entry(format!("{status:?}")).or_default() += 1;
        assert_eq!(house.ends(), 1, "seed {seed}: {:#?}", house.recorded);
        assert!(house.released.values().all(|times| *times == 1), "seed {seed}: released twice");
        match &house.order {
            OrderState::Confirmed(_) => {
                assert_eq!(status, Status::Completed, "seed {seed}");
                assert!(house.held() > 0, "seed {seed}: a confirmed order holds nothing");
            }
            OrderState::Cancelled(_) => assert_eq!(house.held(), 0, "seed {seed}: a cancelled order holds something"),
            OrderState::New | OrderState::Placed(_) => {
                panic!("seed {seed}: the order was forgotten: {:?}", house.order)
            }
        }
    }
    for status in ["Completed", "Compensated", "NeedsOperator"] {
        assert!(seen.contains_key(status), "no run ended in {status}: {seen:?}");
    }
}
