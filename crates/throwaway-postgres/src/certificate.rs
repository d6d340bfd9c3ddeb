//! A certificate that nobody but a test trusts, made by the `openssl` command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::give_up;
use crate::programs::printed;

/// Files of an authority, and of a server whose certificate it signed.
pub(crate) struct Certificate {
    pub(crate) authority: PathBuf,
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificate {
    /// Makes one for a server of that name, in that folder.
    pub(crate) fn make(folder: &Path, server: &str) -> Self {
        let file = |name: &str| folder.join(name);
        let (authority_key, request, names) = (file("authority.key"), file("server.csr"), file("server.names"));
        let made = Self { authority: file("authority.pem"), chain: file("server.pem"), key: file("server.key") };
        fs::write(&names, format!("subjectAltName=DNS:{server}"))
            .unwrap_or_else(|error| give_up("could not write a file", &error));
        let mut new_authority = openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2");
        new_authority.args(["-subj", "/CN=throw-away authority", "-keyout"]).arg(&authority_key);
        run(new_authority.arg("-out").arg(&made.authority));
        let mut new_request = openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes");
        new_request.args(["-subj", "/CN=throw-away server", "-keyout"]).arg(&made.key);
        run(new_request.arg("-out").arg(&request));
        let mut sign = openssl("x509 -req -days 2 -CAcreateserial");
        sign.arg("-in").arg(&request).arg("-CA").arg(&made.authority).arg("-CAkey").arg(&authority_key);
        run(sign.arg("-extfile").arg(&names).arg("-out").arg(&made.chain));
        made
    }
}

fn openssl(words: &str) -> Command {
    let mut command = Command::new("openssl");
    command.args(words.split(' '));
    command
}

fn run(command: &mut Command) {
    printed(command).unwrap_or_else(|why| give_up("could not make a certificate", &why));
}
