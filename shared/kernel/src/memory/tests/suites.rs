//! The twins pass the suites that every implementation passes.

use futures::executor::block_on;

use crate::{memory::Memory, testing::ports};

#[test]
fn the_log_passes_its_suite() {
    let memory = Memory::new(1);
    block_on(ports::event_store(memory.store.as_ref(), "run-1"));
    block_on(ports::event_store(memory.store.as_ref(), "run-2"));
}

#[test]
fn the_views_pass_their_suite() {
    let memory = Memory::new(1);
    block_on(ports::view_store(memory.views.as_ref(), "run-1"));
    block_on(ports::view_store(memory.views.as_ref(), "run-2"));
}

#[test]
fn the_inbox_passes_its_suite() {
    block_on(ports::inbox(Memory::new(1).inbox.as_ref(), "run-1"));
}

#[test]
fn the_timers_pass_their_suite() {
    block_on(ports::timers(Memory::new(1).timers.as_ref(), "run-1"));
}

#[test]
fn the_bus_passes_its_suite() {
    let memory = Memory::new(1);
    block_on(ports::bus(memory.bus.as_ref(), "run-1", async || memory.bus.deliveries()));
}

#[test]
fn the_dead_letters_pass_their_suite() {
    let memory = Memory::new(1);
    block_on(ports::dead_letters(memory.dead_letters.as_ref(), "run-1", async || memory.dead_letters.letters()));
}

#[test]
fn the_mailer_passes_its_suite() {
    let memory = Memory::new(1);
    block_on(ports::mailer(memory.mailer.as_ref(), "run-1"));
    memory.mailer.forget_keys();
    block_on(ports::mailer(memory.mailer.as_ref(), "run-2"));
}
