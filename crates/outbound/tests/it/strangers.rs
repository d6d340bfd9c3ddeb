//! Whoever cannot prove who they are is sent nothing.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mstore_pay_domain::account::SharedSecret;
use mstore_pay_outbound::{Call, HttpClient, HttpError};
use tempfile::TempDir;
use url::Url;

const WITHIN: Duration = Duration::from_secs(5);

/// A server with a certificate that it made itself, by the `openssl` command.
struct Stranger {
    server: Child,
    url: Url,
    _folder: TempDir,
}

impl Stranger {
    fn start(common_name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let (key, certificate) = (folder.path().join("key"), folder.path().join("certificate"));
        make(common_name, &key, &certificate);
        let mut server = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-key"])
            .arg(&key)
            .arg("-cert")
            .arg(&certificate)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
        let accepts = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned)).unwrap();
        let port = accepts.split_whitespace().next().and_then(|address| address.rsplit(':').next()).unwrap().to_owned();
        Self { server, url: format!("https://localhost:{port}/").parse().unwrap(), _folder: folder }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

fn make(common_name: &str, key: &Path, certificate: &Path) {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
    command.args(["-subj", &format!("/CN={common_name}"), "-addext", &format!("subjectAltName=DNS:{common_name}")]);
    command.arg("-keyout").arg(key).arg("-out").arg(certificate);
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_is_sent_nothing() {
    for name in ["localhost", "api.xendit.co"] {
        let stranger = Stranger::start(name);
        let call = Call::post(stranger.url.clone()).basic_auth(&SharedSecret::new("key").unwrap()).json("{}");
        let refused = HttpClient::new().unwrap().send(&call, WITHIN).await.unwrap_err();
        assert!(matches!(refused, HttpError::NotSent { .. }) && !refused.may_have_left(), "{name}: {refused:?}");
        // It is the certificate that keeps us away: whoever does not look at it is answered.
        let careless = reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        let answered = careless.get(stranger.url.clone()).send().await.unwrap();
        assert_eq!(answered.status(), 200, "{name}");
    }
}
