//! Stories of a trip: what each message leads to, in order, late, early, twice, and by an operator.

use futures::executor::block_on;
use jiff::SignedDuration;

use super::trip::*;
use crate::{
    command::Effect,
    delivery::{HandlerInput, receive},
    memory::Memory,
    message::{Kind, Message, Received, StreamId},
    saga::{
        Plan, SagaState, Signal, Step, Waits,
        declare::handle_signal,
        engine,
        event::{Event, Next},
        process::Status,
        saga,
    },
    testing::{GivenSaga, Sequence, given_saga, tests::minute},
};

fn id() -> TripId {
    "t-1".parse().unwrap()
}

fn send(message: impl Message) -> Effect {
    Effect::send(&id(), &message)
}

fn ordered() -> TripOrdered {
    TripOrdered { trip_id: id(), nights: 2 }
}

fn room() -> RoomReserved {
    RoomReserved { trip_id: id(), nights: 2 }
}

fn flight() -> FlightReserved {
    FlightReserved { trip_id: id() }
}

fn refused() -> FlightRefused {
    FlightRefused { trip_id: id(), reason: "full".to_owned() }
}

fn room_freed() -> RoomFreed {
    RoomFreed { trip_id: id() }
}

fn flight_freed() -> FlightFreed {
    FlightFreed { trip_id: id() }
}

fn booked() -> TripBooked {
    TripBooked { trip_id: id() }
}

fn cancelled() -> TripCancelled {
    TripCancelled { trip_id: id(), reason: "full".to_owned() }
}

fn tickets() -> TicketsSent {
    TicketsSent { trip_id: id() }
}

fn reserve_room() -> Effect {
    send(ReserveRoom { trip_id: id(), nights: 2 })
}

fn reserve_flight() -> Effect {
    send(ReserveFlight { trip_id: id() })
}

fn free_room() -> Effect {
    send(FreeRoom { trip_id: id() })
}

fn free_flight() -> Effect {
    send(FreeFlight { trip_id: id() })
}

fn book() -> Effect {
    send(BookTrip { trip_id: id() })
}

fn cancel(reason: &str) -> Effect {
    send(CancelTrip { trip_id: id(), reason: reason.to_owned() })
}

fn send_tickets() -> Effect {
    send(SendTickets { trip_id: id() })
}

fn given() -> GivenSaga<Trip> {
    given_saga::<Trip>(id())
}

fn started() -> GivenSaga<Trip> {
    given().when(ordered()).then([reserve_room(), reserve_flight()])
}

fn booking() -> GivenSaga<Trip> {
    started().when(flight()).then([]).when(room()).then([book()])
}

#[test]
fn stage_after_stage_is_done_and_the_deadline_moves_with_each() {
    let story = booking().then_status(Status::Running).when(booked()).then([send_tickets()]);
    story.when(tickets()).then([]).then_status(Status::Completed);
    let story = started();
    let first = story.deadline();
    assert_eq!(first, Some(minute(60)));
    let story = story.after(HOUR / 2).when(room()).when(flight());
    assert_eq!(story.deadline(), first.map(|first| first + HOUR / 2));
    story.when_earlier_deadline_passes().then_nothing().then_status(Status::Running);
    started().when_deadline_passes().when_earlier_deadline_passes().then_nothing().then_status(Status::Compensating);
}

#[test]
fn a_failed_step_is_compensated_after_the_pivots_owner_has_cancelled() {
    started()
        .when(room())
        .when(refused())
        .then([cancel("full")])
        .then_status(Status::Compensating)
        .when(cancelled())
        .then([free_room()])
        .when(room_freed())
        .then([])
        .then_status(Status::Compensated);
}

#[test]
fn what_may_have_been_done_is_undone_as_well_the_last_first() {
    let late = "it took longer than 60 minutes to reserve";
    started()
        .when_deadline_passes()
        .then([cancel(late)])
        .when(cancelled())
        .then([free_flight(), free_room()])
        .when(flight_freed())
        .then([])
        .when(room_freed())
        .then_status(Status::Compensated);
}

