//! Tests of the stock report.

use causeway::testing::{assert_idempotent, given};

use super::*;
use crate::{
    ids::DayId,
    inventory::{LOW_STOCK, StockRow},
};

fn day() -> DayId {
    "2026-01-15".parse().unwrap()
}

fn row(sku: &str, available: u64) -> StockRow {
    StockRow { sku: sku.parse().unwrap(), received: available + 3, available, reserved: 2, shipped: 1 }
}

#[test]
fn a_report_counts_all_items_and_lists_low_stock() {
    let count = StockCount::of(day()).and(&[row("mug", 41)]).and(&[row("cup", LOW_STOCK), row("tea", 1)]);
    given::<StockReport>([]).when(count).then([StockReportProduced {
        day: day(),
        skus: 3,
        available: 47,
        reserved: 6,
        shipped: 3,
        low_skus: 1,
        low: vec![LowStock { sku: "tea".parse().unwrap(), available: 1 }],
    }
    .into()]);
}

#[test]
fn a_day_has_one_report() {
    assert_idempotent::<StockReport>([], &StockCount::of(day()));
    let produced = given::<StockReport>([]).when(StockCount::of(day())).events().clone();
    given::<StockReport>(produced).when(StockCount::of(day()).and(&[row("mug", 1)])).then_nothing();
}

#[test]
fn the_list_of_low_stock_is_limited() {
    let rows: Vec<StockRow> = (0..MAX_LOW_ITEMS + 50).map(|number| row(&format!("sku-{number}"), 0)).collect();
    let decided = given::<StockReport>([]).when(StockCount::of(day()).and(&rows));
    let StockReportEvent::StockReportProduced(report) = &decided.events()[0];
    assert_eq!((report.low.len(), report.low_skus), (MAX_LOW_ITEMS, rows.len() as u64));
}
