//! Delivery: from the log to the bus by the relay, and from the bus into a handler by a route.

pub mod bus;
pub mod dead_letter;
pub mod declare;
pub mod handle;
pub mod inbox;
pub mod input;
pub mod receive;
pub mod relay;
pub mod route;
pub mod verify;