#[test]
fn a_pivot_in_doubt_is_decided_by_its_owner() {
    let late = "it took longer than 60 minutes to book";
    let doubt = || booking().when_deadline_passes().then([cancel(late)]).then_status(Status::Compensating);
    doubt().when(booked()).then([send_tickets()]).then_status(Status::Running);
    doubt().when(cancelled()).then([free_flight(), free_room()]).when(booked()).then_nothing();
    let unanswered = doubt().when_deadline_passes().then([]).then_status(Status::NeedsOperator);
    unanswered.when(booked()).then([]).then_status(Status::NeedsOperator);
}

#[test]
fn an_operator_follows_the_pivot_that_answered_too_late() {
    let stuck = || booking().when_deadline_passes().when_deadline_passes().then_status(Status::NeedsOperator);
    let resume = || ResumeTrip { trip_id: id() };
    stuck().when(booked()).when(resume()).then([send_tickets()]).then_status(Status::Running);
    stuck().when(cancelled()).when(resume()).then([free_flight(), free_room()]).then_status(Status::Compensating);
    let reason = "it took longer than 60 minutes to book";
    stuck().when(resume()).then([cancel(reason)]).when(booked()).when(tickets()).then_status(Status::Completed);
}

#[test]
fn after_the_pivot_a_stage_is_tried_again_and_then_needs_an_operator() {
    let failed = || TicketsFailed { trip_id: id(), reason: "no printer".to_owned() };
    let abort = AbortTrip { trip_id: id(), reason: "enough".to_owned() };
    let stuck = booking()
        .when(booked())
        .when(failed())
        .then([])
        .when_deadline_passes()
        .then([send_tickets()])
        .when_deadline_passes()
        .then([send_tickets()])
        .when_deadline_passes()
        .then([])
        .then_status(Status::NeedsOperator);
    let resumed = stuck.when(abort).then_rejected_by("PastPivot").when(ResumeTrip { trip_id: id() });
    resumed.then([send_tickets()]).when(tickets()).then_status(Status::Completed);
}

#[test]
fn it_is_cancelled_from_outside_before_the_pivot_and_not_after_it() {
    let stopped = || TripStopped { trip_id: id(), reason: "ill".to_owned() };
    let abort = || AbortTrip { trip_id: id(), reason: "ill".to_owned() };
    started().when(stopped()).then([cancel("ill")]);
    started().when(abort()).then([cancel("ill")]);
    started().when(cancelled()).then([free_flight(), free_room()]);
    booking().when(booked()).when(stopped()).then_nothing().when(abort()).then_rejected_by("PastPivot");
    given().when(abort()).then_rejected_by("NotStarted");
}

#[test]
fn what_arrives_before_the_start_counts_from_the_start() {
    given().when(room()).when(flight()).when(ordered()).then([book()]);
    given().when(room()).when(booked()).when(ordered()).then([reserve_flight()]);
    given().when(refused()).when(room()).when(ordered()).then([cancel("full")]).when(cancelled()).then([free_room()]);
    let closed = RoomRefused { trip_id: id(), nights: 2, reason: "closed".to_owned() };
    given().when(refused()).when(closed).when(ordered()).then([cancel("full")]);
    given().when(cancelled()).when(ordered()).then([]).then_status(Status::Compensated);
    let stopped = TripStopped { trip_id: id(), reason: "ill".to_owned() };
    given().when(stopped).when(ordered()).then([cancel("ill")]).when(cancelled()).then_status(Status::Compensated);
}

#[test]
fn an_answer_to_another_request_is_foreign() {
    let other = || RoomReserved { trip_id: id(), nights: 7 };
    started().when(other()).then_nothing().when(flight()).then([]).when(room()).then([book()]);
    given().when(other()).when(flight()).when(ordered()).then([reserve_room()]);
}

