//! The stores on a real database: they are what the ports say, they cost what is promised, and they bear faults.

mod circuits;
mod cost;
mod expiry;
mod faults;
mod lost_claims;
mod ports;
mod races;
mod readings;
mod sample_aggregate;
mod sizes;
