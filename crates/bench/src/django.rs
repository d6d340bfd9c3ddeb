//! What a shop could install in the gateway's place: `django-payment-midtrans`, served by gunicorn.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use mstore_pay_throwaway_postgres::{Cluster, free_port};
use serde_json::json;
use sha2::{Digest as _, Sha512};

use crate::Trouble;
use crate::load::{Asked, InCommon};

/// The key that `shop.py` has.
const SERVER_KEY: &str = "SB-Mid-server-bench";
const PROJECT: &str = include_str!("../django/shop.py");
/// On two cores three processes, and threads enough that none of 64 connections waits for one. Not tuned beyond that.
const SERVED_BY: [&str; 8] = ["-k", "gthread", "--workers", "3", "--threads", "22", "--keep-alive", "75"];
const STARTS_WITHIN: Duration = Duration::from_secs(30);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// A shop that serves.
pub(crate) struct Django {
    process: Child,
    pub(crate) address: SocketAddr,
    /// What a till's requests have in common.
    of_till: InCommon,
    /// What the provider's have.
    of_provider: InCommon,
}

/// How a shop is run.
struct Recipe<'a> {
    python: &'a Path,
    folder: PathBuf,
    database_host: PathBuf,
    database: &'a str,
    provider: SocketAddr,
}

impl Recipe<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.python);
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command.env("SHOP_DATABASE_HOST", &self.database_host).env("SHOP_DATABASE", self.database);
        command.env("PROVIDER_BASE_URL", format!("http://{}", self.provider));
        command
    }
}

impl Django {
    /// Makes its database on that server and starts it, by a Python that has what `django/requirements.txt` names.
    pub(crate) fn start(
        python: &Path,
        folder: &Path,
        (cluster, database): (&Cluster, &str),
        provider: SocketAddr,
    ) -> Result<Self, Trouble> {
        fs::write(folder.join("shop.py"), PROJECT)?;
        cluster.run("postgres", &format!("CREATE DATABASE {database}"))?;
        let database_host = cluster.socket_folder().to_owned();
        let recipe = Recipe { python, folder: folder.to_owned(), database_host, database, provider };
        let migrated = recipe.command(&["shop.py", "migrate"]).output()?;
        if !migrated.status.success() {
            return Err(format!("the peer's schema: {}", String::from_utf8_lossy(&migrated.stderr)).into());
        }
        let printed = recipe.command(&["shop.py", "token"]).output()?;
        if !printed.status.success() {
            return Err(format!("the peer's token: {}", String::from_utf8_lossy(&printed.stderr)).into());
        }
        let token = String::from_utf8(printed.stdout)?.trim().to_owned();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut serve = recipe.command(&["-m", "gunicorn"]);
        serve.args(SERVED_BY).args(["--log-level", "error", "-b", &address.to_string(), "shop:application"]);
        let of_till = InCommon::of(&[("Host", &address.to_string()), ("Authorization", &format!("Token {token}"))]);
        let of_provider = InCommon::of(&[("Host", &address.to_string())]);
        let django = Self { process: serve.spawn()?, address, of_till, of_provider };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > STARTS_WITHIN {
                return Err("the peer did not start".into());
            }
            thread::sleep(LOOK_AGAIN_AFTER);
        }
        Ok(django)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks for a payment. It knows no idempotency keys.
    pub(crate) fn create(&self, order: &str) -> Asked {
        let body = format!(r#"{{"order_id":"{order}","payment_type":"qris","gross_amount":33000}}"#);
        self.of_till.post("/midtrans/charge/", None, &body)
    }

    /// Asks how a payment stands, by its own id, which is the only way.
    pub(crate) fn status(&self, id: &str) -> Asked {
        self.of_till.get(&format!("/midtrans/payments/{id}/"))
    }

    /// Tells it that an order is paid, as Midtrans does.
    pub(crate) fn tell(&self, order: &str) -> Asked {
        let signature = HEXLOWER.encode(&Sha512::digest(format!("{order}20033000.00{SERVER_KEY}")));
        let webhook = json!({
            "transaction_time": "2026-11-27 07:00:00", "transaction_status": "settlement", "transaction_id": order,
            "status_message": "midtrans payment notification", "status_code": "200", "signature_key": signature,
            "settlement_time": "2026-11-27 07:00:30", "payment_type": "qris", "order_id": order, "merchant_id": "M004123",
            "issuer": "gopay", "gross_amount": "33000.00", "fraud_status": "accept", "currency": "IDR", "acquirer": "gopay",
        });
        self.of_provider.post("/midtrans/notification/", None, &webhook.to_string())
    }
}

impl Drop for Django {
    fn drop(&mut self) {
        // Its workers end with it, and only if it is asked.
        let _asked = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ended = self.process.wait();
    }
}