#[test]
fn what_is_done_after_its_undo_is_undone_once_more() {
    let compensated = || {
        let story = started().when_deadline_passes().when(cancelled());
        story.when(flight_freed()).when(room_freed()).then_status(Status::Compensated)
    };
    compensated().when(room()).then([free_room()]).when(room_freed()).then_nothing().when(room()).then_nothing();
    let failed = started().when(refused()).when(cancelled()).when(room_freed()).then_status(Status::Compensated);
    failed.when(flight()).then([free_flight()]).then_status(Status::Compensated);
    let undoing = started().when(room()).when(refused()).when(cancelled()).then([free_room()]);
    undoing.when(flight()).then([free_flight()]).then_status(Status::Compensating);
    // Its turn comes anyway.
    let doubt = started().when(refused()).when(room()).then([]);
    doubt.when(cancelled()).then([free_room()]);
}

#[test]
fn what_somebody_else_undoes_is_compensated_before_the_pivot_and_shown_to_an_operator_after_it() {
    let reason = "flight: somebody else undid it";
    started().when(flight()).when(flight_freed()).then([cancel(reason)]).when(cancelled()).then([free_room()]);
    let story = booking().when(booked()).when(flight_freed()).then([]).then_status(Status::Running);
    let story = story.when_deadline_passes().then([]).then_status(Status::NeedsOperator);
    let story = story.when(ResumeTrip { trip_id: id() }).then([reserve_flight()]).then_status(Status::Running);
    // Who has freed it before does not answer again, so nobody waits for the answer.
    let story = story.when(flight()).when(cancelled()).then([free_flight(), free_room()]);
    story.when(room_freed()).then([]).then_status(Status::Compensated);
    let stuck = booking().when(booked()).when(flight_freed()).when_deadline_passes();
    let resumed = stuck.when(ResumeTrip { trip_id: id() }).then([reserve_flight()]).then_status(Status::Running);
    resumed.when(flight_freed()).then_nothing().when(flight()).when(tickets()).then_status(Status::Completed);
    // What was done before that is undone by nobody once more.
    started().when(flight_freed()).then([cancel(reason)]).when(flight()).then_nothing();
}

#[test]
fn the_owner_of_the_pivot_takes_its_decision_back_until_a_later_step_is_done() {
    let sending = || booking().when(booked()).then([send_tickets()]);
    let undoing = sending().when(cancelled()).then([free_flight(), free_room()]).then_status(Status::Compensating);
    undoing.when(booked()).then_nothing().when(flight_freed()).when(room_freed()).then_status(Status::Compensated);
    // What follows from it may be known before, and it may be known before what it takes back.
    sending().when(flight_freed()).then([]).when(cancelled()).then([free_room()]);
    booking().when(cancelled()).then([free_flight(), free_room()]).when(booked()).then_nothing();
    given().when(booked()).when(cancelled()).when(ordered()).then([]).then_status(Status::Compensated);
    sending().when(tickets()).when(cancelled()).then_nothing().then_status(Status::Completed);
    let stuck = sending().when_deadline_passes().when_deadline_passes().when_deadline_passes();
    let told = stuck.when(cancelled()).then([]).then_status(Status::NeedsOperator);
    told.when(ResumeTrip { trip_id: id() }).then([free_flight(), free_room()]).then_status(Status::Compensating);
}

#[test]
fn undos_that_are_not_answered_need_an_operator_who_requests_them_again() {
    let stuck = started().when(refused()).when(room()).when(cancelled()).then([free_room()]).when_deadline_passes();
    let reason = "room is not undone in time; full".to_owned();
    let stuck = stuck.then_events([TripNeedsOperator { trip_id: id(), reason }.into()]);
    let stuck = stuck.then([]).then_status(Status::NeedsOperator);
    let resumed = stuck.when(ResumeTrip { trip_id: id() }).then([free_room()]).then_status(Status::Compensating);
    resumed.when(room_freed()).then_status(Status::Compensated);
}

/// What the saga of this one step, a pivot that nobody can cancel, decides minutes after its start.
fn decide_on_pivot(within: SignedDuration, minutes: i64, signal: Signal<()>) -> Vec<Event<()>> {
    let plan = Plan::new().pivot("book", within, Step::new("book", &id(), BookTrip { trip_id: id() }));
    let decide = |state: &SagaState<()>, minutes, signal| {
        engine::decide(state, minute(minutes), &signal, |()| plan.clone()).unwrap()
    };
    let new = SagaState::default();
    let running = decide(&new, 0, Signal::Start(())).iter().fold(new, SagaState::evolve);
    decide(&running, minutes, signal)
}

