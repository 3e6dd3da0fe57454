//! The bridges as processes between the local cloud and real brokers: killed, with the broker restarted or cut off, in both
//! directions at once, and with bad input. A broker that this machine does not have is skipped with a line that says so.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test says where, and a skipped one says why")]

#[path = "brokers/bad_input.rs"]
mod bad_input;
#[path = "brokers/bridge.rs"]
mod bridge;
#[path = "brokers/channels.rs"]
mod channels;
#[path = "brokers/cloud.rs"]
mod cloud;
#[path = "brokers/kills.rs"]
mod kills;
#[path = "brokers/proxy.rs"]
mod proxy;
#[path = "brokers/rig.rs"]
mod rig;
#[path = "brokers/servers.rs"]
mod servers;
#[path = "brokers/throughput.rs"]
mod throughput;
#[path = "brokers/tls.rs"]
mod tls;
