//! The way of the handlers in this process to the cloud in this process: the same requests and answers as over its
//! port, signed and all, but no connection between them.

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use causeway_local::http::InProcessTransport;

/// An HTTP client that goes through the door.
pub fn client(transport: InProcessTransport) -> SharedHttpClient {
    SharedHttpClient::new(InProcessClient { transport })
}

#[derive(Clone, Debug)]
struct InProcessClient {
    transport: InProcessTransport,
}

impl HttpClient for InProcessClient {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcessClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let transport = self.transport.clone();
        HttpConnectorFuture::new(async move { ask(&transport, request).await })
    }
}

async fn ask(transport: &InProcessTransport, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    // Our requests are small and whole; one that is not would be a fault of ours.
    if request.body().bytes().is_none() {
        return Err(ConnectorError::user("the body is still being written".into()));
    }
    let request = request.map(|body| body.bytes().unwrap_or_default().to_vec());
    let answer = transport.send(request).await.map_err(|error| ConnectorError::io(error.into()))?;
    HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|error| ConnectorError::other(error.into(), None))
}