#[test]
fn a_pivot_that_nobody_can_cancel_has_its_time_to_answer() {
    let next = Next { deadline: Some(minute(70)), ..Next::default() };
    let waiting = Event::Compensating { reason: "ill".to_owned(), next };
    assert_eq!(decide_on_pivot(HOUR, 10, Signal::Cancel("ill".to_owned())), [waiting]);
}

#[test]
fn a_passed_deadline_names_its_time() {
    for (seconds, words) in [(1, "1 seconds"), (119, "119 seconds"), (120, "2 minutes"), (3_600, "60 minutes")] {
        let within = SignedDuration::from_secs(seconds);
        let events = decide_on_pivot(within, 90, Signal::DeadlinePassed(minute(0) + within));
        let line = events[0].summary();
        assert!(line.starts_with(&format!("compensating: it took longer than {words} to book")), "{line}");
    }
}

#[test]
fn an_event_is_one_line_of_a_timeline() {
    let (step, reason) = (|| "room".to_owned(), || "full".to_owned());
    let run = Next { run: vec!["a".to_owned(), "b".to_owned()], deadline: Some(minute(15)), ..Next::default() };
    let undo = Next { undo: vec![step()], ..Next::default() };
    let next = Next::default;
    for (event, line) in [
        (Event::Started { data: (), early: [].into(), next: run }, "started; runs a, b until 2026-01-01T00:15:00Z"),
        (Event::StepDone { step: step(), next: next() }, "room: done"),
        (Event::StepFailed { step: step(), reason: reason(), next: next() }, "room: failed, full"),
        (Event::Compensating { reason: reason(), next: undo }, "compensating: full; undoes room"),
        (Event::StepUndone { step: step(), reason: Some(reason()), next: next() }, "room: undone, full"),
        (Event::StepUndone { step: step(), reason: None, next: next() }, "room: undone"),
        (Event::Completed, "completed"),
        (Event::Compensated { reason: reason() }, "compensated: full"),
        (Event::NeedsOperator { reason: reason() }, "needs an operator: full"),
    ] {
        assert_eq!(event.summary(), line);
    }
}

/// The hops of the commit that follows from a message of so many hops.
fn hops_after<M: Message>(memory: &Memory, message: &M, hops: u32) -> u32
where
    Trip: Waits<M>,
{
    let delivery = Sequence::new(StreamId::new(M::CONTEXT, &id())).event(message).deliveries().remove(0);
    let mut received: Received<M> = receive(&delivery).unwrap();
    received.metadata.hops = hops;
    block_on(handle_signal::<Trip, M>(memory.app(), HandlerInput::new(received, false))).unwrap();
    memory.store.changes(0).pop().unwrap().metadata.hops
}

#[test]
fn an_answer_is_as_near_to_the_beginning_as_the_command_that_it_answers() {
    let memory = Memory::new(1);
    assert_eq!(hops_after(&memory, &ordered(), 5), 6);
    assert_eq!(hops_after(&memory, &room(), 5), 3);
}

#[test]
fn the_routes_are_the_messages_it_waits_for() {
    let routes = saga::<Trip>();
    let functions: Vec<String> = routes.iter().map(|route| route.function()).collect();
    assert_eq!(functions.len(), 15);
    assert_eq!(functions[1], "trip-on-room-reserved");
    assert_eq!(&functions[12..], ["trip-on-trip-deadline-passed", "trip-on-resume-trip", "trip-on-abort-trip"]);
    assert_eq!(routes.iter().filter(|route| route.kind == Kind::Command).count(), 2);
}

#[test]
fn an_event_of_a_saga_is_plain_json() {
    let story = booking();
    let event = TripStepDone { trip_id: id(), step: "room".to_owned(), next: Default::default() };
    assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"tripId":"t-1","step":"room"}"#);
    let text = serde_json::to_string(story.state()).unwrap();
    let steps = r#"{"book":{"progress":"requested"},"flight":{"progress":"done","seenDone":true},"room":{"progress":"done","seenDone":true}}"#;
    assert!(text.contains(steps), "{text}");
}
