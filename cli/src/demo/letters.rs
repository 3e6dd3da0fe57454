//! How many dead letters lie in the stack's queues, asked of the queues themselves.

use std::time::Duration;

use aws_sdk_sqs::{Client, types::QueueAttributeName};

use crate::up::Running;

/// Whoever is refused on purpose asks again, so often.
const TRIES: u32 = 20;

/// How long it waits before.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The letters, those included that somebody is reading.
pub(super) async fn lying(running: &Running) -> anyhow::Result<u64> {
    let client = Client::new(running.apps.sdk());
    let mut lying = 0;
    for queue in &running.queues {
        lying += of_queue(&client, &queue.url).await?;
    }
    Ok(lying)
}

async fn of_queue(client: &Client, url: &str) -> anyhow::Result<u64> {
    let counts = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let mut tries = 0;
    loop {
        tries += 1;
        let asked = client.get_queue_attributes().queue_url(url).set_attribute_names(Some(counts.to_vec()));
        match asked.send().await {
            Ok(answer) => {
                let counted = answer.attributes().map(|all| all.values().filter_map(|count| count.parse::<u64>().ok()));
                return Ok(counted.map_or(0, Iterator::sum));
            }
            Err(error) if tries == TRIES => return Err(error.into()),
            Err(_) => tokio::time::sleep(BETWEEN_TRIES).await,
        }
    }
}
