//! Faults on the wire: whatever is lost or refused on the way, a command is obeyed once and answered the same.

use std::sync::atomic::{AtomicUsize, Ordering};

use causeway::{log::event_store::AppendError, memory::Memory};
use tests::wire::{Dynoxide, Meter, RequestFault};

use super::sample_aggregate::{Noted, Take, Tally, TallyView, id, notes, received, take};

/// A meter under which the first so many requests of an operation have this fate.
fn first(operation: &'static str, most: usize, fate: RequestFault) -> Meter {
    let met = AtomicUsize::new(0);
    Meter::choosing(move |asked| {
        let hit = asked.operation == operation && met.fetch_add(1, Ordering::Relaxed) < most;
        if hit { fate.clone() } else { RequestFault::Arrives }
    })
}

#[tokio::test]
async fn a_lost_answer_is_found_to_be_our_own_write() {
    let dynoxide = Dynoxide::start();
    let meter = first("PutItem", 1, RequestFault::AnswerLost);
    let app = dynoxide.metered(&meter).app(&Memory::new(1), 10);
    let executed = take(&app, "t-1", "c-1", &notes(&["one", "two"])).await.unwrap();
    assert_eq!(executed.events, [Noted { text: "one".into() }.into(), Noted { text: "two".into() }.into()]);
    assert_eq!((executed.version, executed.repeated), (2, true));
    let calls: Vec<_> = meter.take().into_iter().map(|call| (call.operation, call.status)).collect();
    let put = |status| ("PutItem".to_owned(), status);
    assert_eq!(calls, [("Query".to_owned(), Some(200)), put(None), put(Some(400))]);
    assert_eq!(app.state::<Tally>(&id("t-1")).await.unwrap().notes, 2);
    // And the process goes on warm.
    assert_eq!(take(&app, "t-1", "c-2", &notes(&["three"])).await.unwrap().version, 3);
}

#[tokio::test]
async fn a_command_that_comes_again_after_all_answers_were_lost_is_answered_as_before() {
    let dynoxide = Dynoxide::start();
    let memory = Memory::new(1);
    let meter = first("PutItem", 3, RequestFault::AnswerLost);
    let app = dynoxide.metered(&meter).app(&memory, 10);
    let error = take(&app, "t-1", "c-1", &notes(&["one"])).await.unwrap_err();
    assert!(
        matches!(error, causeway::command::execute::ExecuteError::Append(AppendError::Unavailable(_))),
        "{error:?}"
    );
    for cached in [10, 0] {
        let again = take(&dynoxide.stores().app(&memory, cached), "t-1", "c-1", &notes(&["one"])).await.unwrap();
        assert_eq!((again.version, again.repeated), (1, true));
        assert_eq!(again.events, [Noted { text: "one".into() }.into()]);
    }
    assert_eq!(app.state::<Tally>(&id("t-1")).await.unwrap().notes, 1);
}

#[tokio::test]
async fn a_once_command_whose_answer_was_lost_is_obeyed_once() {
    for lost in [1, 3] {
        let dynoxide = Dynoxide::start();
        let meter = first("TransactWriteItems", lost, RequestFault::AnswerLost);
        let app = dynoxide.metered(&meter).app(&Memory::new(1), 0);
        let deposit = Take { once: true, ..notes(&["ten euros"]) };
        let first = take(&app, "t-1", "deposit", &deposit).await;
        assert_eq!(first.is_ok(), lost == 1, "{first:?}");
        let again = take(&app, "t-1", "deposit", &deposit).await.unwrap();
        assert_eq!((again.version, again.repeated), (1, true));
        assert_eq!(app.state::<Tally>(&id("t-1")).await.unwrap().notes, 1);
    }
}

#[tokio::test]
async fn a_passing_fault_is_passed_over_and_nothing_is_doubled() {
    for operation in ["Query", "PutItem", "UpdateItem", "GetItem"] {
        for fate in [RequestFault::Throttled, RequestFault::Fails, RequestFault::RequestLost, RequestFault::AnswerLost]
        {
            let dynoxide = Dynoxide::start();
            let app = dynoxide.metered(&first(operation, 1, fate.clone())).app(&Memory::new(1), 10);
            take(&app, "t-1", "c-1", &notes(&["one"])).await.unwrap();
            app.project::<TallyView>(&received(&app, "t-1", 1, Noted { text: "one".into() }.into())).await.unwrap();
            let row = app.row::<TallyView>("t-1").await.unwrap().unwrap();
            assert_eq!(row.notes, 1, "{operation} {fate:?}");
            assert_eq!(app.state::<Tally>(&id("t-1")).await.unwrap().notes, 1, "{operation} {fate:?}");
        }
    }
}

#[tokio::test]
async fn a_fault_without_end_is_given_back_to_be_tried_later() {
    for fate in [RequestFault::Throttled, RequestFault::Fails, RequestFault::RequestLost] {
        let dynoxide = Dynoxide::start();
        let meter = first("PutItem", usize::MAX, fate.clone());
        let app = dynoxide.metered(&meter).app(&Memory::new(1), 10);
        let error = take(&app, "t-1", "c-1", &notes(&["one"])).await.unwrap_err();
        let failure = causeway::Failure::from(error);
        assert!(matches!(failure, causeway::Failure::Transient(_)), "{fate:?}: {failure:?}");
        assert_eq!(app.state::<Tally>(&id("t-1")).await.unwrap().notes, 0);
    }
}
