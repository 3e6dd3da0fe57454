//! How AWS fails, fact by fact, as the SDKs see it through the port of the local cloud: functions do what a test says,
//! and the clock stands until the test moves it.

mod archive;
mod binaries;
mod dynamo;
mod functions;
mod groups;
mod invokes;
mod put_events;
mod queue_mapping;
mod queues;
mod rules;
mod scheduler;
mod stream_mapping;
mod stream_retries;
mod test_cloud;
