//! TLS to Redis: the certificate of the server must be trusted.

use crate::{bridge::command, cloud::TestCloud, servers::Server};

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_reached_by_tls_if_its_certificate_is_trusted() {
    let Some((_server, port, certificate)) = Server::redis_with_tls() else {
        return println!("skipped: there is no redis-server or no openssl here");
    };
    let cloud = TestCloud::start().await;
    let url = format!("rediss://localhost:{port}");
    let arguments = ["redis", "--url", &url, "--out", "--dry-run"].map(str::to_owned);
    let trusting = command(&cloud, &arguments).env("SSL_CERT_FILE", certificate).output().unwrap();
    assert!(trusting.status.success(), "{}", String::from_utf8_lossy(&trusting.stderr));
    let other = command(&cloud, &arguments).output().unwrap();
    let error = String::from_utf8_lossy(&other.stderr);
    assert!(!other.status.success() && error.contains("certificate"), "{error}");
}
