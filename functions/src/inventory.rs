//! Shelves: what is asked of them, and the view of how much there is.

use causeway::{App, Outcome, Received};
use domain::inventory::{
    Inventory, ReceiveStock, ReleaseStock, ReserveStock, ShipStock, Stock, StockReceived, StockReleased,
    StockReservationFailed, StockReserved, StockShipped,
};

/// Puts what came in on its shelf, once.
pub async fn on_receive_stock(app: App, command: Received<ReceiveStock>) -> Outcome {
    app.execute::<Inventory>(&command.data.sku, &command.data.clone().into(), &command.cause()).await
}

/// Reserves for an order, or refuses.
pub async fn on_reserve_stock(app: App, command: Received<ReserveStock>) -> Outcome {
    app.execute::<Inventory>(&command.data.sku, &command.data.clone().into(), &command.cause()).await
}

/// Gives back what an order holds.
pub async fn on_release_stock(app: App, command: Received<ReleaseStock>) -> Outcome {
    app.execute::<Inventory>(&command.data.sku, &command.data.clone().into(), &command.cause()).await
}

/// Lets go what an order holds.
pub async fn on_ship_stock(app: App, command: Received<ShipStock>) -> Outcome {
    app.execute::<Inventory>(&command.data.sku, &command.data.clone().into(), &command.cause()).await
}

/// Counts what came in.
pub async fn on_stock_received(app: App, event: Received<StockReceived>) -> Outcome {
    app.project::<Stock>(&event).await
}

/// Counts what is held.
pub async fn on_stock_reserved(app: App, event: Received<StockReserved>) -> Outcome {
    app.project::<Stock>(&event).await
}

/// Changes no number, and keeps the view in step with its stream.
pub async fn on_stock_reservation_failed(app: App, event: Received<StockReservationFailed>) -> Outcome {
    app.project::<Stock>(&event).await
}

/// Counts what came back.
pub async fn on_stock_released(app: App, event: Received<StockReleased>) -> Outcome {
    app.project::<Stock>(&event).await
}

/// Counts what left.
pub async fn on_stock_shipped(app: App, event: Received<StockShipped>) -> Outcome {
    app.project::<Stock>(&event).await
}
