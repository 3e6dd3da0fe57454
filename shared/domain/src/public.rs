//! Integration events: what partners learn of the shop, in shapes of their own. Stream `public/<event id>`.
//!
//! | event inside | event outside |
//! |---|---|
//! | `OrderConfirmed` | `PublicOrderConfirmed` |
//! | `ShipmentDispatched` | `PublicShipmentDispatched` |
//!
//! - The functions of this context translate at the border (anti-corruption layer). The inside may change, the outside may
//!   not: schemas and samples in `events/public` are pinned by digest, and a new shape is a new version.
//! - Each event inside leads to one event outside, whatever is repeated.
//! - Public types use plain values and no type of another context, so that none of their changes shows outside.

mod decider;
mod events;
mod samples;
mod translation;

#[cfg(test)]
mod tests;

pub use decider::{Public, PublicState};
pub use events::{PublicAmount, PublicEvent, PublicOrderConfirmed, PublicShipmentDispatched};
pub use samples::context;
pub use translation::{order_confirmed, shipment_dispatched};
