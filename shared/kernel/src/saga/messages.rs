//! `saga!`: the messages of a saga, declared once, with what each message of others means to it.

/// Declares a saga: its type, its eight events, its timer's message, an operator's commands, and the messages that it
/// waits for. What is left to write is its plan: [`Saga::plan`](crate::saga::Saga::plan).
///
/// - `by order_id: OrderId` is the field with the saga's id. All messages that it waits for have it.
/// - `with TripData` is what the plan is made from. It is in the first event, so that a running saga keeps its plan.
/// - `on { Message: |message| signal }` says what a message means to the saga. Each is an event of the log, and is
///   verified against it.
///
/// See `domain::fulfilment` for one in full.
#[macro_export]
macro_rules! saga {
    (
        $(#[$meta:meta])*
        $vis:vis struct $saga:ident: $context:literal by $id:ident: $Id:ty, with $data:ty;
        events $family:ident {
            $started:ident = $version:literal $(<- $($old:ident)::+)*,
            $done:ident = 1, $failed:ident = 1, $compensating:ident = 1, $undone:ident = 1,
            $completed:ident = 1, $compensated:ident = 1, $needs:ident = 1 $(,)?
        }
        timer $timer:ident { $passed:ident = 1 $(,)? }
        operator $operator:ident { $resume:ident = 1, $abort:ident = 1 $(,)? }
        on { $($message:ident: $signal:expr),* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug)]
        $vis struct $saga;

        $crate::events! {
            /// The events of the saga.
            $vis enum $family: events of $context {
                $started = $version $(<- $($old)::+)*,
                $done = 1, $failed = 1, $compensating = 1, $undone = 1, $completed = 1, $compensated = 1, $needs = 1,
            }
        }

        $crate::events! {
            /// The message of the saga's timer. It is not in its stream.
            #[allow(dead_code, reason = "a saga may be declared without a catalogue of its messages")]
            $vis enum $timer: events of $context { $passed = 1 }
        }

        $crate::events! {
            /// The commands of an operator to the saga.
            #[allow(dead_code, reason = "a saga may be declared without a catalogue of its messages")]
            $vis enum $operator: commands to $context { $resume = 1, $abort = 1 }
        }

        $crate::saga! { @message $vis $id $Id,
            /// The saga started, or an operator started it again where it stood.
            $started {
                /// What the plan is made from.
                data: $data,
                /// The steps about which events had arrived before.
                #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
                early: std::collections::BTreeMap<String, $crate::saga::event::Progress>,
                /// The commands that are sent, and the deadline.
                #[serde(default, skip_serializing_if = "next_is_empty")]
                next: $crate::saga::event::Next,
            }
        }
        $crate::saga! { @message $vis $id $Id,
            /// A step of the saga is done.
            $done {
                /// The step.
                step: String,
                /// The commands that are sent, and the deadline.
                #[serde(default, skip_serializing_if = "next_is_empty")]
                next: $crate::saga::event::Next,
            }
        }
        $crate::saga! { @message $vis $id $Id,
            /// A step of the saga failed, or did not answer in time.
            $failed {
                /// The step.
                step: String,
                /// The reason.
                reason: String,
                /// The commands that are sent, and the deadline.
                #[serde(default, skip_serializing_if = "next_is_empty")]
                next: $crate::saga::event::Next,
            }
        }
        $crate::saga! { @message $vis $id $Id,
            /// The saga compensates. A pivot that is in doubt is decided first.
            $compensating {
                /// The reason for the compensation.
                reason: String,
                /// The commands that are sent, and the deadline.
                #[serde(default, skip_serializing_if = "next_is_empty")]
                next: $crate::saga::event::Next,
            }
        }
        $crate::saga! { @message $vis $id $Id,
            /// A step of the saga is undone.
            $undone {
                /// The step.
                step: String,
                /// The reason, if its owner gave one.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                reason: Option<String>,
                /// The commands that are sent, and the deadline.
                #[serde(default, skip_serializing_if = "next_is_empty")]
                next: $crate::saga::event::Next,
            }
        }
        $crate::saga! { @message $vis $id $Id,
            /// Every step of the saga is done. An end.
            $completed {}
        }
        $crate::saga! { @message $vis $id $Id,
            /// Everything that the saga did is undone. An end.
            $compensated {
                /// The reason for the compensation.
                reason: String,
            }
        }
        $crate::saga! { @message $vis $id $Id,
            /// The saga got no answer, and an operator must look. Only an operator's command leaves this end.
            $needs {
                /// What the saga waited for, and why.
                reason: String,
            }
        }
        $crate::saga! { @message $vis $id $Id,
            /// A deadline passed. The timer may publish it late or more than once.
            $passed {
                /// The deadline that passed.
                #[schemars(with = "String", extend("format" = "date-time"))]
                deadline: $crate::saga::declare::Timestamp,
            }
        }
        $crate::saga! { @message $vis $id $Id,
            /// Lets a saga go on that needs an operator: what is open is requested again.
            $resume {}
        }
        $crate::saga! { @message $vis $id $Id,
            /// Aborts a saga that is not past its pivot: it compensates.
            $abort {
                /// The reason, as others read it.
                reason: String,
            }
        }

        fn next_is_empty(next: &$crate::saga::event::Next) -> bool {
            next.is_empty()
        }

        impl $crate::saga::SagaMessages for $saga {
            type Id = $Id;
            type Data = $data;
            type Events = $family;

            fn event(id: &$Id, event: $crate::saga::event::Event<$data>) -> $family {
                use $crate::saga::event::Event;
                let $id = id.clone();
                match event {
                    Event::Started { data, early, next } => $started { $id, data, early, next }.into(),
                    Event::StepDone { step, next } => $done { $id, step, next }.into(),
                    Event::StepFailed { step, reason, next } => $failed { $id, step, reason, next }.into(),
                    Event::Compensating { reason, next } => $compensating { $id, reason, next }.into(),
                    Event::StepUndone { step, reason, next } => $undone { $id, step, reason, next }.into(),
                    Event::Completed => $completed { $id }.into(),
                    Event::Compensated { reason } => $compensated { $id, reason }.into(),
                    Event::NeedsOperator { reason } => $needs { $id, reason }.into(),
                }
            }

            fn parts(event: &$family) -> (&$Id, $crate::saga::event::Event<$data>) {
                use $crate::saga::event::Event;
                match event {
                    $family::$started(event) => {
                        let $started { $id, data, early, next } = event;
                        ($id, Event::Started { data: data.clone(), early: early.clone(), next: next.clone() })
                    }
                    $family::$done(event) => {
                        let $done { $id, step, next } = event;
                        ($id, Event::StepDone { step: step.clone(), next: next.clone() })
                    }
                    $family::$failed(event) => {
                        let $failed { $id, step, reason, next } = event;
                        let (step, reason, next) = (step.clone(), reason.clone(), next.clone());
                        ($id, Event::StepFailed { step, reason, next })
                    }
                    $family::$compensating(event) => {
                        let $compensating { $id, reason, next } = event;
                        ($id, Event::Compensating { reason: reason.clone(), next: next.clone() })
                    }
                    $family::$undone(event) => {
                        let $undone { $id, step, reason, next } = event;
                        let (step, reason, next) = (step.clone(), reason.clone(), next.clone());
                        ($id, Event::StepUndone { step, reason, next })
                    }
                    $family::$completed(event) => (&event.$id, Event::Completed),
                    $family::$compensated(event) => {
                        (&event.$id, Event::Compensated { reason: event.reason.clone() })
                    }
                    $family::$needs(event) => (&event.$id, Event::NeedsOperator { reason: event.reason.clone() }),
                }
            }

            fn stream(id: &$Id) -> $crate::StreamId {
                $crate::StreamId::new($context, id)
            }

            fn set_timer(id: &$Id, deadline: $crate::saga::declare::Timestamp) -> $crate::Effect {
                let message = $passed { $id: id.clone(), deadline };
                $crate::Effect::set_timer($crate::saga::declare::DEADLINE, deadline, &message)
            }

            fn routes() -> Vec<$crate::Route> {
                vec![
                    $($crate::saga::declare::saga_route::<Self, $message>(),)*
                    $crate::saga::declare::saga_route::<Self, $passed>(),
                    $crate::saga::declare::saga_route::<Self, $resume>(),
                    $crate::saga::declare::saga_route::<Self, $abort>(),
                ]
            }
        }

        impl $crate::Decider for $saga {
            const CONTEXT: &'static str = $context;
            type State = $crate::saga::SagaState<$data>;
            type Command = $crate::saga::SagaInput<Self>;
            type Event = $family;
            type Rejection = $crate::saga::engine::SagaRejection;

            fn decide(state: &Self::State, input: &Self::Command) -> Result<Vec<$family>, Self::Rejection> {
                $crate::saga::declare::decide::<Self>(state, input)
            }

            fn evolve(state: Self::State, event: &$family) -> Self::State {
                $crate::saga::declare::evolve::<Self>(state, event)
            }

            fn effects(after: &Self::State, event: &$family) -> Vec<$crate::Effect> {
                $crate::saga::declare::effects::<Self>(after, event)
            }
        }

        impl $crate::Process for $saga {
            fn status(state: &Self::State) -> $crate::saga::process::Status {
                state.status
            }
        }

        $($crate::saga! { @waits $saga $id $Id, $data, $message, $crate::Verified<$message>, $signal })*
        $crate::saga! { @waits $saga $id $Id, $data, $passed, $crate::TimerFired<$passed>,
            |message| $crate::saga::Signal::DeadlinePassed(message.deadline) }
        $crate::saga! { @waits $saga $id $Id, $data, $resume, $crate::Received<$resume>,
            |_| $crate::saga::Signal::Resume }
        $crate::saga! { @waits $saga $id $Id, $data, $abort, $crate::Received<$abort>,
            |message| $crate::saga::Signal::Abort(message.reason.clone()) }
    };
    (@message $vis:vis $id:ident $Id:ty,
        $(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase")]
        $vis struct $name {
            /// The id of the saga.
            pub $id: $Id,
            $($(#[$field_meta])* pub $field: $type,)*
        }
    };
    (@waits $saga:ident $id:ident $Id:ty, $data:ty, $message:ident, $input:ty, $signal:expr) => {
        impl $crate::saga::Waits<$message> for $saga {
            type Input = $input;

            fn signal(message: &$message) -> ($Id, $crate::saga::Signal<$data>) {
                let signal: fn(&$message) -> $crate::saga::Signal<$data> = $signal;
                (message.$id.clone(), signal(message))
            }
        }
    };
}
