//! What a gateway logs in production: one object a line, whatever happens.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::house::{qris, run};

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_log_is_an_object_also_when_something_panics() {
    let folder = TempDir::new().unwrap();
    let database = format!("sqlite://{}", folder.path().join("pay.db").display());
    let state = folder.path().join("sandbox.json").display().to_string();
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_mstore-pay"))
        .args(["serve", "--app-env=test", "--ready-json", "--listen-addr=127.0.0.1:0"])
        .args(["--sandbox-listen-addr=127.0.0.1:0", "--http-threads=1", "--provider-order=xendit"])
        .args(["--log-format=json", "--log-filter=info", "--failpoints=before_call=panic*1"])
        .args(["--database-url", &database, "--sandbox-state", &state])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(gateway.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    let (_, token) = run(&["token", "--app-env=test", "--merchant=M1", "--user=1", "--role=L0_OWNER", "--ttl=600"]);
    let url = format!("{}/api/v1/pos/payments", ready["listen"].as_str().unwrap());
    let client = reqwest::Client::builder().build().unwrap();
    let call = client.post(url).bearer_auth(token.trim()).json(&qris("TRX-1", 33_000));
    assert_eq!(call.send().await.unwrap().status(), 503, "the failpoint strikes");
    Command::new("kill").args(["-TERM", &gateway.id().to_string()]).status().unwrap();
    let told = gateway.wait_with_output().unwrap();
    let log = String::from_utf8(told.stderr).unwrap();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    for line in &lines {
        let has = |name: &str| line[name].is_string();
        assert!(line.is_object() && has("timestamp") && has("level") && has("message"), "{line}");
    }
    let panicked = |line: &&Value| line["message"].as_str().is_some_and(|text| text.starts_with("panicked: failpoint"));
    let panicked = lines.iter().find(panicked).unwrap_or_else(|| panic!("no panic in\n{log}"));
    assert!(panicked["level"] == "ERROR" && panicked["place"].is_string(), "{panicked}");
}
