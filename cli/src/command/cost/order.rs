//! The messages that are put: goods for every shelf, and orders that go round the shelves. They are the samples of the
//! catalogue with names as long as those of a real shop.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Cost;
use crate::samples;

/// So many come in for each shelf: more than are ever ordered here.
const GOODS: u32 = 1_000_000;

/// The orders are numbered from here on; smaller numbers only warm up.
const FIRST: u32 = 1_000_000;

/// Goods for every shelf.
pub(super) fn goods(args: &Cost) -> anyhow::Result<Vec<PutEventsRequestEntry>> {
    let goods = (0..args.products).map(|product| {
        entry("ReceiveStock", |data| {
            data["sku"] = json!(sku(product));
            data["quantity"] = json!(GOODS);
        })
    });
    goods.collect()
}

/// An order for each shelf.
pub(super) fn first_orders(args: &Cost) -> anyhow::Result<Vec<PutEventsRequestEntry>> {
    (0..args.products).map(|number| order(number, &[sku(number)])).collect()
}

/// The orders.
pub(super) fn orders(args: &Cost) -> anyhow::Result<Vec<PutEventsRequestEntry>> {
    (0..args.orders)
        .map(|number| {
            let first = number * args.lines;
            let mut skus: Vec<String> = (first..first + args.lines).map(|line| sku(line % args.products)).collect();
            let is_refused = (number + 1) * args.refused / 100 > number * args.refused / 100;
            if let (true, Some(last)) = (is_refused, skus.last_mut()) {
                *last = format!("sold-out-{:04}", number % args.products);
            }
            order(FIRST + number, &skus)
        })
        .collect()
}

fn order(number: u32, skus: &[String]) -> anyhow::Result<PutEventsRequestEntry> {
    entry("PlaceOrder", |data| {
        let sample = data["lines"][0].clone();
        let line = |sku: &String| {
            let mut line = sample.clone();
            line["sku"] = json!(sku);
            line["quantity"] = json!(1);
            line
        };
        data["orderId"] = json!(Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes()));
        data["lines"] = skus.iter().map(line).collect();
    })
}

fn sku(product: u32) -> String {
    format!("product-{product:04}")
}

fn entry(name: &str, change: impl FnOnce(&mut Value)) -> anyhow::Result<PutEventsRequestEntry> {
    samples::entry(name, |detail| change(&mut detail["data"]))
}
