//! A trip: a saga small enough to see through. It reserves a room and a flight, books the trip (its pivot), and sends
//! the tickets.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    message::Id,
    saga::{Plan, Saga, Signal, Stage, Step},
};

pub(crate) enum AnyTrip {}
pub(crate) type TripId = Id<AnyTrip>;

pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);

macro_rules! messages {
    ($($family:ident: $kind:ident $way:ident $context:literal { $($name:ident { $($field:ident: $type:ty),* })* })*) => {$(
        $(
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
            pub(crate) struct $name {
                pub(crate) trip_id: TripId,
                $(pub(crate) $field: $type,)*
            }
        )*
        crate::events! { #[expect(dead_code, reason = "only its members are used")]
            pub(crate) enum $family: $kind $way $context { $($name = 1),* } }
    )*};
}

messages! {
    TripOrders: commands to "trip-order" {
        ReserveRoom { nights: u32 } FreeRoom {} ReserveFlight {} FreeFlight {}
        BookTrip {} CancelTrip { reason: String } SendTickets {}
    }
    TripFacts: events of "trip-order" {
        TripOrdered { nights: u32 }
        RoomReserved { nights: u32 } RoomRefused { nights: u32, reason: String } RoomFreed {}
        FlightReserved {} FlightRefused { reason: String } FlightFreed {}
        TripBooked {} TripCancelled { reason: String } TripStopped { reason: String }
        TicketsSent {} TicketsFailed { reason: String }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TripData {
    pub(crate) nights: u32,
}

crate::saga! {
    /// A trip.
    pub(crate) struct Trip: "trip" by trip_id: TripId, with TripData;
    events TripEvent {
        TripStarted = 1, TripStepDone = 1, TripStepFailed = 1, TripCompensating = 1,
        TripStepUndone = 1, TripCompleted = 1, TripCompensated = 1, TripNeedsOperator = 1,
    }
    timer TripTimer { TripDeadlinePassed = 1 }
    operator TripCommand { ResumeTrip = 1, AbortTrip = 1 }
    on {
        TripOrdered: |order| Signal::Start(TripData { nights: order.nights }),
        RoomReserved: |room| Signal::done("room").with(room.nights),
        RoomRefused: |room| Signal::failed("room", &room.reason).with(room.nights),
        RoomFreed: |_| Signal::undone("room"),
        FlightReserved: |_| Signal::done("flight"),
        FlightRefused: |flight| Signal::failed("flight", &flight.reason),
        FlightFreed: |_| Signal::undone("flight"),
        TripBooked: |_| Signal::done("book"),
        TripCancelled: |trip| Signal::undone("book").because(&trip.reason),
        TripStopped: |trip| Signal::Cancel(trip.reason.clone()),
        TicketsSent: |_| Signal::done("tickets"),
        TicketsFailed: |tickets| Signal::failed("tickets", &tickets.reason),
    }
}

impl Saga for Trip {
    fn plan(trip_id: &TripId, data: &TripData) -> Plan {
        let id = || trip_id.clone();
        let room = Step::new("room", trip_id, ReserveRoom { trip_id: id(), nights: data.nights })
            .undo(trip_id, FreeRoom { trip_id: id() })
            .detail(data.nights);
        let flight =
            Step::new("flight", trip_id, ReserveFlight { trip_id: id() }).undo(trip_id, FreeFlight { trip_id: id() });
        let trip = id();
        let book = Step::new("book", trip_id, BookTrip { trip_id: id() })
            .undo_because(trip_id, move |reason| CancelTrip { trip_id: trip.clone(), reason: reason.to_owned() });
        Plan::new().stage(Stage::new("reserve", HOUR, [room, flight])).pivot("book", HOUR, book).stage(Stage::new(
            "send",
            HOUR,
            [Step::new("tickets", trip_id, SendTickets { trip_id: id() })],
        ))
    }
}
