//! What a message of the catalogue means, in a few plain words.

use serde_json::Value;

/// The words; none where the name says it all.
pub(super) fn words(name: &str, data: &Value) -> String {
    let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let things = |pointer: &str| {
        let number = data.pointer(&format!("{pointer}/quantity")).and_then(Value::as_u64).unwrap_or_default();
        format!("{number} × {}", text(&format!("{pointer}/sku")))
    };
    let list = |pointer: &str| {
        let lines = data.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
        (0..lines).map(|line| things(&format!("{pointer}/{line}"))).collect::<Vec<_>>().join(", ")
    };
    match name {
        "ReceiveStock" => format!("{} come in", things("")),
        "StockReceived" => format!("{} more on the shelf", things("")),
        "PlaceOrder" => format!("{} wants {}", text("/contactEmail"), list("/lines")),
        "OrderPlaced" => "the order is taken".to_owned(),
        "FulfilmentStarted" => "a process looks after it from now on".to_owned(),
        "ReserveStock" => format!("please hold {}", things("")),
        "StockReserved" => format!("{} held for the order", things("")),
        "StockReservationFailed" => format!("{} cannot be held", things("")),
        "FulfilmentLineReserved" => format!("noted: {} held", things("/line")),
        "FulfilmentReserved" => "noted: all is held".to_owned(),
        "FulfilmentCompensating" => "what was done is undone".to_owned(),
        "ReleaseStock" => format!("please give {} back", text("/sku")),
        "StockReleased" => format!("{} free again", things("")),
        "FulfilmentLineReleased" => format!("noted: {} given back", text("/sku")),
        "FulfilmentReleased" => "noted: all is given back".to_owned(),
        "CancelOrder" | "OrderCancelled" => text("/reason").to_owned(),
        "ConfirmOrder" => "please confirm the order".to_owned(),
        "OrderConfirmed" => "the order will be delivered".to_owned(),
        "FulfilmentCompleted" | "FulfilmentCompensated" => "the process has ended".to_owned(),
        "FulfilmentNeedsOperator" => "somebody must look at it".to_owned(),
        "FulfilmentDeadlinePassed" => "it takes too long".to_owned(),
        "EmailSent" => format!("{} has a mail", text("/to")),
        "EmailFailed" | "CommandRejected" => text("/reason").to_owned(),
        _ => String::new(),
    }
}
